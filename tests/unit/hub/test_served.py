"""Sessions that are seen and answered through their agent's own server."""

from dataclasses import replace

import pytest

from desktop.domain.agent import AgentServer, Transport
from desktop.domain.events import (
    EvidenceGiven,
    ProcessEnded,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import RequestId
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, Interrupt, Prompt
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Claim, Evidence, Source
from desktop.hub.effects import Deliver, Release, Send
from desktop.hub.hub import Hub
from tests.helpers.story import AGENT, KIND, PID, SESSION, START, Story, at, permission

SERVER = AgentServer(
    Transport.HTTP,
    find=lambda *_: None,
    open_talk=lambda _: pytest.fail("the hub opens nothing"),
    write_reply=lambda *_: None,
)


def says(claim: Claim, seconds: float, detail: str = "") -> EvidenceGiven:
    return EvidenceGiven(SESSION, Evidence(Source.SERVER, claim, at(seconds), detail))


def runs(seconds: float = 0) -> list[SessionDescribed | EvidenceGiven]:
    alive = Evidence(Source.PROCESS, Claim.ALIVE, at(seconds), origin=str(PID))
    return [SessionDescribed(SESSION, KIND, at(seconds), pid=PID), EvidenceGiven(SESSION, alive)]


def asked(name: str = "r1", seconds: float = 2) -> Request:
    return replace(permission(name, seconds, reach=Reach.SERVER), is_parallel=True)


@pytest.fixture
def story() -> Story:
    made = Story()
    made.hub = Hub([replace(AGENT, server=SERVER, prompt_marks=(), interrupt_keys=())], made.settings, START)
    made.now = at(10)  # all that is told here happened before
    made.sees(*runs())
    return made


def requests(story: Story) -> list[RequestId]:
    session = story.hub.session(SESSION)
    assert session is not None
    return [request.id for request in session.requests]


def phase(story: Story) -> Phase:
    standing = story.hub.standing(SESSION)
    assert standing is not None
    return standing.phase


def test_what_a_server_says_stands_like_live_state(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1), "go"), says(Claim.WORKING, 1))
    assert phase(story) is Phase.WORKING

    story.sees(TurnFinished(SESSION, at(2)), says(Claim.RESTING, 2))
    assert phase(story) is Phase.YOUR_TURN


def test_a_request_of_a_server_can_be_answered_here_and_goes_to_its_server(story: Story) -> None:
    request = asked()
    story.sees(says(Claim.WAITING_APPROVAL, 2), RequestOpened(request))

    effects = story.does(Allow(SESSION, request.id, request.digest))

    assert [effect.request.reach for effect in effects if isinstance(effect, Deliver)] == [Reach.SERVER]


def test_several_requests_stand_until_the_server_closes_each(story: Story) -> None:
    story.sees(says(Claim.WAITING_APPROVAL, 1.5), RequestOpened(asked("r1", 2)), RequestOpened(asked("r2", 2.1)))
    story.sees(says(Claim.WORKING, 2.5), says(Claim.WAITING_APPROVAL, 3))
    assert requests(story) == ["r1", "r2"]

    effects = story.sees(RequestClosed(SESSION, RequestId("r1"), at(4), "answered in the terminal"))

    assert requests(story) == ["r2"]
    assert not [effect for effect in effects if isinstance(effect, Release)]


def test_no_request_of_a_server_outlives_its_turn(story: Story) -> None:
    story.sees(says(Claim.WAITING_APPROVAL, 1.5), RequestOpened(asked()), says(Claim.RESTING, 5))

    assert requests(story) == []


def test_what_a_helper_asks_outlives_the_turn_of_its_session(story: Story) -> None:
    helper = replace(asked("r2"), subagent="explorer", subagent_id="child")

    story.sees(RequestOpened(asked("r1")), RequestOpened(helper), says(Claim.RESTING, 5))

    assert requests(story) == ["r2"]


def test_a_server_that_says_it_waits_and_not_for_what_leaves_a_request_for_the_terminal(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1)), says(Claim.WORKING, 1), says(Claim.WAITING_APPROVAL, 2))
    session = story.hub.session(SESSION)
    assert session is not None
    assert [request.reach for request in session.requests] == [Reach.TERMINAL]

    story.sees(RequestOpened(asked("r1", 2.1)))

    assert requests(story) == ["r1"]


def test_a_lost_server_takes_its_requests_with_it_and_the_row_says_so(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1)), says(Claim.WAITING_APPROVAL, 1.5), RequestOpened(asked()))

    story.sees(
        says(Claim.SILENT, 3, "its server is gone"),
        RequestReleased(SESSION, RequestId("r1"), at(3), "Its server went."),
    )
    story.waits(0.1)

    assert requests(story) == []
    standing = story.hub.standing(SESSION)
    assert standing is not None
    assert (standing.phase, standing.reason) == (Phase.UNKNOWN, "its server is gone")


def test_a_lost_server_changes_nothing_about_a_turn_that_is_over(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1)), TurnFinished(SESSION, at(2)), says(Claim.SILENT, 3, "its server is gone"))

    assert phase(story) is Phase.YOUR_TURN


def test_what_waits_at_its_server_goes_on_without_its_terminal_until_it_rests(story: Story) -> None:
    request = asked()
    story.sees(TurnStarted(SESSION, at(1)), says(Claim.WORKING, 1), RequestOpened(request), ProcessEnded(PID, at(3)))
    assert phase(story) is Phase.NEEDS_APPROVAL
    assert story.does(Allow(SESSION, request.id, request.digest))

    story.sees(SessionEnded(SESSION, at(4), "its terminal was closed", Source.SERVER))

    assert phase(story) is Phase.ENDED


def test_what_rests_at_its_server_ends_with_its_terminal_and_comes_back_only_when_it_works(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1)), TurnFinished(SESSION, at(2)), says(Claim.RESTING, 2))
    story.sees(ProcessEnded(PID, at(3)), says(Claim.RESTING, 3.5))
    assert phase(story) is Phase.ENDED

    story.sees(says(Claim.WORKING, 4))

    assert phase(story) is Phase.WORKING


def test_prompts_and_interrupts_go_through_the_server_while_its_connection_stands(story: Story) -> None:
    story.sees(TurnStarted(SESSION, at(1)), says(Claim.WORKING, 1))
    row = story.hub.board(at(10)).row(SESSION)
    assert row is not None
    assert (row.can_interrupt, row.prompt_channel) == (True, "through the agent's own server")
    assert [type(effect) for effect in story.does(Interrupt(SESSION))] == [Send]

    story.sees(TurnFinished(SESSION, at(3)), says(Claim.RESTING, 3))
    assert Send in [type(effect) for effect in story.does(Prompt(SESSION, "go on"))]

    story.sees(says(Claim.SILENT, 5))
    row = story.hub.board(at(10)).row(SESSION)
    assert row is not None
    assert not row.can_prompt
