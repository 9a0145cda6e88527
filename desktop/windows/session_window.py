"""The compact window with all sessions: who needs the person, since when, and the place to answer."""

from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.board import Board
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.phase import Phase
from desktop.domain.replies import MarkSeen, OpenRequest
from desktop.domain.settings import Settings
from desktop.formats import text, words
from desktop.windows.banners import Banners
from desktop.windows.connect_view import ConnectView
from desktop.windows.draft_edit import Drafts
from desktop.windows.glyphs import GlyphLabel
from desktop.windows.icons import IconName, icon
from desktop.windows.keys_page import KeysPage
from desktop.windows.labels import ElidedLabel, WrapLabel
from desktop.windows.session_list import SessionList
from desktop.windows.session_row import Clock
from desktop.windows.theme import (
    CONTROL_HEIGHT,
    LARGE,
    MEDIUM,
    SMALL,
    WINDOW_WIDTH,
    Ink,
    Theme,
    Type,
    set_property,
)

_HEIGHT = 600
_HEADER_HEIGHT = 64
_FOOTER_HEIGHT = 32
_HEADER_GLYPH = 20


def _now() -> datetime:
    return datetime.now(UTC)


class SessionWindow(QWidget):
    """Takes boards, gives intents."""

    intent_made = Signal(object)  # Intent
    settings_asked = Signal()
    mini_asked = Signal()
    quit_asked = Signal()
    diff_asked = Signal(object)  # AgentKind: show_diff is expected
    connect_asked = Signal(object)  # AgentKind
    disconnect_asked = Signal(object)  # AgentKind
    resume_copied = Signal(object)  # SessionId

    def __init__(self, theme: Theme, clock: Clock = _now, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._board = Board(at=clock())
        self._open_request: RequestId | None = None
        self._is_locked = False
        self._seen: tuple[SessionId, Phase] | None = None
        self.setWindowTitle(self.tr("Agent Tray"))
        self.setObjectName("sessions")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        set_property(self, "surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFont(theme.font(Type.BODY))
        self._build_header()
        self._banners = Banners(theme, self)
        self._build_pages()
        self._build_footer()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._line())
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
        self._glyph.show_phase(board.phase)
        self._headline.setText(words.headline(board))
        self._show_ages()
        self._list.show_board(board)
        self._mark_seen()
        self._banners.show_board(board)
        self._tell_banners()
        if self._pages.currentWidget() in (self._list, self._empty):
            self._pages.setCurrentWidget(self._list if board.rows else self._empty)
            if board.rows and self.hasFocus():
                self._list.setFocus()

    def show_settings(self, settings: Settings) -> None:
        """Follow the person's wishes."""
        self._list.show_settings(settings.answering)

    def show_today(self, said: str) -> None:
        """Put *said* at the foot; nothing when it is empty."""
        self._today.setText(text.one_line(said))
        self._footer.setVisible(bool(said))

    def show_diff(self, kind: AgentKind, diff: str, *, removes: bool = False) -> None:
        """Show what (dis)connecting *kind* changes, and ask."""
        label = next((label for seen, label, _ in self._board.agents_seen if seen == kind), str(kind))
        self._connect_view.show_diff(kind, label, diff, removes=removes)
        self._pages.setCurrentWidget(self._connect_view)
        self._connect_view.setFocus()
        self._tell_banners()

    def show_diff_trouble(self, trouble: str) -> None:
        """Say in the place of the diff why it cannot be done."""
        self._connect_view.show_trouble(trouble)

    def show_locked(self, *, is_locked: bool) -> None:
        """While the screen is locked nothing can be allowed."""
        self._is_locked = is_locked
        if self._list.card is not None:
            self._list.card.request_view.set_locked(is_locked=is_locked)

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
        if self._list.card is not None:
            self._list.card.focus_first()
        elif self._pages.currentWidget() is self._list:
            self._list.setFocus()
        else:
            self.setFocus()  # or the first button would have it, and look pressed
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
            self._mark_seen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
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
            self._open_selected()
        elif event.key() == Qt.Key.Key_Escape:
            self._step_back()
        else:
            self._letter(event)

    def sizeHint(self) -> QSize:
        return QSize(WINDOW_WIDTH, _HEIGHT)

    # Inside

    def _letter(self, event: QKeyEvent) -> None:
        card = self._list.card
        shows_list = self._pages.currentWidget() is self._list
        is_on_card = (
            shows_list and card is not None and card.row is not None and card.row.session == self._list.selected_session
        )
        match event.text():
            case "?":
                self._show_help()
            case "/":
                self._show_filter()
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
        if session is not None and self._pages.currentWidget() is self._list and session != self._list.opened_session:
            self.open_session(session)

    def _step_back(self) -> None:
        if self._pages.currentWidget() in (self._help, self._connect_view):
            self._show_list()
        elif self._list.card is not None:
            self._list.close_card()
        elif self._filter.isVisible():
            self._hide_filter()
        else:
            self.hide()

    def _build_header(self) -> None:
        theme = self._theme
        self._header = QWidget(self)
        self._header.setFixedHeight(max(_HEADER_HEIGHT, round(_HEADER_HEIGHT * theme.font_scale)))
        self._glyph = GlyphLabel(theme, _HEADER_GLYPH, self._header)
        self._headline = ElidedLabel(theme, Type.HEADLINE, Ink.TEXT, self._header)
        self._subline = ElidedLabel(theme, Type.BODY, Ink.MUTED, self._header)
        self._search = self._icon_button(self.tr("Filter"), "/")
        self._pin = self._icon_button(self.tr("Keep as a mini window"), "")
        self._menu_button = self._icon_button(self.tr("Menu"), "")
        self._menu = QMenu(self._menu_button)
        self._menu_button.setMenu(self._menu)
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._filter = QLineEdit(self._header)
        self._filter.setAccessibleName(self.tr("Filter sessions"))
        self._filter.setPlaceholderText(self.tr("Filter by name, project, agent, state"))
        self._filter.setFont(theme.font(Type.BODY))
        self._filter.setClearButtonEnabled(True)
        for clear in self._filter.findChildren(QToolButton):
            clear.setAccessibleName(self.tr("Clear the filter"))
        self._filter.hide()
        words_column = QVBoxLayout()
        words_column.setSpacing(1)
        words_column.addStretch()
        words_column.addWidget(self._headline)
        words_column.addWidget(self._subline)
        words_column.addWidget(self._filter)
        words_column.addStretch()
        row = QHBoxLayout(self._header)
        row.setContentsMargins(18, 0, MEDIUM, 0)
        row.setSpacing(0)
        row.addWidget(self._glyph)
        row.addSpacing(10)
        row.addLayout(words_column, 1)
        row.addSpacing(SMALL)
        for button in (self._search, self._pin, self._menu_button):
            row.addWidget(button)

    def _icon_button(self, name: str, key: str) -> QToolButton:
        button = QToolButton(self._header)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})" if key else name)
        button.setFixedSize(30, CONTROL_HEIGHT)
        button.setIconSize(QSize(16, 16))
        return button

    def _build_pages(self) -> None:
        theme = self._theme
        self._drafts = Drafts()
        self._pages = QStackedWidget(self)
        self._list = SessionList(theme, self._clock, self._drafts, self._pages)
        self._empty = QWidget(self._pages)
        nothing = WrapLabel(theme, Type.BODY, Ink.MUTED, self._empty)
        nothing.setText(self.tr("No agent is running. Start one in any terminal; it appears here."))
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(48, LARGE, LARGE, LARGE)
        empty.addWidget(nothing)
        empty.addStretch()
        self._connect_view = ConnectView(theme, self._pages)
        self._help = KeysPage(theme, self._pages)
        for page in (self._list, self._empty, self._connect_view, self._help):
            self._pages.addWidget(page)

    def _build_footer(self) -> None:
        self._footer = QFrame(self)
        set_property(self._footer, "surface", "raised")
        self._today = ElidedLabel(self._theme, Type.BODY, Ink.MUTED, self._footer)
        self._today.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self._footer)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._line())
        row = QHBoxLayout()
        row.setContentsMargins(LARGE, 0, LARGE, 0)
        row.addWidget(self._today)
        column.addLayout(row, 1)
        self._footer.setFixedHeight(_FOOTER_HEIGHT)
        self._footer.hide()

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setFixedHeight(1)
        set_property(line, "surface", "line")
        return line

    def _connect(self) -> None:
        self._theme.changed.connect(self._on_theme_changed)
        self._search.clicked.connect(self._show_filter)
        self._pin.clicked.connect(self.mini_asked)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._filter.textChanged.connect(self._on_filter_text_changed)
        self._filter.installEventFilter(self)
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

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._filter and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Escape:
                    self._hide_filter()
                    return True
                case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._list.setFocus()
                    self._list.step(1)
                    return True
                case _:
                    pass
        return False

    @Slot()
    def _show_ages(self) -> None:
        self._subline.setText(words.subline(self._board, self._clock()))
        self._subline.setVisible(bool(self._subline.text()) and not self._filter.isVisibleTo(self))

    def _tell_banners(self) -> None:
        self._banners.set_connecting(is_connecting=self._pages.currentWidget() is self._connect_view)

    def _show_filter(self) -> None:
        self._headline.hide()
        self._subline.hide()
        self._filter.show()
        self._filter.setFocus()
        self._filter.selectAll()

    def _hide_filter(self) -> None:
        self._filter.clear()
        self._filter.hide()
        self._headline.show()
        self._show_ages()
        self._list.setFocus()

    @Slot()
    def _show_list(self) -> None:
        self._pages.setCurrentWidget(self._list if self._board.rows else self._empty)
        self._list.setFocus()
        self._tell_banners()

    def _show_help(self) -> None:
        self._pages.setCurrentWidget(self._help)
        self._help.focus_close()

    @Slot()
    def _fill_menu(self) -> None:
        self._menu.clear()
        self._menu.addAction(self.tr("Settings…")).triggered.connect(self.settings_asked)
        for kind, label, is_connected in self._board.agents_seen:
            said = self.tr("Disconnect {agent}…") if is_connected else self.tr("Connect {agent}…")
            action = QAction(text.escape_mnemonics(said.replace("{agent}", text.one_line(label, 60))), self._menu)
            action.setData(kind)
            action.triggered.connect(self._on_connect_action_triggered)
            self._menu.addAction(action)
        self._menu.addAction(self.tr("Keyboard…")).triggered.connect(self._show_help)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Quit")).triggered.connect(self.quit_asked)

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

    @Slot(str)
    def _on_filter_text_changed(self, wanted: str) -> None:
        self._list.set_filter(wanted)

    @Slot()
    def _on_connect_action_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.diff_asked.emit(action.data())

    @Slot()
    def _on_theme_changed(self) -> None:
        self.setStyleSheet(self._theme.stylesheet())
        colour = self._theme.tokens.muted
        self._search.setIcon(icon(IconName.SEARCH, colour))
        self._pin.setIcon(icon(IconName.PIN, colour))
        self._menu_button.setIcon(icon(IconName.MENU, colour))
