"""How long a hook may be held."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desktop.domain.agent import Agent
from desktop.domain.requests import Reach
from desktop.domain.session import Claim, Evidence, Session, Source
from desktop.hub.holding import hidden_until, hides_prompt
from tests.helpers.story import AGENT, KIND, SESSION, at, permission

SILENT = replace(AGENT, hook_hold_s=10)
ASKED = replace(permission(), opened_at=at(0))
PLAIN = Session(SESSION, KIND, at(0))


@pytest.mark.parametrize(
    ("agent", "subagent", "reach", "hides"),
    [
        (AGENT, "", Reach.HOOK, False),
        (AGENT, "a1", Reach.HOOK, True),
        (SILENT, "", Reach.HOOK, True),
        (SILENT, "", Reach.TERMINAL, False),
        (None, "", Reach.HOOK, False),
    ],
)
def test_a_subagents_dialog_is_hidden_and_that_of_an_agent_that_shows_none(
    agent: Agent | None, subagent: str, reach: Reach, hides: bool
) -> None:
    assert hides_prompt(replace(ASKED, subagent_id=subagent, reach=reach), agent) is hides


@pytest.mark.parametrize(
    ("agent", "chosen", "seconds"), [(AGENT, 20, 20), (SILENT, 20, 10), (SILENT, 5, 5), (None, 7, 7)]
)
def test_the_shorter_of_what_agent_and_person_allow_counts(agent: Agent | None, chosen: int, seconds: int) -> None:
    until = hidden_until(ASKED, PLAIN, agent, chosen, at(1), is_before_person=False)

    assert until == ASKED.opened_at + timedelta(seconds=seconds)


def test_it_is_held_on_while_the_person_reads_or_an_answer_is_on_its_way() -> None:
    now = at(100)

    assert hidden_until(ASKED, PLAIN, AGENT, 20, now, is_before_person=True) == now + timedelta(seconds=20)
    answering = replace(ASKED, is_answering=True)
    assert hidden_until(answering, PLAIN, AGENT, 20, now, is_before_person=False) == now + timedelta(seconds=20)


def test_it_is_held_on_while_the_terminal_shows_it_too() -> None:
    waits = Evidence(Source.LIVE_STATE, Claim.WAITING_APPROVAL, at(1), origin="7")
    now = at(100)

    shown = hidden_until(ASKED, replace(PLAIN, evidence=(waits,)), AGENT, 20, now, is_before_person=False)

    assert shown == now + timedelta(seconds=20)
