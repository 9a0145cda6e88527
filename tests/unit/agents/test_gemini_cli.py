import pytest

from desktop.agents.gemini_cli import AGENT, PROGRAM

NODE = "/usr/bin/node"
SCRIPT = "/usr/lib/node_modules/.bin/gemini"
CHILD = (NODE, "--max-old-space-size=4096", SCRIPT)


@pytest.mark.parametrize(
    ("argv", "is_session"),
    [
        (CHILD, True),
        ((*CHILD, "-m", "flash", "-p", "hello"), True),
        (("node", SCRIPT), True),
        ((*CHILD, "mcp", "list"), False),
        ((*CHILD, "--version"), False),
        ((NODE, "--max-old-space-size=4096", "/srv/app.js"), False),
        ((NODE,), False),
        ((), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(argv: tuple[str, ...], is_session: bool) -> None:
    assert PROGRAM.is_session(NODE, argv) is is_session


def test_another_program_is_no_session() -> None:
    assert not PROGRAM.is_session("/usr/bin/vim", CHILD)


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert PROGRAM.is_headless((*CHILD, "-p", "x"))
    assert not PROGRAM.is_headless(CHILD)


def test_no_hook_of_it_is_ever_held_or_answered() -> None:
    assert AGENT.asks_by_hook is None
    assert AGENT.write_hook_reply is None
