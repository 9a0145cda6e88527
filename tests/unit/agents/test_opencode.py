"""Which processes hold conversations."""

import pytest

from desktop.agents.opencode import AGENT, is_headless, is_host, is_session_process

EXE = "/usr/lib/node_modules/opencode-ai/bin/opencode.exe"


@pytest.mark.parametrize(
    ("exe", "words", "holds"),
    [
        (EXE, "opencode", True),
        ("/home/dev/.opencode/bin/opencode", "opencode", True),
        (EXE, "opencode /home/dev/shop", True),
        (EXE, "opencode --port 4096", True),
        (EXE, "opencode -s ses_1 --model fake/m", True),
        (EXE, "opencode run hello", True),
        (EXE, "opencode serve --port 4096", True),
        (EXE, "opencode web", True),
        (EXE, "opencode acp", True),
        (EXE, "opencode --agent attach", True),
        (EXE, "opencode attach http://localhost:4096", False),
        (EXE, "opencode auth login", False),
        (EXE, "opencode upgrade", False),
        (EXE, "opencode --version", False),
        (EXE, "opencode run --help", False),
        ("/usr/bin/node", "node opencode", False),
        ("/usr/bin/opencode-helper", "opencode", False),
        ("", "opencode", False),
    ],
)
def test_a_process_holds_a_conversation_or_does_not(exe: str, words: str, holds: bool) -> None:
    assert is_session_process(exe, words.split()) is holds


@pytest.mark.parametrize(
    ("words", "headless", "host"),
    [
        ("opencode", False, False),
        ("opencode run hello", True, False),
        ("opencode --print-logs run hello", True, False),
        ("opencode serve", False, True),
        ("opencode web --port 1", False, True),
        ("opencode --prompt run", False, False),
    ],
)
def test_who_is_answered_and_who_is_shown_is_told_by_the_command(words: str, headless: bool, host: bool) -> None:
    assert (is_headless(words.split()), is_host(words.split())) == (headless, host)


def test_an_ability_it_has_only_in_part_says_why() -> None:
    assert all(means.how or means.why_not for means in AGENT.means)
