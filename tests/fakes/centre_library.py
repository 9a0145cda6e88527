"""A stand-in for desktop-notifier 6.2 with its documented names: shows nothing, can be pressed from any thread."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any


class Urgency(Enum):
    Critical = "critical"
    Normal = "normal"
    Low = "low"


class Capability(Enum):
    BUTTONS = auto()
    REPLY_FIELD = auto()


DEFAULT_SOUND = "default"


@dataclass(frozen=True)
class Icon:
    path: Path


@dataclass(frozen=True)
class Button:
    title: str
    on_pressed: Callable[[], Any] | None = None
    identifier: str = ""


@dataclass(frozen=True)
class ReplyField:
    title: str = "Reply"
    button_title: str = "Send"


@dataclass(frozen=True)
class Notification:
    title: str
    message: str
    urgency: Urgency = Urgency.Normal
    buttons: tuple[Button, ...] = ()
    reply_field: ReplyField | None = None
    sound: object = None
    thread: str | None = None
    identifier: str = ""


@dataclass
class CentreLibrary:
    """The module: what it exports, and what its notifier was asked."""

    capabilities: frozenset[Capability] = frozenset(Capability)
    shown: dict[str, Notification] = field(default_factory=dict)
    sent: list[Notification] = field(default_factory=list)
    notifier: "Notifier | None" = None

    app_icon: "Icon | None" = None

    Icon = Icon
    Urgency = Urgency
    Button = Button
    ReplyField = ReplyField
    Notification = Notification
    DEFAULT_SOUND = DEFAULT_SOUND

    def DesktopNotifier(self, app_name: str, app_icon: Icon | None) -> "Notifier":  # noqa: N802 - the library's name
        self.app_icon = app_icon
        self.notifier = Notifier(self)
        return self.notifier


class Notifier:
    def __init__(self, library: CentreLibrary) -> None:
        self._library = library
        self.on_clicked: Callable[[str], Any] | None = None
        self.on_button_pressed: Callable[[str, str], Any] | None = None
        self.on_replied: Callable[[str, str], Any] | None = None

    async def get_capabilities(self) -> frozenset[Capability]:
        await asyncio.sleep(0)
        return self._library.capabilities

    async def send_notification(self, notification: Notification) -> str:
        await asyncio.sleep(0)
        self._library.shown[notification.identifier] = notification
        self._library.sent.append(notification)
        return notification.identifier

    async def clear(self, identifier: str) -> None:
        await asyncio.sleep(0)
        self._library.shown.pop(identifier, None)
