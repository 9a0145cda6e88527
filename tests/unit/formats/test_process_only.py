from desktop.domain.agent import Ability
from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program
from desktop.formats.process_only import process_only

AGENT = process_only(
    AgentKind("robot"),
    "Robot",
    Program(names=frozenset({"robot"})),
    not_waiting="It says nothing.",
    not_answered="It hears nothing.",
)


def test_only_what_a_process_shows_is_claimed() -> None:
    assert {means.ability for means in AGENT.means if means.how} == {Ability.SEE, Ability.JUMP}
    assert {means.ability for means in AGENT.means} == set(Ability)
    assert all(means.why_not for means in AGENT.means if not means.how)
    assert AGENT.tried_with == ()


def test_the_reasons_stand_where_they_belong() -> None:
    said = {means.ability: means.why_not for means in AGENT.means}

    assert (said[Ability.KNOW_IT_WAITS], said[Ability.ALLOW]) == ("It says nothing.", "It hears nothing.")


def test_its_processes_are_found_by_its_program() -> None:
    assert AGENT.executables == {"robot"}
    assert AGENT.is_session_process is not None
    assert AGENT.is_session_process("/usr/bin/robot", ("robot",))
