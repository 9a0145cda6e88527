import pytest

from desktop.agents import aider

PYTHON = "/usr/bin/python3.11"
SCRIPT = "/opt/venv/bin/aider"


@pytest.mark.parametrize(
    ("exe", "argv", "is_session"),
    [
        (PYTHON, (PYTHON, SCRIPT, "--model", "x"), True),
        (PYTHON, (PYTHON, SCRIPT, "--version"), False),
        (PYTHON, (PYTHON, "/srv/app.py"), False),
        (PYTHON, (PYTHON,), False),
        ("/usr/bin/vim", ("vim", SCRIPT), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, argv: tuple[str, ...], is_session: bool) -> None:
    assert aider.PROGRAM.is_session(exe, argv) is is_session


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert aider.PROGRAM.is_headless((PYTHON, SCRIPT, "--message", "x"))
    assert not aider.PROGRAM.is_headless((PYTHON, SCRIPT))
