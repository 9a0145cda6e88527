import pytest

from desktop.agents import goose
from desktop.agents.goose import AGENT
from desktop.domain.agent import Ability

PROGRAM = "/usr/local/bin/goose"


@pytest.mark.parametrize(
    ("exe", "words", "is_session"),
    [
        (PROGRAM, (), True),
        (PROGRAM, ("configure",), False),
        (PROGRAM, ("--version",), False),
        ("/usr/bin/vim", (), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, words: tuple[str, ...], is_session: bool) -> None:
    assert goose.is_session_process(exe, (exe, *words)) is is_session


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert goose.is_headless((PROGRAM, *("run", "-t", "x")))
    assert not goose.is_headless((PROGRAM,))


def test_what_was_never_run_claims_nothing_that_was_not_seen() -> None:
    assert AGENT.tried_with == ()
    assert {means.ability for means in AGENT.means if means.how} == {Ability.SEE, Ability.JUMP}
    assert all(means.why_not for means in AGENT.means if not means.how)
