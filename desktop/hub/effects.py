"""What the hub wants done in the world, in the imperative. One closed union; the performer carries them out."""

from datetime import datetime

from desktop.domain.ids import NoticeKey, RequestId, SessionId
from desktop.domain.notices import Notice
from desktop.domain.record import dataclass
from desktop.domain.replies import RequestReply, SessionReply
from desktop.domain.requests import Request
from desktop.domain.session import Session


@dataclass(frozen=True, slots=True)
class Raise:
    """Show this notification, in place of the last one of its key."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a notification back."""

    key: NoticeKey


@dataclass(frozen=True, slots=True)
class Deliver:
    """Record the decision, then put it on the connection that asked."""

    reply: RequestReply
    request: Request
    session: Session
    surface: str


@dataclass(frozen=True, slots=True)
class Send:
    """Put a prompt, an interrupt or a stop into a session."""

    reply: SessionReply
    session: Session
    surface: str


@dataclass(frozen=True, slots=True)
class BringForward:
    """Show a session's own terminal."""

    session: Session


@dataclass(frozen=True, slots=True)
class Release:
    """Let the relay of a request go without an answer."""

    request: RequestId
    why: str


@dataclass(frozen=True, slots=True)
class NoteOpened:
    """Write down that a request opened."""

    request: Request
    session: Session


@dataclass(frozen=True, slots=True)
class NoteClosed:
    """Write down that a request closed, and how."""

    request: Request
    at: datetime
    how: str


@dataclass(frozen=True, slots=True)
class NoteSeen:
    """Write down that the person looked at a session, or has a request before them."""

    session: SessionId
    request: RequestId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteName:
    """Write down what the person calls a session."""

    session: SessionId
    name: str


@dataclass(frozen=True, slots=True)
class NoteTask:
    """Write down which task the person put a session into."""

    session: SessionId
    task: str


Effect = (
    Raise
    | Withdraw
    | Deliver
    | Send
    | BringForward
    | Release
    | NoteOpened
    | NoteClosed
    | NoteSeen
    | NoteName
    | NoteTask
)
