from pathlib import Path

import pytest

from desktop.app import abilities
from desktop.app.agents import load_agents
from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind

README = Path(__file__).parents[3] / "README.md"
ROBOT = Agent(
    AgentKind("robot"),
    "Robot",
    tried_with=("1.0",),
    means=(
        Means(Ability.SEE, "process"),
        Means(Ability.ALLOW, "hook", "Not for long."),
        Means(Ability.DENY, "hook", "Not for long."),
        Means(Ability.JUMP, why_not="It has no terminal."),
    ),
)


def test_the_readme_says_what_the_adapters_say() -> None:
    text = README.read_text(encoding="utf-8")

    told = text[text.index(abilities.BEGIN) + len(abilities.BEGIN) : text.index(abilities.END)].strip()

    assert told == abilities.markdown(load_agents()).strip(), "write it anew: python -m desktop.app.abilities"


def test_an_ability_is_had_in_part_or_lacked_and_what_is_not_named_is_lacked() -> None:
    marks = {ability: abilities.mark(abilities.means_of(ROBOT, ability)) for ability in Ability}

    assert marks[Ability.SEE] == "yes"
    assert marks[Ability.ALLOW] == "in part"
    assert marks[Ability.JUMP] == marks[Ability.PROMPT] == "–"


def test_a_row_tells_the_marks_and_the_versions() -> None:
    other = Agent(AgentKind("other"), "Other", means=(Means(Ability.SEE, "process"),))

    rows = abilities.markdown([other, ROBOT]).splitlines()

    assert rows[2] == "| Robot | yes | – | – | in part | in part | – | – | – | – | 1.0 |"
    assert rows[3].endswith("| not run |")


def test_each_reason_is_told_once_with_all_that_it_is_for() -> None:
    assert abilities.reasons(ROBOT) == [
        ((Ability.ALLOW, Ability.DENY), "Not for long."),
        ((Ability.JUMP,), "It has no terminal."),
    ]
    assert "*allow, deny*: hook." in abilities.markdown([ROBOT])
    assert "Not more: *allow, deny*: Not for long; *jump*: It has no terminal." in abilities.markdown([ROBOT])


def test_a_terminal_is_told_the_same() -> None:
    assert abilities.lines(ROBOT) == [
        "can: see (process), allow (hook), deny (hook)",
        "allow, deny: Not for long.",
        "jump: It has no terminal.",
    ]


@pytest.mark.parametrize("agent", load_agents(), ids=lambda agent: agent.kind)
def test_every_agent_says_how_or_why_not_and_is_only_tried_where_it_was_run(agent: Agent) -> None:
    assert agent.means
    assert len({means.ability for means in agent.means}) == len(agent.means)
    assert all(means.how or means.why_not for means in agent.means)


def test_what_can_be_answered_by_hook_has_a_hook_that_is_answered() -> None:
    for agent in load_agents():
        if abilities.means_of(agent, Ability.ALLOW).how == "hook":
            assert agent.asks_by_hook is not None
            assert agent.write_hook_reply is not None
