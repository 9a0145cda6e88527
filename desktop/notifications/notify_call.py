"""A notice as the freedesktop specification wants it said. Pure."""

import secrets
from dataclasses import field
from typing import assert_never

from desktop.domain.notices import Act, Button, Notice, NoticeClass, Urgency
from desktop.domain.record import dataclass
from desktop.formats import text

APPLICATION = "Agent Tray"
APPLICATION_ID = "io.github.agenttray.AgentTray"

SIGNATURE = "susssasa{sv}i"
DEFAULT = "default"  # what a plain click sends, by the specification
INLINE_REPLY = "inline-reply"  # as Plasma names it
_OPEN = Button(Act.OPEN, "Open")
_LABEL_LIMIT = 40
_PASSING_MS = 10_000


@dataclass(frozen=True, slots=True)
class Server:
    """Who shows notifications, and what it can do."""

    name: str = ""
    version: str = ""
    capabilities: frozenset[str] = frozenset()

    @property
    def has_buttons(self) -> bool:
        """Whether it says that it shows actions."""
        return "actions" in self.capabilities

    @property
    def has_inline_reply(self) -> bool:
        """Whether text can be typed into the notification itself."""
        return self.has_buttons and INLINE_REPLY in self.capabilities

    @property
    def max_buttons(self) -> int:
        """How many are surely drawn: GNOME leaves a fourth out without a word; no other is known to."""
        return 3


@dataclass(frozen=True, slots=True)
class NotifyCall:
    """The body of one Notify call, and what its action keys stand for."""

    body: tuple[object, ...]
    button_by_key: dict[str, Button] = field(default_factory=dict)


def notify_call(notice: Notice, server: Server, replaces: int, icon: str = APPLICATION_ID) -> NotifyCall:
    """Say *notice* for *server*, in place of the notification *replaces* (0: none)."""
    button_by_key = _button_by_key(notice, server) if server.has_buttons else {}
    actions: list[str] = []
    for key, button in button_by_key.items():
        actions += [key, text.one_line(button.label, _LABEL_LIMIT)]
    body = _sendable(notice.body)
    if "body-markup" in server.capabilities:
        body = text.escape_markup(body)
    return NotifyCall(
        (
            APPLICATION,
            replaces,
            icon,
            _sendable(notice.title),
            body,
            actions,
            _hints(notice, server, button_by_key),
            0 if notice.stays else _PASSING_MS,
        ),
        button_by_key,
    )


def _sendable(said: str) -> str:
    """Leave out what makes the bus cut the connection of whoever sends it: NUL and half surrogate pairs."""
    return said.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _button_by_key(notice: Notice, server: Server) -> dict[str, Button]:
    """Give each button a key that nobody can guess or know from before; the plain click has a fixed one."""
    found: dict[str, Button] = {}
    plain = next((button for button in notice.buttons if button.act is Act.OPEN), _OPEN)
    others = [button for button in notice.buttons if button.act is not Act.OPEN]
    for button in others[: server.max_buttons]:
        if button.act is Act.REPLY and server.has_inline_reply and INLINE_REPLY not in found:
            found[INLINE_REPLY] = button
        else:
            found[f"a:{secrets.token_hex(12)}"] = button
    # Last: where the plain click is drawn as a button too, it stands behind the others.
    found[DEFAULT] = plain
    return found


def _hints(notice: Notice, server: Server, button_by_key: dict[str, Button]) -> dict[str, tuple[str, object]]:
    hints: dict[str, tuple[str, object]] = {
        "urgency": ("y", int(notice.urgency)),
        "desktop-entry": ("s", APPLICATION_ID),
        "category": ("s", _category(notice.kind)),
    }
    if notice.urgency is Urgency.LOW:
        hints["transient"] = ("b", True)
    if notice.urgency is not Urgency.CRITICAL:
        hints["suppress-sound"] = ("b", True)
    elif "sound" in server.capabilities:
        hints["sound-name"] = ("s", "message-new-instant")
    if INLINE_REPLY in button_by_key:
        hints["x-kde-reply-placeholder-text"] = ("s", "Type a reply")
        hints["x-kde-reply-submit-button-text"] = ("s", "Send")
    return hints


def _category(kind: NoticeClass) -> str:
    """The nearest of the specification's categories: a session says something to the person."""
    match kind:
        case NoticeClass.DECISION:
            return "im.received"
        case NoticeClass.FAILED:
            return "im.error"
        case NoticeClass.WASTING | NoticeClass.REVIEW | NoticeClass.FINISHED | NoticeClass.SUMMARY:
            return "im"
        case _:
            assert_never(kind)
