import pytest

from desktop.agents.goose import PROGRAM, is_session_process

EXE = "/usr/local/bin/goose"


@pytest.mark.parametrize(
    ("words", "is_session", "is_headless"),
    [
        ((), True, False),
        (("configure",), False, False),
        (("--version",), False, False),
        (("up",), False, False),
        (("session", "list"), False, False),
        (("session", "-r"), True, False),
        (("run", "-t", "hello"), True, True),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(
    words: tuple[str, ...], is_session: bool, is_headless: bool
) -> None:
    assert is_session_process(EXE, (EXE, *words)) is is_session
    assert PROGRAM.is_headless((EXE, *words)) is is_headless
