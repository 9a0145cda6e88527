"""The compact window with all sessions: who needs the person, since when, and the place to answer."""

from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from desktop.domain.board import Board
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.phase import Phase
from desktop.domain.replies import MarkSeen, OpenRequest
from desktop.domain.settings import Settings
from desktop.windows.banners import Banners
from desktop.windows.connect_view import ConnectView
from desktop.windows.day_line import DayLine, line
from desktop.windows.draft_edit import Drafts
from desktop.windows.keys_page import KeysPage
from desktop.windows.labels import WrapLabel
from desktop.windows.session_header import SessionHeader
from desktop.windows.session_list import SessionList
from desktop.windows.session_row import Clock
from desktop.windows.theme import LARGE, WINDOW_WIDTH, Ink, Theme, Type, set_property

_HEIGHT = 600


def _now() -> datetime:
    return datetime.now(UTC)


class SessionWindow(QWidget):
    """Takes boards, gives intents."""

    intent_made = Signal(object)  # Intent
    settings_asked = Signal()
    start_asked = Signal()
    mini_asked = Signal()
    quit_asked = Signal()
    diff_asked = Signal(object)  # AgentKind: show_diff is expected
    connect_asked = Signal(object)  # AgentKind
    disconnect_asked = Signal(object)  # AgentKind
    resume_copied = Signal(object)  # SessionId
    group_chosen = Signal(object)  # GroupBy
    task_made = Signal(str)  # a name that no task has yet
    activated = Signal()  # somebody came back to it

    def __init__(self, theme: Theme, clock: Clock = _now, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._board = Board(at=clock())
        self._open_request: RequestId | None = None
        self._is_locked = False
        self._seen: tuple[SessionId, Phase] | None = None
        self._pressed_on: SessionId | None = None  # the opened session on which Enter was pressed and not let go yet
        self.setWindowTitle(self.tr("Agent Tray"))
        self.setObjectName("sessions")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        set_property(self, "surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFont(theme.font(Type.BODY))
        self._header = SessionHeader(theme, self)
        self._banners = Banners(theme, self)
        self._build_pages()
        self._page: QWidget = self._list  # what is shown, or waits behind the lock
        self._footer = DayLine(theme, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        self._rule = line(self)
        layout.addWidget(self._rule)
        layout.addWidget(self._banners)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._footer)
        self.setMinimumSize(320, 240)
        self.resize(WINDOW_WIDTH, _HEIGHT)
        self._on_theme_changed()
        self._connect()
        self.show_board(self._board)

    # In

    def show_board(self, board: Board) -> None:
        """Draw *board*."""
        self._board = board
        self._header.show_board(board, self._clock())
        self._list.show_board(board)
        self._mark_seen()
        self._banners.show_board(board)
        self._tell_banners()
        if self._page in (self._list, self._empty):
            self._show_page(self._list if board.rows else self._empty)
            if board.rows and self.hasFocus():
                self._list.setFocus()

    def show_settings(self, settings: Settings) -> None:
        """Follow the person's wishes."""
        self._list.show_settings(settings.answering)
        self._list.show_tasks(settings.tasks)
        self._header.show_grouping(settings.look.group_by)

    def show_today(self, said: str) -> None:
        """Put *said* at the foot; nothing when it is empty."""
        self._footer.say(said)
        self._footer.setVisible(self._footer.is_needed and not self._is_locked)

    def show_diff(self, kind: AgentKind, diff: str, *, removes: bool = False) -> None:
        """Show what (dis)connecting *kind* changes, and ask."""
        label = next((label for seen, label, _ in self._board.agents_seen if seen == kind), str(kind))
        self._connect_view.show_diff(kind, label, diff, removes=removes)
        self._show_page(self._connect_view)
        self._connect_view.setFocus()
        self._tell_banners()

    def show_diff_trouble(self, trouble: str) -> None:
        """Say in the place of the diff why it cannot be done."""
        self._connect_view.show_trouble(trouble)

    def show_locked(self, *, is_locked: bool) -> None:
        """While the screen is locked nothing is shown and nothing can be decided."""
        if self._list.card is not None:
            self._list.card.request_view.set_locked(is_locked=is_locked)
        if is_locked == self._is_locked:
            return
        self._is_locked = is_locked
        for menu in self.findChildren(QMenu):
            menu.close()  # it would stay open over the lock, with names in it
        self._show_page(self._page)
        for part in (self._header, self._rule, self._banners):
            part.setVisible(not is_locked)
        self._footer.setVisible(self._footer.is_needed and not is_locked)
        if not is_locked and self.isVisible():
            self._focus_page()
            self._mark_seen()

    def open_session(self, session: SessionId) -> None:
        """Open the row of *session*, ready to decide."""
        self._show_list()
        self._list.open(session)
        if self._list.card is not None:
            self._list.card.focus_first()

    def open_reply(self, session: SessionId) -> None:
        """Open the row of *session*, ready to type."""
        self.open_session(session)
        card = self._list.card
        if card is not None:
            self._reply()

    @property
    def session_list(self) -> SessionList:
        """The list in the window."""
        return self._list

    @property
    def connect_view(self) -> ConnectView:
        """The page with a diff."""
        return self._connect_view

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._list.opened_session is None:
            first = self._list.next_in_need()
            if first is not None:
                self._list.open(first)
        self._focus_page()
        self._show_ages()
        self._tell_open_request()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_open_request()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._tell_open_request()
        if event.type() == QEvent.Type.ActivationChange:
            self._pressed_on = None  # it may be let go elsewhere
            self._mark_seen()
            if self.isActiveWindow():
                self.activated.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_locked:
            return  # no key says anything to what nobody sees
        card = self._list.card
        has_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in (Qt.Key.Key_J, Qt.Key.Key_Down) and not has_control:
            self._list.step(1)
        elif event.key() in (Qt.Key.Key_K, Qt.Key.Key_Up) and not has_control:
            self._list.step(-1)
        elif event.isAutoRepeat():
            return  # a held key decides nothing
        elif is_return and has_control:
            if card is not None and card.isVisible():
                card.request_view.allow()
        elif has_control or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif is_return:
            is_opened = self._page is self._list and self._list.selected_session == self._list.opened_session
            self._pressed_on = self._list.opened_session if is_opened else None
            self._open_selected()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._list.fold(is_folded=event.key() == Qt.Key.Key_Left)
        elif event.key() == Qt.Key.Key_F2 and self._page is self._list:
            self._list.rename_selected()
        elif event.key() == Qt.Key.Key_Escape:
            self._step_back()
        else:
            self._letter(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        super().keyReleaseEvent(event)
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.isAutoRepeat():
            return
        session, self._pressed_on = self._pressed_on, None
        card = self._list.card
        # Only when the key is let go: a held one would go on in the terminal, and say yes to whatever asks there.
        if session is not None and session == self._list.opened_session and card is not None:
            card.jump()

    def sizeHint(self) -> QSize:
        return QSize(WINDOW_WIDTH, _HEIGHT)

    # Inside

    def _show_page(self, page: QWidget) -> None:
        self._page = page
        self._pages.setCurrentWidget(self._locked if self._is_locked else page)

    def _focus_page(self) -> None:
        """Put the focus where it can do no harm; the first button would have it otherwise, and look pressed."""
        if self._page is self._list and self._list.card is not None:
            self._list.card.focus_first()
        elif self._page is self._list or self._page is self._connect_view:
            self._page.setFocus()
        elif self._page is self._help:
            self._help.focus_close()
        else:
            self.setFocus()

    def _letter(self, event: QKeyEvent) -> None:
        card = self._list.card
        shows_list = self._page is self._list
        is_on_card = (
            shows_list and card is not None and card.row is not None and card.row.session == self._list.selected_session
        )
        match event.text():
            case "?":
                self._show_help()
            case "/":
                self._header.open_filter()
            case "g" if shows_list:
                self._header.open_groups()
            case "m" if shows_list:
                self._list.open_menu()
            case "n" if shows_list:
                session = self._list.next_in_need()
                if session is not None:
                    self.open_session(session)
            case "a" if is_on_card and card is not None:
                card.request_view.allow()
            case "d" if is_on_card and card is not None:
                card.request_view.deny()
            case "r" if shows_list:
                if not is_on_card:
                    self._open_selected()
                self._reply()
            case digit if is_on_card and card is not None and digit in tuple("123456789"):
                card.request_view.choose(int(digit) - 1)
            case _:
                event.ignore()

    def _reply(self) -> None:
        card = self._list.card
        if card is None:
            return
        if card.request is not None:
            card.request_view.ask_reason()
        elif card.row is not None and card.row.can_prompt:
            card.reply_box.focus_edit()

    def _open_selected(self) -> None:
        session = self._list.selected_session
        if self._page is not self._list:
            return
        if session is None:
            self._list.fold(is_folded=False)
            return
        if session != self._list.opened_session:
            self.open_session(session)

    def _step_back(self) -> None:
        if self._page in (self._help, self._connect_view):
            self._show_list()
        elif self._list.card is not None:
            self._list.close_card()
        elif self._header.is_filtering:
            self._leave_filter()
        else:
            self.hide()

    def _build_pages(self) -> None:
        theme = self._theme
        self._drafts = Drafts()
        self._pages = QStackedWidget(self)
        self._list = SessionList(theme, self._clock, self._drafts, self._pages)
        self._empty = self._said_page(self.tr("No agent is running. Start one in any terminal; it appears here."))
        self._connect_view = ConnectView(theme, self._pages)
        self._help = KeysPage(theme, self._pages)
        self._locked = self._said_page(
            self.tr("Nothing is shown and nothing can be decided until it is open."), self.tr("The screen is locked")
        )
        for page in (self._list, self._empty, self._connect_view, self._help, self._locked):
            self._pages.addWidget(page)

    def _said_page(self, said: str, headline: str = "") -> QWidget:
        page = QWidget(self._pages)
        column = QVBoxLayout(page)
        column.setContentsMargins(48, LARGE, LARGE, LARGE)  # in line with the words of the header
        for words, kind, ink in ((headline, Type.HEADLINE, Ink.TEXT), (said, Type.BODY, Ink.MUTED)):
            if words:
                label = WrapLabel(self._theme, kind, ink, page)
                label.setText(words)
                column.addWidget(label)
        column.addStretch()
        return page

    def _connect(self) -> None:
        self._theme.changed.connect(self._on_theme_changed)
        header = self._header
        header.filter_changed.connect(self._list.set_filter)
        header.filter_left.connect(self._leave_filter)
        header.rows_asked.connect(self._on_header_rows_asked)
        header.mini_asked.connect(self.mini_asked)
        header.settings_asked.connect(self.settings_asked)
        header.start_asked.connect(self.start_asked)
        header.help_asked.connect(self._show_help)
        header.quit_asked.connect(self.quit_asked)
        header.diff_asked.connect(self.diff_asked)
        self._banners.diff_asked.connect(self.diff_asked)
        self._help.closed.connect(self._show_list)
        self._connect_view.connect_asked.connect(self.connect_asked)
        self._connect_view.disconnect_asked.connect(self.disconnect_asked)
        self._connect_view.closed.connect(self._show_list)
        self._list.intent_made.connect(self.intent_made)
        self._list.resume_copied.connect(self.resume_copied)
        self._list.connect_asked.connect(self.diff_asked)
        self._list.opened.connect(self._on_list_opened)
        self._list.request_changed.connect(self._tell_open_request)
        self._list.aged.connect(self._show_ages)
        self._list.task_made.connect(self.task_made)
        header.group_chosen.connect(self.group_chosen)

    @Slot()
    def _show_ages(self) -> None:
        self._header.show_ages(self._clock())

    def _tell_banners(self) -> None:
        self._banners.set_connecting(is_connecting=self._page is self._connect_view)

    @Slot()
    def _leave_filter(self) -> None:
        self._header.close_filter(self._clock())
        self._list.setFocus()

    @Slot()
    def _on_header_rows_asked(self) -> None:
        self._list.setFocus()
        self._list.step(1)

    @Slot()
    def _show_list(self) -> None:
        self._show_page(self._list if self._board.rows else self._empty)
        self._list.setFocus()
        self._tell_banners()

    @Slot()
    def _show_help(self) -> None:
        self._show_page(self._help)
        self._help.focus_close()

    @Slot()
    def _tell_open_request(self) -> None:
        card = self._list.card
        is_there = self.isVisible() and not self.isMinimized() and card is not None
        request = card.request if is_there and card is not None else None
        shown = request.id if request is not None else None
        if shown != self._open_request:
            self._open_request = shown
            self.intent_made.emit(OpenRequest(shown))

    @Slot(object)
    def _on_list_opened(self, session: SessionId | None) -> None:
        card = self._list.card
        if session is None or card is None:
            return
        card.request_view.set_locked(is_locked=self._is_locked)
        self._seen = None
        if self.isVisible():
            self._seen = (session, card.row.phase) if card.row is not None else None
            self.intent_made.emit(MarkSeen(session))

    def _mark_seen(self) -> None:
        """Tell that what the opened session has come to was seen, when the person sits before it."""
        card = self._list.card
        if card is None or card.row is None or not self.isVisible() or not self.isActiveWindow():
            return
        seen = (card.row.session, card.row.phase)
        if seen != self._seen:
            self._seen = seen
            self.intent_made.emit(MarkSeen(card.row.session))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.setStyleSheet(self._theme.stylesheet())
