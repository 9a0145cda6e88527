"""What both protocols of sessions begun here rest on."""

from datetime import UTC, datetime

from desktop.domain.agent import ServedSession
from desktop.domain.events import RequestClosed, TurnFinished
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.record import dataclass
from desktop.domain.replies import Interrupt, Prompt, Stop
from desktop.domain.session import Ending
from desktop.formats.host_talk import NO_SESSION, NOT_NOW, NOT_SAID, HostTalk

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ONE = RequestId("one")


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a talk need remember of a request."""

    payload: bytes


class Talk(HostTalk[Asked]):
    """Remembers what it was to send."""

    def __init__(self) -> None:
        super().__init__(AgentKind("fake"), "/home/dev/shop")
        self.given: list[str] = []

    def _give(self, words: str) -> None:
        self.given.append(words)

    def _break_off(self) -> None:
        self.given.append("break off")


def talk(native: str = "s1", *, in_turn: bool = True) -> Talk:
    made = Talk()
    made._native, made._is_in_turn = native, in_turn
    made._open = {ONE: Asked(b"may I?")}
    return made


def test_there_is_no_session_before_it_has_a_name() -> None:
    unnamed = talk("")

    assert unnamed.session is None
    assert unnamed.sessions() == []
    assert unnamed.closed(AT, "its process ended") == []
    assert talk().sessions() == [ServedSession("s1", "/home/dev/shop", None)]


def test_a_request_is_bound_to_its_bytes() -> None:
    assert talk().payload_of(ONE) == b"may I?"
    assert talk().payload_of(RequestId("two")) is None


def test_a_prompt_waits_for_the_end_of_a_turn_and_an_interrupt_does_not() -> None:
    session = SessionId("fake:s1")
    working, resting = talk(), talk(in_turn=False)

    assert working.say(session, Prompt(session, "go on")) == NOT_NOW
    assert working.say(session, Interrupt(session)) == ""
    assert resting.say(session, Prompt(session, "go on")) == ""
    assert resting.say(session, Stop(session)) == NOT_SAID
    assert resting.say(SessionId("fake:s2"), Prompt(session, "go on")) == NO_SESSION
    assert (working.given, resting.given) == (["break off"], ["go on"])


def test_a_process_that_ends_takes_its_requests_along_and_fails_its_turn() -> None:
    session = SessionId("fake:s1")
    working, resting = talk(), talk(in_turn=False)

    assert working.closed(AT, "its process ended") == [
        RequestClosed(session, ONE, AT, "its process ended"),
        TurnFinished(session, AT, Ending.FAILED, error="its process ended"),
    ]
    assert working.closed(AT, "its process ended") == []
    assert resting.closed(AT, "gone") == [RequestClosed(session, ONE, AT, "gone")]
