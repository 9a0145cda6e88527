"""Notifications as the rest of the program knows them, whatever shows them."""

from enum import IntEnum, StrEnum

from desktop.domain.ids import NoticeKey, RequestId, SessionId
from desktop.domain.record import dataclass


class Urgency(IntEnum):
    """How loudly; the numbers are those of the freedesktop specification."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


class NoticeClass(StrEnum):
    """What a notification is about."""

    DECISION = "decision"
    FAILED = "failed"
    WASTING = "wasting"
    REVIEW = "review"
    FINISHED = "finished"
    SUMMARY = "summary"


class Act(StrEnum):
    """What a button or a click on a notification means."""

    OPEN = "open"  # the plain click: show the item
    ALLOW = "allow"
    DENY = "deny"
    REVIEW = "review"  # show the item, ready to decide
    REPLY = "reply"  # text from an inline reply, or (without text) open our own box
    CHOOSE = "choose"  # an option of a question; the button's *choice* says which


@dataclass(frozen=True, slots=True)
class Button:
    """One button of a notification."""

    act: Act
    label: str
    choice: int = -1


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification to show, or to show in place of the last one of the same key.

    *title* and *body* are plain text, already cleaned and cut to size; a backend escapes what its server would
    take for markup, and nothing else.
    """

    key: NoticeKey
    session: SessionId | None
    kind: NoticeClass
    urgency: Urgency
    title: str
    body: str
    buttons: tuple[Button, ...] = ()
    stays: bool = False  # until withdrawn
    request: RequestId | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class NoticeActed:
    """A person used a notification."""

    notice: Notice
    act: Act
    choice: int = -1
    text: str | None = None  # of an inline reply, as typed
    activation_token: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the backend that won can do."""

    backend: str  # "freedesktop", "desktop-notifier", "plyer", "none"
    server: str = ""  # name and version of what shows them
    has_buttons: bool = False
    has_inline_reply: bool = False
    can_withdraw: bool = False
    can_stay: bool = False
    max_buttons: int = 3
    body_limit: int = 200  # characters that are surely shown
