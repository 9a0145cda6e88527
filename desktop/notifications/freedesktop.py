"""Notifications by the freedesktop specification, over our own connection to the session bus.

Servers deliver clicks to the connection that sent the notification, some of them twice, and forget everything when
they restart; so a click counts once, for content that we know to be shown, from the connection that owns the name.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Act, Button, Capabilities, Notice, NoticeActed, Urgency
from desktop.formats import text
from desktop.notifications.notify_call import APPLICATION_ID, INLINE_REPLY, SIGNATURE, Server, notify_call
from desktop.notifications.on_screen import ScreenMemory
from desktop.notifications.pace import Pace
from desktop.notifications.server_watch import ADDRESS, NAME, PATH, Patience, ServerWatch, in_words
from desktop.notifications.session_bus import DISCONNECTED, TIMED_OUT, Reply, SessionBus

log = logging.getLogger(__name__)

EXCESS = "ExcessNotificationGeneration"  # the end of Plasma's error name

_REPLY_LIMIT = 4000
_CLOSED_BY_US = 3
_LINGERING = 32
_MOST_REFUSALS = 5


@dataclass(slots=True)
class _Shown:
    """What one id of the server stands for."""

    notice: Notice
    button_by_key: dict[str, Button]
    is_closed: bool = False
    activation_token: str = ""


@dataclass(slots=True)
class _Slot:
    """The place of one key on the screen."""

    shown: int = 0
    sending: Notice | None = None
    waiting: Notice | None = None
    is_withdrawn: bool = False  # while it was being sent
    refusals: int = 0
    not_before: float = field(default=float("-inf"))


def _nothing_acted(_acted: NoticeActed) -> None:
    pass


class FreedesktopNotifier(QObject):
    """The backend for Linux desktops."""

    def __init__(
        self,
        bus: SessionBus | None = None,
        *,
        icon: str = APPLICATION_ID,
        patience: Patience | None = None,
        memory: ScreenMemory | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._memory = memory or ScreenMemory()
        self._bus = bus or SessionBus(parent=self)
        self._icon = icon
        self._patience = patience or Patience()
        self._acted: Callable[[NoticeActed], None] = _nothing_acted
        self._watch = ServerWatch(self._bus, self._begin, self._forget, self._patience, self)
        self._timeouts = 0
        self._slots: dict[NoticeKey, _Slot] = {}
        self._shown: dict[int, _Shown] = {}
        self._pace = Pace()
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self._on_due_timeout)

    # Notifier

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Connect and ask who shows notifications; keep listening for one that comes later."""
        self._acted = acted
        for member, heard in (
            ("ActionInvoked", self._on_action_invoked),
            ("NotificationReplied", self._on_notification_replied),
            ("ActivationToken", self._on_activation_token),
            ("NotificationClosed", self._on_notification_closed),
        ):
            self._bus.subscribe(NAME, PATH, NAME, member, heard)
        return self._watch.start(changed)

    def stop(self) -> None:
        """Take back what is shown, as far as the server listens, and disconnect."""
        self._watch.stop()
        self._due.stop()
        for slot in self._slots.values():
            slot.is_withdrawn, slot.waiting = True, None
        self._bus.pump(lambda: not any(slot.sending for slot in self._slots.values()), self._patience.start)
        self._close_all()
        self._slots.clear()
        self._acted = _nothing_acted
        self._bus.close()

    def capabilities(self) -> Capabilities:
        """What the server of the moment can do; nothing while there is none."""
        server = self._watch.server
        if server is None:
            return Capabilities("freedesktop")
        return Capabilities(
            "freedesktop",
            f"{server.name} {server.version}".strip(),
            has_buttons=server.has_buttons,
            has_inline_reply=server.has_inline_reply,
            can_withdraw=True,
            can_stay=True,
            max_buttons=server.max_buttons,
        )

    def raise_notice(self, notice: Notice) -> None:
        """Show as soon as the server may be asked; without a server do nothing: all is raised again for the next."""
        if self._watch.server is None:
            return
        slot = self._slots.setdefault(notice.key, _Slot())
        slot.waiting = notice
        slot.is_withdrawn = False
        self._send_due()

    def withdraw(self, key: NoticeKey) -> None:
        """Take back, also what is still on its way."""
        slot = self._slots.get(key)
        for shown_id in [shown_id for shown_id, shown in self._shown.items() if shown.notice.key == key]:
            self._close(shown_id)
        if slot is None:
            return
        slot.shown, slot.waiting, slot.is_withdrawn = 0, None, True
        self._drop_if_idle(key)

    def is_shown(self, notice: Notice) -> bool:
        """Whether the server has taken exactly this notice, and nothing has closed or replaced it since."""
        slot = self._slots.get(notice.key)
        shown = self._shown.get(slot.shown) if slot else None
        return shown is not None and shown.notice == notice

    # The server

    def _begin(self) -> None:
        """Begin anew with the server that was found."""
        # Left from before a pause, or by a run of ours that was killed: nobody has looked after them since.
        self._close_all()
        for shown_id in self._memory.left_on(self._server_name()):
            self._close(shown_id)
        self._remember()
        self._slots.clear()
        self._timeouts = 0

    def _forget(self) -> None:
        """The server is another one: what we knew of the last one's ids is worth nothing."""
        self._slots.clear()
        self._shown.clear()
        self._due.stop()

    # Showing

    @Slot()
    def _on_due_timeout(self) -> None:
        self._send_due()

    def _send_due(self) -> None:
        now = time.monotonic()
        soonest = float("inf")
        ready = [(key, slot) for key, slot in self._slots.items() if slot.waiting and not slot.sending]
        for key, slot in sorted(ready, key=lambda pair: -_urgency(pair[1])):
            notice = slot.waiting
            server = self._watch.server
            if notice is None or server is None:
                continue
            delay = max(self._pace.delay_s(notice, now), slot.not_before - now)
            if delay <= 0:
                self._send(key, slot, notice, server)
            else:
                soonest = min(soonest, delay)
        if soonest < float("inf"):
            self._due.start(int(soonest * 1000) + 1)

    def _send(self, key: NoticeKey, slot: _Slot, notice: Notice, server: Server) -> None:
        call = notify_call(notice, server, slot.shown, self._icon)
        slot.waiting, slot.sending, slot.is_withdrawn = None, notice, False
        self._pace.sent(notice, time.monotonic())
        self._bus.call(
            ADDRESS,
            "Notify",
            SIGNATURE,
            call.body,
            partial(self._on_notified, self._watch.epoch, key, notice, call.button_by_key),
            on_late=partial(self._on_notified_late, self._bus.owner(NAME)),
            timeout_ms=self._patience.notify,
        )

    def _on_notified(
        self, epoch: int, key: NoticeKey, notice: Notice, button_by_key: dict[str, Button], reply: Reply
    ) -> None:
        slot = self._slots.get(key)
        if epoch != self._watch.epoch or slot is None:
            return
        slot.sending = None
        match reply:
            case Reply(error="", body=(int(shown_id),)):
                self._timeouts = slot.refusals = 0
                if slot.shown != shown_id:
                    self._shown.pop(slot.shown, None)
                slot.shown = shown_id
                self._shown[shown_id] = _Shown(notice, button_by_key)
                if slot.is_withdrawn:
                    slot.shown = 0
                    self._close(shown_id)
                self._remember()
            case _:
                self._on_refused(slot, notice, reply)
        self._drop_if_idle(key)
        self._send_due()

    def _on_refused(self, slot: _Slot, notice: Notice, reply: Reply) -> None:
        if reply.error == DISCONNECTED:
            return
        slot.refusals += 1
        is_excess = reply.error.endswith(EXCESS)
        if not is_excess:
            self._timeouts += 1
            log.warning("a notification was refused: %s", reply.error)
        if self._timeouts >= self._patience.timeouts:
            self._watch.give_up(in_words(reply))
            return
        is_worth_it = slot.refusals < (_MOST_REFUSALS if notice.urgency is Urgency.CRITICAL else 2)
        if slot.waiting is None and not slot.is_withdrawn and (is_worth_it or not is_excess):
            slot.waiting = notice
        if reply.error != TIMED_OUT:
            slot.not_before = time.monotonic() + self._patience.excess / 1000

    def _on_notified_late(self, owner: str, reply: Reply) -> None:
        """Close what a server that hung shows after all: it was sent again meanwhile, or elsewhere."""
        match reply:
            case Reply(error="", body=(int(shown_id),)) if shown_id not in self._shown:
                if owner == self._bus.owner(NAME):
                    self._close(shown_id)

    def _close(self, shown_id: int) -> None:
        self._shown.pop(shown_id, None)
        self._bus.call(ADDRESS, "CloseNotification", "u", (shown_id,))
        self._remember()

    def _close_all(self) -> None:
        for shown_id in [shown_id for shown_id, shown in self._shown.items() if not shown.is_closed]:
            self._close(shown_id)
        self._shown.clear()

    def _server_name(self) -> str:
        """The server of the moment by a name that no other one has or will have; "" without one."""
        owner = self._bus.owner(NAME)
        return f"{self._bus.bus_id} {owner}" if owner and self._bus.bus_id else ""

    def _remember(self) -> None:
        standing = (shown_id for shown_id, shown in self._shown.items() if not shown.is_closed)
        self._memory.note(self._server_name(), frozenset(standing))

    def _drop_if_idle(self, key: NoticeKey) -> None:
        slot = self._slots.get(key)
        if slot and not slot.shown and not slot.sending and not slot.waiting:
            del self._slots[key]

    # Using

    def _on_action_invoked(self, body: tuple[object, ...]) -> None:
        match body:
            case (int(shown_id), str(key)) if (shown := self._shown.get(shown_id)) and key in shown.button_by_key:
                self._use(shown_id, shown, shown.button_by_key[key], None)

    def _on_notification_replied(self, body: tuple[object, ...]) -> None:
        match body:
            case (int(shown_id), str(typed)) if shown := self._shown.get(shown_id):
                button = shown.button_by_key.get(INLINE_REPLY)
                if button is not None:
                    self._use(shown_id, shown, button, text.clean(typed, _REPLY_LIMIT) or None)

    def _use(self, shown_id: int, shown: _Shown, button: Button, typed: str | None) -> None:
        notice = shown.notice
        slot = self._slots.get(notice.key)
        if slot is not None and slot.shown == shown_id:
            slot.shown = 0
        if slot is not None and slot.sending is not None:
            # What replaces it is on its way under the same id: it must not be closed by this, nor forgotten.
            del self._shown[shown_id]
        else:
            # Some servers leave a used notification standing, with buttons that no longer do anything.
            self._close(shown_id)
        self._drop_if_idle(notice.key)
        is_choice = button.act is Act.CHOOSE
        choice = button.choice if is_choice else -1
        self._acted(NoticeActed(notice, button.act, choice, typed, shown.activation_token))

    def _on_activation_token(self, body: tuple[object, ...]) -> None:
        match body:
            case (int(shown_id), str(token)) if shown := self._shown.get(shown_id):
                shown.activation_token = text.one_line(token, 200)

    def _on_notification_closed(self, body: tuple[object, ...]) -> None:
        match body:
            case (int(shown_id), int(reason)) if shown := self._shown.get(shown_id):
                key = shown.notice.key
                slot = self._slots.get(key)
                if slot is not None and slot.shown == shown_id:
                    slot.shown = 0
                    self._drop_if_idle(key)
                if reason == _CLOSED_BY_US:
                    del self._shown[shown_id]
                else:
                    # A server whose actions are a menu closes first and tells what was chosen afterwards.
                    shown.is_closed = True
                    lingering = [other for other, it in self._shown.items() if it.is_closed]
                    for other in lingering[:-_LINGERING]:
                        del self._shown[other]
                self._remember()


def _urgency(slot: _Slot) -> int:
    return slot.waiting.urgency if slot.waiting else -1
