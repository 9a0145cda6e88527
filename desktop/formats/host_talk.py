"""What both talks with a process that we started rest on: one session, and requests bound to the bytes they came in."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from desktop.domain.agent import ServedSession, ServerCall
from desktop.domain.events import Event, RequestClosed, TurnFinished
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.replies import Interrupt, Prompt, SessionReply
from desktop.domain.session import Ending
from desktop.formats import text

NOT_NOW = "A turn runs already; interrupt it first."
NO_SESSION = "The session has not begun yet."
NOT_SAID = "That is not said over this protocol."
TOO_LATE = "The agent no longer waits for this answer."


class Asked(Protocol):
    """A request that is open."""

    @property
    def payload(self) -> bytes:
        """The line with which the agent asked."""


A = TypeVar("A", bound=Asked)


class HostTalk(ABC, Generic[A]):
    """The one session of a process, from our end."""

    def __init__(self, agent: AgentKind, cwd: str) -> None:
        self._agent = agent
        self._cwd = cwd
        self._native = ""
        self._begun_at: datetime | None = None
        self._is_in_turn = False
        self._out: list[ServerCall] = []
        self._open: dict[RequestId, A] = {}

    @property
    def session(self) -> SessionId | None:
        """The session, once the agent has named it."""
        return session_id(self._agent, self._native) if self._native else None

    def outgoing(self) -> list[ServerCall]:
        """What is to be sent now, once."""
        out, self._out = self._out, []
        return out

    def sessions(self) -> Sequence[ServedSession]:
        """The one session, when it has begun."""
        return [ServedSession(self._native, self._cwd, self._begun_at)] if self._native else []

    def payload_of(self, request: RequestId) -> bytes | None:
        """The line with which the agent asked."""
        found = self._open.get(request)
        return found.payload if found is not None else None

    def say(self, session: SessionId, reply: SessionReply) -> str:
        """Give a prompt, or break the turn off; why not, in words, when that cannot be."""
        if session != self.session:
            return NO_SESSION
        match reply:
            case Prompt(text=words):
                if self._is_in_turn:
                    return NOT_NOW
                self._give(words)
                return ""
            case Interrupt():
                self._break_off()
                return ""
            case _:
                return NOT_SAID

    @abstractmethod
    def _give(self, words: str) -> None:
        """Send a prompt; its turn runs from now on."""

    @abstractmethod
    def _break_off(self) -> None:
        """Ask the agent to end its turn."""

    def closed(self, at: datetime, why: str) -> list[Event]:
        """The process is gone."""
        session = self.session
        if session is None:
            return []
        gone: list[Event] = [RequestClosed(session, request, at, why) for request in self._open]
        self._open.clear()
        if self._is_in_turn:
            self._is_in_turn = False
            gone.append(TurnFinished(session, at, Ending.FAILED, error=text.one_line(why)))
        return gone
