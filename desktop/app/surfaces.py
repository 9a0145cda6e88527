"""The tray icon and the windows as one: every surface shows the same board, and intents come out at one place."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop.app import clock, connection
from desktop.app.settings_answers import SettingsAnswers
from desktop.app.window_state import WindowState
from desktop.domain.board import Board
from desktop.domain.ids import AgentKind, NoticeKey, SessionId
from desktop.domain.notices import Act, Button, Capabilities, Notice, NoticeClass, Urgency
from desktop.domain.requests import Request
from desktop.domain.settings import GroupBy, Settings, Task
from desktop.storage.hook_setup import Plan
from desktop.tray.icon import Tray
from desktop.windows.mini_place import MiniPlace, MiniSize
from desktop.windows.mini_window import MiniWindow
from desktop.windows.session_window import SessionWindow
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme

# A tray host may start after us at login, and a panel that crashed comes back. When there is none by then, the window
# is shown, for something must be.
TRAY_GRACE_MS = 5_000
MARGIN = 16


class Surfaces(QObject):
    """Owns tray and windows."""

    intent_made = Signal(object, str)  # Intent, surface
    settings_changed = Signal(object)  # Settings
    diff_asked = Signal(object, bool)  # AgentKind, whether to take the hook out
    connection_asked = Signal(object)  # list[Plan]
    resume_copied = Signal(object)  # SessionId
    test_asked = Signal()
    window_shown = Signal()
    start_asked = Signal()
    quit_asked = Signal()

    def __init__(
        self, settings: Settings, state: WindowState, tray: Tray | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._state = state
        self._theme = Theme(settings.look.scheme, self)
        self._tray = tray or Tray()
        self._tray.setParent(self)
        self._made_window: SessionWindow | None = None
        self._mini: MiniWindow | None = None
        self._settings_window: SettingsWindow | None = None
        self._settings_answers: SettingsAnswers | None = None
        self._diff_in: SessionWindow | SettingsWindow | None = None  # where a person looks at what connecting changes
        self._plans: dict[QWidget, list[Plan]] = {}  # by the window that shows their diff
        self._connections: tuple[tuple[AgentKind, str, bool], ...] = ()
        self._backend: tuple[str, tuple[str, ...]] = ("", ())
        self._board = Board(clock.now())
        self._today = ""
        self._is_locked = False
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)

        self._grace.timeout.connect(self._on_grace_timeout)
        tray = self._tray
        tray.intent_made.connect(self._on_tray_intent_made)
        tray.request_chosen.connect(self._on_request_chosen)
        tray.session_chosen.connect(self._on_session_chosen)
        tray.window_asked.connect(self.toggle_window)
        tray.mini_asked.connect(self._on_mini_asked)
        tray.settings_asked.connect(self._on_settings_asked)
        tray.start_asked.connect(self.start_asked)
        tray.availability_changed.connect(self._on_tray_availability_changed)
        tray.quit_asked.connect(self.quit_asked)

    @property
    def theme(self) -> Theme:
        """The colours and fonts of all windows."""
        return self._theme

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self, *, shows_window: bool) -> None:
        """Show what is to be shown from the beginning."""
        if shows_window:
            self.show_window("")
        if self._settings.look.mini_window:
            self._show_mini()
        if not self._tray.is_available:
            self._grace.start(TRAY_GRACE_MS)

    def stop(self) -> None:
        """Close everything."""
        self._grace.stop()
        self._tray.hide()
        for window in (self._made_window, self._mini, self._settings_window):
            if window is not None:
                window.close()

    # -- in --------------------------------------------------------------------------------------------------------

    def show_board(self, board: Board, now: datetime) -> None:
        """Draw *board* everywhere."""
        self._board = board
        self._tray.show_board(board, now)
        if self._made_window is not None:
            self._made_window.show_board(board)
        if self._mini is not None:
            self._mini.show_board(board, now)

    def show_locked(self, *, is_locked: bool) -> None:
        """Take whether the screen is locked: behind it nothing is shown and nothing can be decided."""
        self._is_locked = is_locked
        if self._made_window is not None:
            self._made_window.show_locked(is_locked=is_locked)
        if self._mini is not None:
            self._mini.show_locked(is_locked=is_locked)

    def show_today(self, said: str) -> None:
        """Put the sum of the day at the foot of the window."""
        self._today = said
        if self._made_window is not None:
            self._made_window.show_today(said)

    def show_settings(self, settings: Settings) -> None:
        """Take new settings into use."""
        self._settings = settings
        self._theme.set_scheme(settings.look.scheme)
        if self._made_window is not None:
            self._made_window.show_settings(settings)
        if self._settings_window is not None:
            self._settings_window.show_settings(settings)
        if self._settings_answers is not None:
            self._settings_answers.show_settings(settings)
        if settings.look.mini_window:
            self._show_mini()
        elif self._mini is not None:
            self._mini.hide()
        if self._mini is not None:
            self._mini.set_opacity(settings.look.mini_opacity)

    def show_connections(self, labels: Mapping[AgentKind, str], connected: Mapping[AgentKind, bool]) -> None:
        """Take which agents call our hook."""
        self._connections = tuple((kind, label, connected.get(kind, False)) for kind, label in labels.items())
        if self._settings_window is not None:
            self._settings_window.show_agents(self._connections)

    def show_backend(self, capabilities: Capabilities, refusals: Sequence[tuple[str, str]]) -> None:
        """Take what shows notifications, and why others do not."""
        shown = " ".join(part for part in (capabilities.backend, capabilities.server) if part)
        self._backend = (shown, tuple(f"{name}: {why}" for name, why in refusals))
        if self._settings_window is not None:
            self._settings_window.show_backend(*self._backend)

    def show_window(self, token: str) -> None:
        """Bring the sessions window forward; *token* is the desktop's leave to take focus."""
        del token  # Qt reads the token of a start from the environment; there is no call to hand it one later
        window = self._window
        if not window.isVisible():
            _place_by_tray(window)
        window.show()
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()
        self.window_shown.emit()

    @Slot()
    def toggle_window(self) -> None:
        """A click on the icon: show the window, or put it away when it is in front."""
        window = self._made_window
        if window is not None and window.isVisible() and window.isActiveWindow():
            window.hide()
        else:
            self.show_window("")

    def show_session(self, session: SessionId, *, types: bool, text: str) -> None:
        """Open the row of *session*; *types* puts the cursor into its reply box."""
        del text
        if types:
            self._window.open_reply(session)
        else:
            self._window.open_session(session)

    def show_diff(self, kind: AgentKind, made: list[Plan], trouble: str, *, removes: bool) -> None:
        """Show what (dis)connecting changes, or why it cannot be done."""
        place = self._diff_in = self._diff_in or self._window
        self._plans[place] = made
        place.show_diff(kind, connection.diff_of(made), removes=removes)
        if trouble:
            place.show_diff_trouble(trouble)

    def show_diff_trouble(self, trouble: str) -> None:
        """Say why it was not done."""
        (self._diff_in or self._window).show_diff_trouble(trouble)

    def close_diff(self) -> None:
        """It is done: go back to where the person was."""
        place = self._diff_in or self._window
        self._plans.pop(place, None)
        place.connect_view.closed.emit()

    def test_notice(self) -> Notice:
        """A notification to try the desktop with."""
        return Notice(
            key=NoticeKey("test"),
            session=None,
            kind=NoticeClass.DECISION,
            urgency=Urgency.CRITICAL,
            title=self.tr("This is how a session asks"),
            body=self.tr("A click on it opens the window."),
            buttons=(Button(Act.REVIEW, self.tr("Show…")),),
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    @property
    def _window(self) -> SessionWindow:
        """The sessions window: built when it is first looked at, with all it was not told until then.

        It takes 15 ms and 8 MB, and many a day nobody opens it.
        """
        if self._made_window is None:
            self._made_window = self._build_window()
        return self._made_window

    def _build_window(self) -> SessionWindow:
        window = SessionWindow(self._theme)
        window.intent_made.connect(self._on_window_intent_made)
        window.settings_asked.connect(self._on_settings_asked)
        window.start_asked.connect(self.start_asked)
        window.mini_asked.connect(self._on_mini_asked)
        window.quit_asked.connect(self.quit_asked)
        window.diff_asked.connect(self._on_window_diff_asked)
        window.connect_asked.connect(self._on_window_connect_asked)
        window.disconnect_asked.connect(self._on_window_connect_asked)
        window.resume_copied.connect(self.resume_copied)
        window.group_chosen.connect(self._on_window_group_chosen)
        window.task_made.connect(self._on_window_task_made)
        window.activated.connect(self.window_shown)
        window.show_settings(self._settings)
        window.show_board(self._board)
        window.show_locked(is_locked=self._is_locked)
        window.show_today(self._today)
        return window

    # -- slots -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_tray_intent_made(self, intent: object) -> None:
        self.intent_made.emit(intent, "tray")

    @Slot(object)
    def _on_window_intent_made(self, intent: object) -> None:
        self.intent_made.emit(intent, "window")

    @Slot(object)
    def _on_mini_intent_made(self, intent: object) -> None:
        self.intent_made.emit(intent, "mini window")

    @Slot(object)
    def _on_request_chosen(self, request: Request) -> None:
        self._on_session_chosen(request.session)

    @Slot(object)
    def _on_session_chosen(self, session: SessionId) -> None:
        self.show_window("")
        self._window.open_session(session)

    @Slot(object)
    def _on_window_diff_asked(self, kind: AgentKind) -> None:
        self._diff_in = self._window
        self.diff_asked.emit(kind, self._is_connected(kind))

    @Slot(object)
    def _on_settings_window_diff_asked(self, kind: AgentKind) -> None:
        if self._settings_window is not None:
            self._diff_in = self._settings_window
        self.diff_asked.emit(kind, self._is_connected(kind))

    @Slot(object)
    def _on_window_connect_asked(self, kind: AgentKind) -> None:
        del kind  # what was shown is what is done
        self._ask_connection(self._window)

    @Slot(object)
    def _on_settings_window_connect_asked(self, kind: AgentKind) -> None:
        del kind
        if self._settings_window is not None:
            self._ask_connection(self._settings_window)

    @Slot(object)
    def _on_window_group_chosen(self, group_by: GroupBy) -> None:
        self.settings_changed.emit(replace(self._settings, look=replace(self._settings.look, group_by=group_by)))

    @Slot(str)
    def _on_window_task_made(self, name: str) -> None:
        self.settings_changed.emit(replace(self._settings, tasks=(*self._settings.tasks, Task(name))))

    @Slot()
    def _on_mini_asked(self) -> None:
        if self._mini is not None and self._mini.isVisible():
            self._mini.hide()
        else:
            self._show_mini()

    @Slot(object)
    def _on_mini_placed(self, place: MiniPlace) -> None:
        self._state.put("mini", {"screen": place.screen, "x": place.x, "y": place.y, "size": str(place.size)})

    @Slot()
    def _on_mini_window_asked(self) -> None:
        self.show_window("")

    @Slot()
    def _on_mini_dismissed(self) -> None:
        if self._mini is not None:
            self._mini.hide()

    @Slot()
    def _on_settings_asked(self) -> None:
        if self._settings_window is None:
            made = SettingsWindow(self._theme)
            made.settings_changed.connect(self.settings_changed)
            made.diff_asked.connect(self._on_settings_window_diff_asked)
            made.connect_asked.connect(self._on_settings_window_connect_asked)
            made.disconnect_asked.connect(self._on_settings_window_connect_asked)
            made.test_asked.connect(self.test_asked)
            self._settings_window = made
            self._settings_answers = SettingsAnswers(made, self._settings)
        self._settings_window.show_settings(self._settings)
        self._settings_window.show_agents(self._connections)
        self._settings_window.show_backend(*self._backend)
        self._settings_window.show()
        self._settings_window.raise_()
        self._settings_window.activateWindow()

    @Slot(bool)
    def _on_tray_availability_changed(self, is_available: bool) -> None:  # noqa: FBT001  # a slot's arguments have no names
        if not is_available:
            self._grace.start(TRAY_GRACE_MS)

    @Slot()
    def _on_grace_timeout(self) -> None:
        is_seen = self._made_window is not None and self._made_window.isVisible()
        if not self._tray.is_available and not is_seen:
            self.show_window("")

    def _ask_connection(self, window: SessionWindow | SettingsWindow) -> None:
        self._diff_in = window
        self.connection_asked.emit(list(self._plans.get(window, ())))

    def _is_connected(self, kind: AgentKind) -> bool:
        return any(is_connected for known, _, is_connected in self._connections if known == kind)

    def _show_mini(self) -> None:
        if self._mini is None:
            self._mini = MiniWindow(self._theme, _mini_place(self._state))
            self._mini.set_opacity(self._settings.look.mini_opacity)
            self._mini.intent_made.connect(self._on_mini_intent_made)
            self._mini.request_chosen.connect(self._on_request_chosen)
            self._mini.session_chosen.connect(self._on_session_chosen)
            self._mini.placed.connect(self._on_mini_placed)
            self._mini.window_asked.connect(self._on_mini_window_asked)
            self._mini.dismissed.connect(self._on_mini_dismissed)
        self._mini.show_board(self._board, clock.now())
        self._mini.show_locked(is_locked=self._is_locked)
        self._mini.show()


def _mini_place(state: WindowState) -> MiniPlace:
    match state.get("mini"):
        case {"screen": str(screen), "x": int() | None as x, "y": int() | None as y, "size": str(size)}:
            known = {str(member): member for member in MiniSize}
            return MiniPlace(screen, x, y, known.get(size, MiniSize.LINE))
        case _:
            return MiniPlace()


def _place_by_tray(window: QWidget) -> None:
    """Put *window* into the corner where trays are; a tray item does not say where it is."""
    if QGuiApplication.platformName().startswith("wayland"):
        return
    screen = QGuiApplication.primaryScreen().availableGeometry()
    size = window.size().boundedTo(screen.size())
    # Trays are at the top right on macOS and where the panel is at the top; the free area tells where it is not.
    whole = QGuiApplication.primaryScreen().geometry()
    is_at_top = screen.top() > whole.top() or sys.platform == "darwin"
    y = screen.top() + MARGIN if is_at_top else screen.bottom() - size.height() - 2 * MARGIN
    window.move(screen.right() - size.width() - MARGIN, max(screen.top(), y))
