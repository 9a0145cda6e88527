"""The icon in the tray: the state of all sessions at a glance, and the way to everything else."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from weakref import ref

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSystemTrayIcon

from desktop.domain.board import Board
from desktop.formats import words
from desktop.tray import art, menu

# Four times a second is as fast as a host draws an icon without flicker; each update costs it 0.65 ms of processor.
LEAST_MS_BETWEEN_UPDATES = 250
# At login the host may come a minute after us; later it comes only if a person starts it.
_FAST_POLL_MS = 2_000
_SLOW_POLL_MS = 60_000
_FAST_POLLS = 30


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def guess_panel() -> art.Panel:
    """What the icon will stand on, as far as the desktop tells."""
    desktops = os.environ.get("XDG_CURRENT_DESKTOP", "").split(":")
    if sys.platform == "darwin" or "KDE" in desktops:
        from PySide6.QtCore import Qt  # its names take 20 ms to make ready: only who needs them waits for them

        by_scheme = {Qt.ColorScheme.Dark: art.Panel.DARK, Qt.ColorScheme.Light: art.Panel.LIGHT}
        return by_scheme.get(QGuiApplication.styleHints().colorScheme(), art.Panel.UNKNOWN)
    if "GNOME" in desktops:
        return art.Panel.DARK  # its top bar is black in either scheme
    return art.Panel.UNKNOWN


class Tray(QObject):
    """Shows the board as icon, count, tooltip and menu; a click asks for the window."""

    request_chosen = Signal(object)  # Request
    session_chosen = Signal(object)  # SessionId
    intent_made = Signal(object)  # Intent
    window_asked = Signal()
    mini_asked = Signal()
    settings_asked = Signal()
    start_asked = Signal()
    quit_asked = Signal()
    availability_changed = Signal(bool)

    def __init__(
        self,
        panel: art.Panel | None = None,
        clock: Callable[[], datetime] = utc_now,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._guesses = panel is None
        self._panel = guess_panel() if panel is None else panel
        self._clock = clock
        self._board = Board(clock())
        self._tooltip = ""
        self._badge = 0
        self._polls = 0
        self._is_available = QSystemTrayIcon.isSystemTrayAvailable()
        self._icon = QSystemTrayIcon(art.first_icon(self._board.phase, self._panel), self)
        # Weakly: a ring of Python and Qt objects would be taken apart by the collector in any order, and crash.
        self._menu = menu.TrayMenu(self._panel, partial(_is_drawn_by_panel, ref(self._icon)))
        self._icon.setContextMenu(self._menu)
        self._pace = _single_shot(self, LEAST_MS_BETWEEN_UPDATES)
        self._minute = _single_shot(self)
        self._host_poll = QTimer(self)
        self._host_poll.start(_FAST_POLL_MS)
        self._has_news = False

        self._icon.activated.connect(self._on_icon_activated)
        self._pace.timeout.connect(self._on_pace_timeout)
        self._minute.timeout.connect(self._show_tooltip)
        self._host_poll.timeout.connect(self._on_host_poll_timeout)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)
        for name in _FORWARDED:
            getattr(self._menu, name).connect(getattr(self, name))
        self._show_tooltip()
        # Without a host it is shown nowhere, and appears by itself as soon as one comes.
        self._icon.show()

    @property
    def is_available(self) -> bool:
        """Whether there is a tray to be seen in."""
        return self._is_available

    def show_board(self, board: Board, now: datetime) -> None:
        """Draw *board*; at once when the last change was long ago, else together with what follows."""
        del now  # ages are told by our own clock: what is drawn later must not be told with an older one
        self._board = board
        if self._pace.isActive():
            self._has_news = True
            return
        self._draw()

    def hide(self) -> None:
        """Leave the tray."""
        self._host_poll.stop()
        self._minute.stop()
        self._pace.stop()
        self._icon.hide()

    def _draw(self) -> None:
        self._has_news = False
        before = self._icon.icon().cacheKey(), self._tooltip, self._badge
        self._show_icon()
        self._show_tooltip()
        self._menu.show_contents(menu.contents(self._board))
        if self._badge != self._board.needs_you:
            self._badge = self._board.needs_you
            _show_badge(self._badge)
        if before != (self._icon.icon().cacheKey(), self._tooltip, self._badge):
            self._pace.start()

    def _show_icon(self) -> None:
        icon = art.tray_icon(self._board.phase, self._board.needs_you, self._panel)
        if icon.cacheKey() != self._icon.icon().cacheKey():
            self._icon.setIcon(icon)

    @Slot()
    def _show_tooltip(self) -> None:
        now = self._clock()
        tooltip = words.tooltip(self._board, now)
        if tooltip != self._tooltip:
            self._tooltip = tooltip
            self._icon.setToolTip(tooltip)
        if self._board.needs_you and self._board.oldest_wait is not None:
            _let_drift(self._minute)
            self._minute.start(_milliseconds(words.until_next_coarse_age(now - self._board.oldest_wait)))
        else:
            self._minute.stop()

    @Slot()
    def _on_pace_timeout(self) -> None:
        if self._has_news:
            self._draw()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_icon_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS every click opens the menu and is told as a trigger as well.
        if reason == QSystemTrayIcon.ActivationReason.Trigger and sys.platform != "darwin":
            self.window_asked.emit()
        elif reason == QSystemTrayIcon.ActivationReason.MiddleClick:
            self.mini_asked.emit()

    @Slot()
    def _on_host_poll_timeout(self) -> None:
        self._polls += 1
        is_available = QSystemTrayIcon.isSystemTrayAvailable()
        if is_available or self._polls >= _FAST_POLLS:
            _let_drift(self._host_poll)
            self._host_poll.setInterval(_SLOW_POLL_MS)
        if is_available != self._is_available:
            self._is_available = is_available
            self.availability_changed.emit(is_available)

    @Slot()
    def _on_scheme_changed(self) -> None:
        if self._guesses:
            self._panel = guess_panel()
            self._show_icon()


_FORWARDED = (
    "request_chosen",
    "session_chosen",
    "intent_made",
    "window_asked",
    "mini_asked",
    "settings_asked",
    "start_asked",
    "quit_asked",
)


def _is_drawn_by_panel(icon: ref[QSystemTrayIcon]) -> bool:
    # Over StatusNotifierItem the panel draws the menu, and an icon has no geometry; over XEmbed it has one.
    there = icon()
    return sys.platform == "linux" and there is not None and there.geometry().isEmpty()


def _show_badge(count: int) -> None:
    application = QGuiApplication.instance()
    if isinstance(application, QGuiApplication):
        application.setBadgeNumber(count)


def _single_shot(parent: QObject, interval_ms: int = 0) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    return timer


def _let_drift(timer: QTimer) -> None:
    from PySide6.QtCore import Qt  # late, as above

    timer.setTimerType(Qt.TimerType.VeryCoarseTimer)


def _milliseconds(delta: timedelta) -> int:
    # One more, so that the age has changed when we look.
    return int(delta.total_seconds() * 1000) + 1
