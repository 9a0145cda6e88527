import pytest

from desktop.agents.amp import PROGRAM

EXE = "/usr/local/bin/amp"


@pytest.mark.parametrize(
    ("words", "is_session", "is_headless"),
    [
        ((), True, False),
        (("login",), False, False),
        (("top",), False, False),
        (("--version",), False, False),
        (("-x", "hello"), True, True),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(
    words: tuple[str, ...], is_session: bool, is_headless: bool
) -> None:
    assert PROGRAM.is_session(EXE, (EXE, *words)) is is_session
    assert PROGRAM.is_headless((EXE, *words)) is is_headless
