"""The head of the sessions window: whether anyone needs the person, the filter, and the menu."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.domain.board import Board
from desktop.domain.settings import GroupBy
from desktop.formats import text, words
from desktop.windows.glyphs import GlyphLabel
from desktop.windows.icons import IconName, icon
from desktop.windows.labels import ElidedLabel
from desktop.windows.theme import CONTROL_HEIGHT, MEDIUM, SMALL, Ink, Theme, Type

_HEIGHT = 64
_GLYPH = 20


class SessionHeader(QWidget):
    """Takes boards; asks for what its buttons stand for."""

    filter_changed = Signal(str)
    filter_left = Signal()
    rows_asked = Signal()  # from the filter on to what it found
    mini_asked = Signal()
    settings_asked = Signal()
    start_asked = Signal()
    help_asked = Signal()
    quit_asked = Signal()
    diff_asked = Signal(object)  # AgentKind
    group_chosen = Signal(object)  # GroupBy

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._board: Board | None = None
        self._group_by = GroupBy.NEED
        self.setFixedHeight(max(_HEIGHT, round(_HEIGHT * theme.font_scale)))
        self._glyph = GlyphLabel(theme, _GLYPH, self)
        self._headline = ElidedLabel(theme, Type.HEADLINE, Ink.TEXT, self)
        self._subline = ElidedLabel(theme, Type.BODY, Ink.MUTED, self)
        self._search = self._icon_button(self.tr("Filter"), "/")
        self._pin = self._icon_button(self.tr("Keep as a mini window"), "")
        self._menu_button = self._icon_button(self.tr("Menu"), "")
        self._menu = QMenu(self._menu_button)
        self._groups = QMenu(self.tr("Group by"), self._menu)
        self._menu_button.setMenu(self._menu)
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._filter = self._filter_field(theme)
        self._lay_out()
        self._on_theme_changed()
        self._connect()

    @property
    def is_filtering(self) -> bool:
        """Whether the filter is open."""
        return not self._filter.isHidden()

    def show_board(self, board: Board, now: datetime) -> None:
        """Say what *board* amounts to."""
        self._board = board
        self._glyph.show_phase(board.phase)
        self._headline.setText(words.headline(board))
        self.show_ages(now)

    def show_ages(self, now: datetime) -> None:
        """Say how long it has been so."""
        self._subline.setText(words.subline(self._board, now) if self._board is not None else "")
        self._subline.setVisible(bool(self._subline.text()) and not self.is_filtering)

    def show_grouping(self, group_by: GroupBy) -> None:
        """Tick what the rows are grouped by."""
        self._group_by = group_by

    @Slot()
    def open_groups(self) -> None:
        """Offer what to group by, under the menu's button."""
        self._fill_groups()
        corner = self._menu_button.rect().bottomRight()
        self._groups.popup(self._menu_button.mapToGlobal(corner) - QPoint(self._groups.sizeHint().width(), 0))
        ticked = next((action for action in self._groups.actions() if action.isChecked()), None)
        if ticked is not None:
            self._groups.setActiveAction(ticked)

    @Slot()
    def open_filter(self) -> None:
        """Take words to filter by."""
        self._headline.hide()
        self._subline.hide()
        self._filter.show()
        self._filter.setFocus()
        self._filter.selectAll()

    def close_filter(self, now: datetime) -> None:
        """Show everything again."""
        self._filter.clear()
        self._filter.hide()
        self._headline.show()
        self.show_ages(now)

    def eventFilter(self, watched: QObject, event: object) -> bool:
        if watched is self._filter and isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Escape:
                    self.filter_left.emit()
                    return True
                case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self.rows_asked.emit()
                    return True
                case _:
                    pass
        return False

    def _icon_button(self, name: str, key: str) -> QToolButton:
        button = QToolButton(self)
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({key})" if key else name)
        button.setFixedSize(30, CONTROL_HEIGHT)
        button.setIconSize(QSize(16, 16))
        return button

    def _filter_field(self, theme: Theme) -> QLineEdit:
        field = QLineEdit(self)
        field.setAccessibleName(self.tr("Filter sessions"))
        field.setPlaceholderText(self.tr("Filter by name, project, agent, state"))
        field.setFont(theme.font(Type.BODY))
        field.setClearButtonEnabled(True)
        for clear in field.findChildren(QToolButton):
            clear.setAccessibleName(self.tr("Clear the filter"))
        field.hide()
        return field

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addStretch()
        for widget in (self._headline, self._subline, self._filter):
            column.addWidget(widget)
        column.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, MEDIUM, 0)
        row.setSpacing(0)
        row.addWidget(self._glyph)
        row.addSpacing(10)
        row.addLayout(column, 1)
        row.addSpacing(SMALL)
        for button in (self._search, self._pin, self._menu_button):
            row.addWidget(button)

    def _connect(self) -> None:
        self._theme.changed.connect(self._on_theme_changed)
        self._search.clicked.connect(self.open_filter)
        self._pin.clicked.connect(self.mini_asked)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._filter.textChanged.connect(self.filter_changed)
        self._filter.installEventFilter(self)

    @Slot()
    def _fill_menu(self) -> None:
        self._menu.clear()
        self._menu.addAction(self.tr("New session…")).triggered.connect(self.start_asked)
        self._fill_groups()
        self._menu.addMenu(self._groups)
        self._menu.addAction(self.tr("Settings…")).triggered.connect(self.settings_asked)
        self._menu.addActions(self._connect_actions())
        self._menu.addAction(self.tr("Keyboard…")).triggered.connect(self.help_asked)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Quit")).triggered.connect(self.quit_asked)

    def _fill_groups(self) -> None:
        self._groups.clear()
        named = {
            GroupBy.NEED: self.tr("Need"),
            GroupBy.PROJECT: self.tr("Project"),
            GroupBy.REPOSITORY: self.tr("Repository"),
            GroupBy.AGENT: self.tr("Agent"),
            GroupBy.MODEL: self.tr("Model"),
            GroupBy.TASK: self.tr("Task"),
        }
        one_of = QActionGroup(self._groups)
        for group_by in GroupBy:
            action = self._groups.addAction(named[group_by])
            action.setCheckable(True)
            action.setChecked(group_by is self._group_by)
            action.setData(group_by)
            action.triggered.connect(self._on_group_action_triggered)
            one_of.addAction(action)

    @Slot()
    def _on_group_action_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.group_chosen.emit(GroupBy(action.data()))

    def _connect_actions(self) -> Sequence[QAction]:
        actions = []
        for kind, label, is_connected in self._board.agents_seen if self._board is not None else ():
            said = self.tr("Disconnect {agent}…") if is_connected else self.tr("Connect {agent}…")
            action = QAction(text.escape_mnemonics(said.replace("{agent}", text.one_line(label, 60))), self._menu)
            action.setData(kind)
            action.triggered.connect(self._on_connect_action_triggered)
            actions.append(action)
        return actions

    @Slot()
    def _on_connect_action_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.diff_asked.emit(action.data())

    @Slot()
    def _on_theme_changed(self) -> None:
        colour = self._theme.tokens.muted
        self._search.setIcon(icon(IconName.SEARCH, colour))
        self._pin.setIcon(icon(IconName.PIN, colour))
        self._menu_button.setIcon(icon(IconName.MENU, colour))
