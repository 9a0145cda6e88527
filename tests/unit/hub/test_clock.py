"""Stories of clocks that are set and machines that sleep: nothing is held for ever, no age is negative."""

from datetime import timedelta

import pytest

from desktop.domain.events import EvidenceGiven, ReplyDelivered, RequestOpened, SubagentStarted, TurnFinished
from desktop.domain.ids import RequestId
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow
from desktop.domain.session import Claim, Ending, Evidence, Source
from desktop.formats import words
from desktop.hub.effects import Deliver, Raise, Release
from tests.helpers.story import PID, SESSION, Story, permission

HOUR = 3600.0


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -3 * 24 * HOUR])
def test_fault_9_no_age_is_negative_after_the_clock_was_set(story: Story, jump: float) -> None:
    story.works()
    story.asks()
    story.clock_is_set(jump)

    story.waits(3)
    story.live(Claim.WAITING_APPROVAL, "permission prompt")

    board = story.hub.board(story.now)
    assert board.oldest_wait is not None
    assert all(row.since <= story.now for row in board.rows)
    assert not words.age(story.now - board.oldest_wait).startswith("-")


def test_fault_9_a_hidden_prompt_is_let_go_in_time_though_the_clock_was_set_back(story: Story) -> None:
    story.works()
    story.sees(SubagentStarted(SESSION, "a1", "explorer", story.now))
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))
    story.clock_is_set(-HOUR)
    story.sees()
    story.hub.tick(story.now)

    assert [effect.request for effect in story.waits(21) if isinstance(effect, Release)] == ["r1"]


def test_fault_9_an_answer_nobody_takes_is_told_in_time_though_the_clock_was_set_back(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))
    story.clock_is_set(-HOUR)
    story.hub.tick(story.now)

    story.waits(6)

    assert story.row.request is not None
    assert "did not take the answer" in story.row.request.trouble


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_fault_9_what_the_agent_says_after_the_jump_is_believed(story: Story, jump: float) -> None:
    story.works()
    story.asks()
    story.clock_is_set(jump)
    story.waits(1)

    story.live(Claim.WORKING, "busy")

    assert story.row.requests == ()
    assert story.phase is Phase.WORKING


def test_fault_9_a_word_stamped_before_the_jump_does_not_outrank_those_after_it(story: Story) -> None:
    late = Evidence(Source.LIVE_STATE, Claim.WORKING, story.now, "busy", str(PID))
    story.clock_is_set(-HOUR)
    story.sees(EvidenceGiven(SESSION, late))
    story.waits(1)

    story.live(Claim.RESTING, "idle")

    assert story.phase is not Phase.WORKING


def test_fault_9_the_budget_of_news_and_the_history_go_with_the_clock(story: Story) -> None:
    story.works()
    story.clock_is_set(-HOUR)
    story.hub.tick(story.now)
    story.waits(1)

    story.sees(TurnFinished(SESSION, story.now, Ending.FAILED, "quota"))
    story.live(Claim.RESTING, "idle")

    assert [type(effect) for effect in story.waits(1)] == [Raise]


def test_a_small_step_back_is_no_jump(story: Story) -> None:
    since = story.row.since
    story.clock_is_set(-1)

    story.hub.tick(story.now)

    assert story.row.since == since


def test_attack_54_a_clock_set_back_brings_no_allow_back_to_life(story: Story) -> None:
    story.works()
    story.asks(text="make release")
    allow = Allow(SESSION, RequestId("r1"), "digest of r1")
    story.does(allow)
    story.sees(ReplyDelivered(SESSION, RequestId("r1"), story.now))
    story.live(Claim.WORKING, "busy")
    story.waits(60)

    story.clock_is_set(-HOUR)
    story.hub.tick(story.now)
    story.asks("r2", text="make release")

    assert story.effects(Deliver) == []
    assert story.phase is Phase.NEEDS_APPROVAL
    assert story.does(allow) == []
    assert [request.id for request in story.row.requests] == ["r2"]
    assert story.row.request is not None
    assert not story.row.request.is_answering


def test_fault_10_after_a_night_asleep_an_open_request_is_still_shown_and_raised_once(story: Story) -> None:
    story.works()
    story.asks()

    effects = story.waits(8 * HOUR)

    assert [effect for effect in effects if isinstance(effect, Raise)] == []
    assert story.phase is Phase.NEEDS_APPROVAL
    assert [type(effect) for effect in story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))] == [Deliver]


def test_fault_10_an_answer_on_its_way_into_a_night_asleep_is_not_given_twice(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))

    story.now += timedelta(hours=8)
    story.hub.tick(story.now)

    assert story.does(Allow(SESSION, RequestId("r1"), "digest of r1")) == []
    assert story.row.request is not None
    assert not story.row.request.is_answerable
