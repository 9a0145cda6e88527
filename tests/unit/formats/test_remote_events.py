"""What the hooks of another host tell."""

from datetime import UTC, datetime

from desktop.domain.events import (
    CommandStarted,
    Event,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    RecordsSkipped,
    RequestOpened,
    SessionDescribed,
    TerminalSeen,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.requests import Request, RequestKind
from desktop.domain.session import Claim, Terminal
from desktop.formats.remote_events import from_host

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ONE = SessionId("robot:one")
THERE = SessionId("robot:one@build-box")
KIND = AgentKind("robot")


def test_a_session_there_is_another_than_its_namesake_here_and_nothing_of_it_is_opened_here() -> None:
    told: Event = SessionDescribed(
        ONE, KIND, NOON, cwd="/home/dev/shop", pid=7, home="/h", transcript="/t", pane="%1", inbox="/s"
    )

    described, alive = from_host([told], "build-box")

    assert described == SessionDescribed(THERE, KIND, NOON, cwd="/home/dev/shop", host="build-box")
    assert isinstance(alive, EvidenceGiven)
    assert (alive.session, alive.evidence.claim, alive.evidence.origin) == (THERE, Claim.ALIVE, "@build-box")
    assert alive.evidence.ttl is not None


def test_news_and_requests_are_those_of_the_session_there() -> None:
    asked = Request(RequestId("r"), ONE, RequestKind.PERMISSION, NOON, text="make")

    turn, opened = from_host([TurnStarted(ONE, NOON), RequestOpened(asked)], "build-box")

    assert turn == TurnStarted(THERE, NOON)
    assert isinstance(opened, RequestOpened)
    assert (opened.request.session, opened.request.text, opened.request.id) == (THERE, "make", "r")


def test_what_is_of_this_machine_alone_is_never_believed_of_another() -> None:
    told: list[Event] = [
        ProcessEnded(7, NOON),
        CommandStarted(7, NOON, ("make",)),
        HealthReported("x", NOON, "y"),
        RecordsSkipped(KIND, "1", 3, NOON),
        TerminalSeen(7, NOON, Terminal()),
    ]

    assert from_host(told, "build-box") == []
