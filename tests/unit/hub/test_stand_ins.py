"""A process is shown under its number only while nobody knows its conversation."""

from desktop.domain.events import EvidenceGiven, SessionDescribed
from desktop.domain.ids import session_id, stand_in_id, stand_in_pid
from desktop.domain.session import Claim, Evidence, Source
from tests.helpers.story import KIND, PID, SESSION, Story

STAND_IN = stand_in_id(KIND, PID)


def stands_in(story: Story) -> None:
    evidence = Evidence(Source.PROCESS, Claim.ALIVE, story.now, origin=str(PID))
    story.sees(SessionDescribed(STAND_IN, KIND, story.now, pid=PID), EvidenceGiven(STAND_IN, evidence))


def test_a_conversation_takes_the_place_of_its_process() -> None:
    story = Story()
    stands_in(story)

    story.session_starts()

    assert [row.session for row in story.hub.board(story.now).rows] == [SESSION]


def test_a_process_is_not_shown_beside_its_conversation() -> None:
    story = Story()
    story.session_starts()

    stands_in(story)

    assert [row.session for row in story.hub.board(story.now).rows] == [SESSION]


def test_another_process_is_shown_beside_it() -> None:
    story = Story()
    story.session_starts(pid=PID + 1)

    stands_in(story)

    assert {row.session for row in story.hub.board(story.now).rows} == {SESSION, STAND_IN}


def test_a_conversation_is_no_stand_in() -> None:
    assert stand_in_pid(STAND_IN) == PID
    assert stand_in_pid(session_id(KIND, "pid-x")) is None
    assert stand_in_pid(SESSION) is None
