"""Notifications on macOS and Windows, through desktop-notifier 6.2 on an asyncio loop of its own thread.

Callbacks arrive on that thread (Windows) or on the main one (macOS); a Qt signal brings both to the main thread.
"""

import asyncio
import importlib
import logging
import secrets
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, assert_never

from PySide6.QtCore import QObject, Qt, Signal, Slot

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Act, Button, Capabilities, Notice, NoticeActed, Urgency
from desktop.domain.record import dataclass
from desktop.formats import text
from desktop.notifications.notify_call import APPLICATION

log = logging.getLogger(__name__)

_START_S = 1.0
_STOP_S = 1.0
_REPLY_LIMIT = 4000
_LABEL_LIMIT = 40
_MAX_BUTTONS = {"darwin": 3, "win32": 4}  # Windows takes five; the reply field's own button is one of them


@dataclass(frozen=True, slots=True)
class _Shown:
    notice: Notice
    button_by_id: dict[str, Button]


class DesktopNotifierBackend(QObject):
    """Wraps the library; *library* is the module, given by tests, imported at the start otherwise."""

    _pressed = Signal(str, str)  # identifier, button id ("" for the plain click)
    _replied = Signal(str, str)  # identifier, text

    def __init__(
        self,
        library: Any = None,  # Any: the module is not installed on Linux, and carries no types for elsewhere
        platform: str = sys.platform,
        icon: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._platform = platform
        self._icon = icon
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._notifier: Any = None  # the library's DesktopNotifier
        self._has_reply_field = False
        self._acted: Callable[[NoticeActed], None] | None = None
        self._shown: dict[str, _Shown] = {}
        self._identifier_by_key: dict[NoticeKey, str] = {}
        self._sends: dict[NoticeKey, Future[None]] = {}
        self._pressed.connect(self._on_pressed, Qt.ConnectionType.QueuedConnection)
        self._replied.connect(self._on_replied, Qt.ConnectionType.QueuedConnection)

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Start the loop and ask the library what it can do here."""
        if self._library is None:
            try:
                self._library = importlib.import_module("desktop_notifier")
            except (ImportError, OSError) as error:
                return f"desktop-notifier cannot be loaded: {type(error).__name__}"
        self._acted = acted
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="desktop-notifier", daemon=True)
        self._thread.start()
        try:
            names = self._submit(self._begin()).result(_START_S)
        except TimeoutError:
            reason = "the notification centre does not answer"
        except (OSError, RuntimeError, ValueError) as error:
            reason = f"the notification centre refuses: {type(error).__name__}"
        else:
            # Outside a signed bundle the library falls back to a backend that accepts everything and shows nothing.
            reason = "" if "BUTTONS" in names else "the system takes notifications only from the installed application"
            self._has_reply_field = "REPLY_FIELD" in names
        if reason:
            self.stop()
        return reason

    def stop(self) -> None:
        """Take everything back and end the thread."""
        self._acted = None
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is None or thread is None:
            return
        clearing = asyncio.run_coroutine_threadsafe(self._finish(list(self._shown)), loop)
        try:
            clearing.result(_STOP_S)
        except TimeoutError:
            log.warning("the notification centre did not take notifications back in time")
        self._shown.clear()
        self._identifier_by_key.clear()
        self._sends.clear()
        self._notifier = None
        self._has_reply_field = False
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_STOP_S)

    def capabilities(self) -> Capabilities:
        """What the platform's own centre does."""
        return Capabilities(
            "desktop-notifier",
            {"darwin": "macOS Notification Centre", "win32": "Windows notifications"}.get(self._platform, ""),
            has_buttons=self._notifier is not None,
            has_inline_reply=self._has_reply_field,
            can_withdraw=True,
            can_stay=False,  # it is up to the person's system settings
            max_buttons=_MAX_BUTTONS.get(self._platform, 3),
        )

    def raise_notice(self, notice: Notice) -> None:
        """Take the last one of this key back, then show."""
        if self._notifier is None:
            return
        identifier = secrets.token_hex(16)
        replaced = self._forget(notice.key)
        self._identifier_by_key[notice.key] = identifier
        reply = next((button for button in notice.buttons if button.act is Act.REPLY), None)
        if not self._has_reply_field:
            reply = None
        plain = [button for button in notice.buttons if button.act is not Act.OPEN and button is not reply]
        # By position: macOS keeps the ids of the first notification with the same labels for all later ones.
        button_by_id = {f"b{at}": button for at, button in enumerate(plain[: _MAX_BUTTONS.get(self._platform, 3)])}
        self._shown[identifier] = _Shown(notice, button_by_id)
        notification = self._notification(identifier, notice, button_by_id, reply)
        self._sends[notice.key] = self._submit(self._replace(replaced, notification, self._sends.get(notice.key)))

    def withdraw(self, key: NoticeKey) -> None:
        """Take back, after it was shown if it is on its way."""
        identifier = self._forget(key)
        if identifier and self._loop is not None:
            self._submit(self._clear([identifier], self._sends.pop(key, None)))

    def _forget(self, key: NoticeKey) -> str:
        identifier = self._identifier_by_key.pop(key, "")
        self._shown.pop(identifier, None)
        return identifier

    def _notification(
        self, identifier: str, notice: Notice, button_by_id: dict[str, Button], reply: Button | None
    ) -> Any:  # the library's Notification
        library = self._library
        return library.Notification(
            title=notice.title,
            message=notice.body,
            urgency=_urgency(library, notice.urgency),
            buttons=tuple(
                library.Button(title=text.one_line(button.label, _LABEL_LIMIT), identifier=button_id)
                for button_id, button in button_by_id.items()
            ),
            reply_field=library.ReplyField(title=text.one_line(reply.label, _LABEL_LIMIT)) if reply else None,
            sound=library.DEFAULT_SOUND if notice.urgency is Urgency.CRITICAL else None,
            # Windows shows the thread's name as a heading.
            thread=notice.session if self._platform == "darwin" else None,
            identifier=identifier,
        )

    # On the loop's thread

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.close()

    def _submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _begin(self) -> frozenset[str]:
        # Without a word about the icon the library shows Python's own.
        icon = self._library.Icon(path=self._icon) if self._icon else None
        notifier = self._library.DesktopNotifier(app_name=APPLICATION, app_icon=icon)
        notifier.on_clicked = lambda identifier: self._pressed.emit(identifier, "")
        notifier.on_button_pressed = self._pressed.emit
        notifier.on_replied = self._replied.emit
        self._notifier = notifier
        return frozenset(capability.name for capability in await notifier.get_capabilities())

    async def _replace(self, replaced: str, notification: Any, before: Future[None] | None) -> None:
        if before is not None:
            await asyncio.wait([asyncio.wrap_future(before)])
        if replaced:
            await self._notifier.clear(replaced)
        await self._notifier.send_notification(notification)

    async def _clear(self, identifiers: list[str], before: Future[None] | None = None) -> None:
        if before is not None:
            await asyncio.wait([asyncio.wrap_future(before)])
        for identifier in identifiers:
            await self._notifier.clear(identifier)

    async def _finish(self, identifiers: list[str]) -> None:
        """Let what is on its way arrive, so that it can be taken back too."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_STOP_S / 2)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._notifier is not None:
            await self._clear(identifiers)

    # On the main thread

    @Slot(str, str)
    def _on_pressed(self, identifier: str, button_id: str) -> None:
        shown = self._shown.get(identifier)
        if shown is None:
            return
        button = Button(Act.OPEN, "") if not button_id else shown.button_by_id.get(button_id)
        if button is not None:
            self._use(shown, button, None)

    @Slot(str, str)
    def _on_replied(self, identifier: str, typed: str) -> None:
        shown = self._shown.get(identifier)
        if shown is not None and any(button.act is Act.REPLY for button in shown.notice.buttons):
            self._use(shown, Button(Act.REPLY, ""), text.clean(typed, _REPLY_LIMIT) or None)

    def _use(self, shown: _Shown, button: Button, typed: str | None) -> None:
        self._forget(shown.notice.key)
        if self._acted is not None:
            self._acted(NoticeActed(shown.notice, button.act, button.choice, typed))


def _urgency(library: Any, urgency: Urgency) -> Any:  # a member of the library's own enumeration
    match urgency:
        case Urgency.LOW:
            return library.Urgency.Low
        case Urgency.NORMAL:
            return library.Urgency.Normal
        case Urgency.CRITICAL:
            return library.Urgency.Critical
        case _:
            assert_never(urgency)
