"""Text-only notifications through plyer, where nothing better works: no buttons, no way to take them back.

On Linux plyer starts notify-send for each, which reads options out of the text and turns backslashes into whatever
they escape, and says nothing when nobody shows the result.
"""

import logging
import os
import queue
import shutil
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Capabilities, Notice, NoticeActed
from desktop.formats import text
from desktop.notifications.notify_call import APPLICATION

log = logging.getLogger(__name__)

Show = Callable[[str, str], object]

# What a Windows balloon takes: 64 and 256 with the terminating zero.
_TITLE_LIMIT = 60
_BODY_LIMIT = 240
_MOST_WAITING = 16
_STOP_S = 0.5
_TIMEOUT_S = 10


def safe_texts(notice: Notice, platform: str) -> tuple[str, str]:
    """Title and body such that no part of them can be read as anything but text."""
    title = text.one_line(notice.title, _TITLE_LIMIT) or APPLICATION
    body = text.clean(notice.body, _BODY_LIMIT)
    if platform.startswith("linux"):
        # notify-send turns \074 into <, so a backslash must not reach it; then whoever shows it reads markup.
        body = text.escape_markup(body.replace("\\", "∖"))
        title = title.replace("\\", "∖")
    return _not_an_option(title), _not_an_option(body)


def _not_an_option(said: str) -> str:
    return f"· {said}" if said.lstrip().startswith("-") else said


class PlyerNotifier(QObject):
    """Says a notice once, in words. The thread is there because notify-send takes up to 30 ms, or hangs."""

    _failed = Signal(str)

    def __init__(self, show: Show | None = None, platform: str = sys.platform, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._platform = platform
        self._notices: queue.Queue[tuple[str, str] | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._changed: Callable[[str], None] | None = None
        self._failed.connect(self._on_failed, Qt.ConnectionType.QueuedConnection)

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Find out whether plyer has something to show text with."""
        self._changed = changed
        show = self._show
        if show is None:
            reason, show = _find_show(self._platform)
            if show is None:
                return reason
        self._notices = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, args=(show, self._notices), name="plyer", daemon=True)
        self._thread.start()
        return ""

    def stop(self) -> None:
        """End the thread; what was said stays on the screen until it fades."""
        self._changed = None
        thread, self._thread = self._thread, None
        if thread is None:
            return
        while True:
            try:
                self._notices.put_nowait(None)
                break
            except queue.Full:
                self._drop_oldest()
        thread.join(_STOP_S)

    def capabilities(self) -> Capabilities:
        """Text, and nothing to press."""
        return Capabilities("plyer", max_buttons=0, body_limit=_BODY_LIMIT)

    def raise_notice(self, notice: Notice) -> None:
        """Say it; when too many wait, the oldest is not said."""
        if self._thread is None:
            return
        texts = safe_texts(notice, self._platform)
        try:
            self._notices.put_nowait(texts)
        except queue.Full:
            self._drop_oldest()
            self._notices.put_nowait(texts)

    def withdraw(self, key: NoticeKey) -> None:
        """Do nothing: plyer does not say which notification it made."""

    def _drop_oldest(self) -> None:
        try:
            self._notices.get_nowait()
        except queue.Empty:
            return

    def _run(self, show: Show, notices: queue.Queue[tuple[str, str] | None]) -> None:
        while (texts := notices.get()) is not None:
            try:
                show(*texts)
            except Exception as error:  # noqa: BLE001 - the main of a thread; plyer raises whatever its platform does
                log.warning("plyer could not notify: %s", type(error).__name__)
                self._failed.emit(f"plyer could not notify: {type(error).__name__}")
                return

    @Slot(str)
    def _on_failed(self, reason: str) -> None:
        if self._changed is not None:
            self._changed(reason)


def _find_show(platform: str) -> tuple[str, Show | None]:
    """What to call with title and body; else the reason why there is nothing."""
    if platform.startswith("linux"):
        reason = _why_not_on_linux()
        if reason:
            return reason, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that another of its ways is not installed
            from plyer import notification

            notify = notification.notify
    except (ImportError, NotImplementedError, OSError) as error:
        return f"plyer does not work here: {type(error).__name__}", None

    def show(title: str, body: str) -> object:
        return notify(title=title, message=body, app_name=APPLICATION, timeout=_TIMEOUT_S)

    return "", show


def _why_not_on_linux() -> str:
    if os.path.isdir("/app"):
        # There plyer pastes the text into the source of a D-Bus value.
        return "plyer is not safe in a sandbox"
    found = shutil.which("notify-send")
    if found is None:
        return "notify-send is not installed"
    place = Path(found)
    if not place.is_absolute() or (place.is_relative_to(Path.cwd()) and Path.cwd() != Path("/")):
        return "notify-send was found in the current directory, which is no place for it"
    if place.stat().st_uid not in (0, os.geteuid()):
        return "notify-send belongs to another user"
    return ""
