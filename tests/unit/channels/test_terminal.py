import os
from pathlib import Path

import pytest

from desktop.channels import terminal
from desktop.channels.refusal import Refused
from desktop.channels.terminal import Pane
from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind

MARK = "❯\u00a0"
PANE = Pane("/nowhere", "%0", 1)


@pytest.mark.parametrize(
    ("screen", "typed"),
    [
        (f"{MARK}", ""),
        (f"\x1b[39m{MARK}\x1b[7m \x1b[0m", ""),
        (f"{MARK}\x1b[2mTry this\x1b[0m", ""),
        (f"{MARK}\x1b[7mP\x1b[0;2mress up to edit\x1b[0m", ""),
        (f"{MARK}\x1b[7mt\x1b[0myped", "typed"),
        (f"{MARK}type\x1b[7md\x1b[27m", "typed"),
        (f"{MARK}\x1b[38;5;2mtyped\x1b[0m", "typed"),
        (f"{MARK}\x1b[38;2;1;2;3mtyped", "typed"),
        (f"{MARK}\x1b[2mhint\x1b[22mtyped", "typed"),
        (f"│ {MARK}typed │", "typed"),
        (f"{MARK}old\nsomething\n{MARK}", ""),
        (f"said: {MARK}x", None),
        ("❯ 1. Yes", None),
        ("", None),
    ],
)
def test_what_is_typed_is_read_from_the_screen(screen: str, typed: str | None) -> None:
    assert terminal.input_of(screen, (MARK,)) == typed


def test_attack_57_nothing_that_a_terminal_would_obey_is_left() -> None:
    every = "".join(map(chr, range(0x100)))

    assert not [
        each for each in terminal.plain(every) if each != "\n" and not each.isprintable() and each not in "\xa0\xad"
    ]


@pytest.mark.parametrize("text", ["", " \n", "\x1b\x07"])
def test_nothing_is_not_sent(text: str) -> None:
    with pytest.raises(Refused, match="nothing to send"):
        terminal.send_prompt(PANE, text, Agent(kind=AgentKind("x"), label="X", prompt_marks=(MARK,)))


def test_a_text_without_end_is_not_typed() -> None:
    with pytest.raises(Refused, match="too long"):
        terminal.send_prompt(PANE, "x" * 200_000, Agent(kind=AgentKind("x"), label="X", prompt_marks=(MARK,)))


def test_an_agent_whose_prompt_nobody_knows_is_not_typed_to() -> None:
    with pytest.raises(Refused, match="looks like"):
        terminal.send_prompt(PANE, "x", Agent(kind=AgentKind("x"), label="X"))
    with pytest.raises(Refused, match="interrupt"):
        terminal.interrupt(PANE, Agent(kind=AgentKind("x"), label="X"))


@pytest.mark.parametrize("kind", ["relative", "in the project", "writable by all"])
def test_attack_47_a_planted_tmux_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    planted = tmp_path / "bin"
    planted.mkdir(mode=0o700)
    (planted / "tmux").write_text("#!/bin/sh\n")
    (planted / "tmux").chmod(0o755)
    if kind != "writable by all":
        monkeypatch.chdir(tmp_path)
    else:
        planted.chmod(0o777)

    with pytest.raises(Refused, match="trusted"):
        terminal.tmux_program("bin" if kind == "relative" else str(planted))


def test_attack_47_a_tmux_of_ours_elsewhere_is_used(tmp_path: Path) -> None:
    place = tmp_path / "bin"
    place.mkdir(mode=0o700)
    (place / "tmux").write_text("#!/bin/sh\n")
    (place / "tmux").chmod(0o755)

    assert terminal.tmux_program(f"/nonexistent{os.pathsep}{place}") == str(place / "tmux")
