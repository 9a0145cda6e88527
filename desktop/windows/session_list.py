"""The list of sessions: drawn rows, one opened card, and buttons under short questions.

Nothing slides under the pointer: when rows come and go above, the list scrolls so that what is pointed at stays.
"""

from datetime import datetime, timedelta

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from desktop.domain.board import Board, Row
from desktop.domain.ids import SessionId
from desktop.domain.replies import AssignTask
from desktop.domain.settings import Answering, Task
from desktop.formats import words
from desktop.windows.draft_edit import Drafts
from desktop.windows.session_card import SessionCard
from desktop.windows.session_list_model import Heading, Role, SessionListModel
from desktop.windows.session_menu import SessionMenu
from desktop.windows.session_row import TEXT_LEFT, ChoiceRow, Clock, SessionRowDelegate, quick_choices
from desktop.windows.theme import Theme

# More people than eight do not fit a window, and a storm of questions must not become a storm of widgets.
_MOST_CHOICE_ROWS = 8


class SessionList(QListView):
    """Shows a board; opens at most one row."""

    intent_made = Signal(object)  # Intent
    resume_copied = Signal(object)  # SessionId
    connect_asked = Signal(object)  # AgentKind
    task_made = Signal(str)  # a name that no task has yet
    opened = Signal(object)  # SessionId | None
    request_changed = Signal()
    aged = Signal()

    def __init__(self, theme: Theme, clock: Clock, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._drafts = drafts
        self._answering = Answering()
        self._tasks: tuple[Task, ...] = ()
        self._menu = SessionMenu(self)
        self._card: SessionCard | None = None
        self._choice_rows: dict[SessionId, ChoiceRow] = {}
        self._rows = SessionListModel(self)
        self._delegate = SessionRowDelegate(theme, clock, self)
        self.setModel(self._rows)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setAutoScroll(False)
        self.verticalScrollBar().setSingleStep(24)
        self.setAccessibleName(self.tr("Sessions"))
        self._ages_due: datetime | None = None  # when what is drawn is no longer true
        self._age_timer = QTimer(self)
        self._age_timer.setSingleShot(True)
        self._height_timer = QTimer(self)
        self._height_timer.setSingleShot(True)
        self._age_timer.timeout.connect(self._on_age_timer_timeout)
        self._height_timer.timeout.connect(self._fit_card)
        self.clicked.connect(self._on_clicked)
        self._menu.intent_made.connect(self.intent_made)
        self._menu.rename_asked.connect(self._on_rename_asked)
        self._menu.new_task_asked.connect(self._on_new_task_asked)
        theme.changed.connect(self._on_theme_changed)

    @property
    def card(self) -> SessionCard | None:
        """The opened row's card."""
        return self._card

    @property
    def opened_session(self) -> SessionId | None:
        """Which row is open."""
        return self._card.row.session if self._card is not None and self._card.row is not None else None

    @property
    def session_model(self) -> SessionListModel:
        """What is shown."""
        return self._rows

    @property
    def drawn_widgets(self) -> int:
        """How many rows have widgets of their own."""
        return len(self._choice_rows) + (self._card is not None)

    def show_board(self, board: Board) -> None:
        """Draw *board*, moving nothing that is pointed at."""
        anchor = self._anchor()
        self._rows.show_board(board)
        self._follow_rows()
        self._restore(anchor)
        if self._ages_due is not None and self._clock() >= self._ages_due:
            self._on_age_timer_timeout()  # the timer is about to be set anew, and would leave old ages standing
        else:
            self._schedule_age()

    def set_filter(self, wanted: str) -> None:
        """Show only rows that hold these words."""
        self._rows.set_filter(wanted)
        self._follow_rows()

    def show_settings(self, answering: Answering) -> None:
        """Follow the person's wishes."""
        self._answering = answering
        if self._card is not None:
            self._card.show_settings(answering)

    def show_tasks(self, tasks: tuple[Task, ...]) -> None:
        """Offer *tasks* for sessions to belong to."""
        self._tasks = tasks

    def open_menu(self) -> None:
        """Open the menu of the selected row."""
        session = self.selected_session
        if session is not None:
            place = self.visualRect(self._rows.index_of(session))
            self._open_menu(session, self.viewport().mapToGlobal(place.bottomLeft() + QPoint(TEXT_LEFT, 0)))
            self._menu.setActiveAction(self._menu.actions()[0])  # it was opened with a key

    def rename_selected(self) -> None:
        """Take a name for the selected row."""
        session = self.selected_session
        if session is not None:
            self._on_rename_asked(session)

    def open(self, session: SessionId) -> None:
        """Open the row of *session*; another opened one closes."""
        self._rows.keep(session)
        index = self._rows.index_of(session)
        row = index.data(Role.ITEM)
        if not isinstance(row, Row):
            self._rows.keep(self.opened_session)
            return
        self._select(index)
        if self.opened_session != session:
            self.close_card()
            self._rows.keep(session)
            index = self._rows.index_of(session)
            self._drop_choice_row(session)
            card = SessionCard(self._theme, self._clock, self._drafts, self._answering, self.viewport())
            self._card = card
            card.intent_made.connect(self.intent_made)
            card.resume_copied.connect(self.resume_copied)
            card.connect_asked.connect(self.connect_asked)
            card.closed.connect(self.close_card)
            card.menu_asked.connect(self._on_card_menu_asked)
            card.task_typed.connect(self._on_task_typed)
            card.size_changed.connect(self._on_card_size_changed)
            card.resize(self.viewport().width(), 10)
            card.show_row(row)
            self._delegate.set_opened(session)
            self.setIndexWidget(index, card)
            self._fit_card()
            self.opened.emit(session)
            self.request_changed.emit()
        self.scrollTo(index)

    @Slot()
    def close_card(self) -> None:
        """Close the opened row; what was typed in it is kept."""
        card, session = self._card, self.opened_session
        if card is None or session is None:
            return
        self._card = None
        index = self._rows.index_of(session)
        self._delegate.set_opened(None)
        self._delegate.set_height(session, None)
        if index.isValid():
            self.setIndexWidget(index, None)  # type: ignore[arg-type]  # Qt takes it: "remove"
            self._delegate.sizeHintChanged.emit(index)
        card.hide()
        card.deleteLater()
        self._rows.keep(None)
        self._follow_rows()
        self.setFocus()
        self.opened.emit(None)
        self.request_changed.emit()

    def step(self, by: int) -> None:
        """Select the next (1) or the previous (-1) row."""
        lines = [number for number, item in enumerate(self._rows.items()) if isinstance(item, Row) or item.is_folded]
        if not lines:
            return
        current = self.currentIndex().row()
        if current in lines:
            target = lines[max(0, min(len(lines) - 1, lines.index(current) + by))]
        else:
            target = lines[0 if by > 0 else -1]
        index = self._rows.index(target, 0)
        self._select(index)
        self.scrollTo(index)

    def fold(self, *, is_folded: bool) -> None:
        """Fold the group of what is selected, or unfold it; the selection goes to what stands for it."""
        item = self._rows.item(self.currentIndex().row())
        if item is not None:
            heading = item if isinstance(item, Heading) else self._rows.heading_of(item.session)
            if heading is not None and heading.can_fold and heading.is_folded != is_folded:
                self._fold(heading, selects=True)

    def next_in_need(self) -> SessionId | None:
        """The next row after the selected one that needs the person, round the end."""
        rows = [item for item in self._rows.items() if isinstance(item, Row)]
        current = self.selected_session
        at = next((number for number, row in enumerate(rows) if row.session == current), -1)
        for row in rows[at + 1 :] + rows[: at + 1]:
            if row.phase.needs_person or row.requests:
                return row.session
        return None

    @property
    def selected_session(self) -> SessionId | None:
        """The selected row."""
        row = self.currentIndex().data(Role.ITEM) if self.currentIndex().isValid() else None
        return row.session if isinstance(row, Row) else None

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # every key is the window's

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.open_menu()
            return
        index = self.indexAt(event.pos())
        row = index.data(Role.ITEM) if index.isValid() else None
        if isinstance(row, Row):
            self._select(index)
            self._open_menu(row.session, event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the first click opened it; a second must not close it again

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._height_timer.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._schedule_age()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._age_timer.stop()

    # Inside

    def _select(self, index: QModelIndex) -> None:
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _open_menu(self, session: SessionId, at: QPoint) -> None:
        row = self._rows.index_of(session).data(Role.ITEM)
        if isinstance(row, Row):
            self._menu.show_row(row, self._tasks)
            self._menu.popup(at)

    @Slot(QPoint)
    def _on_card_menu_asked(self, at: QPoint) -> None:
        if self.opened_session is not None:
            self._open_menu(self.opened_session, at)

    @Slot(object)
    def _on_rename_asked(self, session: SessionId) -> None:
        self.open(session)
        if self._card is not None:
            self._card.ask_name()

    @Slot(object)
    def _on_new_task_asked(self, session: SessionId) -> None:
        self.open(session)
        if self._card is not None:
            self._card.ask_task()

    @Slot(str)
    def _on_task_typed(self, name: str) -> None:
        session = self.opened_session
        known = next((task.name for task in self._tasks if task.name.casefold() == name.casefold()), None)
        if known is None:
            self.task_made.emit(name)
        if session is not None:
            self.intent_made.emit(AssignTask(session, known or name))

    def _follow_rows(self) -> None:
        opened = self.opened_session
        if self._card is not None and opened is not None:
            row = self._rows.index_of(opened).data(Role.ITEM)
            if isinstance(row, Row):
                if row != self._card.row:
                    before = self._card.request
                    self._card.show_row(row)
                    after = self._card.request
                    if (before.id if before else None) != (after.id if after else None):
                        self.request_changed.emit()
            else:
                # The view lets go of a widget whose row is gone.
                self._card = None
                self._delegate.set_opened(None)
                self._delegate.set_height(opened, None)
                self.opened.emit(None)
                self.request_changed.emit()
        self._follow_choices()

    def _follow_choices(self) -> None:
        wanted: dict[SessionId, Row] = {}
        for item in self._rows.items():
            if len(wanted) == _MOST_CHOICE_ROWS:
                break
            if isinstance(item, Row) and item.session != self.opened_session and quick_choices(item) is not None:
                wanted[item.session] = item
        for session, shown in list(self._choice_rows.items()):
            row = wanted.get(session)
            if row is None or quick_choices(row) != shown.request:
                self._drop_choice_row(session)
        for session, row in wanted.items():
            request = quick_choices(row)
            if session not in self._choice_rows and request is not None:
                widget = ChoiceRow(request, self._theme, self.viewport())
                widget.chosen.connect(self.intent_made)
                widget.other_asked.connect(self._on_other_asked)
                self._choice_rows[session] = widget
                index = self._rows.index_of(session)
                self._delegate.set_height(session, widget.height_wanted)
                self.setIndexWidget(index, widget)
                self._delegate.sizeHintChanged.emit(index)

    def _drop_choice_row(self, session: SessionId) -> None:
        if self._choice_rows.pop(session, None) is None:
            return
        self._delegate.set_height(session, None)
        index = self._rows.index_of(session)
        if index.isValid():
            self.setIndexWidget(index, None)  # type: ignore[arg-type]  # Qt takes it: "remove"
            self._delegate.sizeHintChanged.emit(index)

    @Slot()
    def _fit_card(self) -> None:
        card, session = self._card, self.opened_session
        if card is None or session is None:
            return
        height = card.height_for(self.viewport().width())
        if height != self._delegate.height(session):
            anchor = self._anchor()
            self._delegate.set_height(session, height)
            self._delegate.sizeHintChanged.emit(self._rows.index_of(session))
            self._restore(anchor)

    def _anchor(self) -> tuple[SessionId, int] | None:
        """What must not move: the row under the pointer, else the opened one."""
        if not self.isVisible():
            return None
        spot = self.viewport().mapFromGlobal(self.cursor().pos())
        index = self.indexAt(spot) if self.viewport().rect().contains(spot) else QModelIndex()
        row = index.data(Role.ITEM) if index.isValid() else None
        session = row.session if isinstance(row, Row) else self.opened_session
        if session is None:
            index = self.indexAt(QPoint(4, 4))
            row = index.data(Role.ITEM) if index.isValid() else None
            session = row.session if isinstance(row, Row) and self.verticalScrollBar().value() else None
        if session is None:
            return None
        return session, self.visualRect(self._rows.index_of(session)).top()

    def _restore(self, anchor: tuple[SessionId, int] | None) -> None:
        if anchor is None:
            return
        session, top = anchor
        index = self._rows.index_of(session)
        if not index.isValid():
            return
        self.executeDelayedItemsLayout()
        moved = self.visualRect(index).top() - top
        if moved:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + moved)

    def _schedule_age(self) -> None:
        now = self._clock()
        rows = [item for item in self._rows.items() if isinstance(item, Row)]
        if not self.isVisible() or not rows:
            self._age_timer.stop()
            self._ages_due = None
            return
        wait = min(words.until_next_age(now - row.since) for row in rows)
        self._ages_due = now + wait
        self._age_timer.start(max(100, int(wait / timedelta(milliseconds=1)) + 20))

    @Slot()
    def _on_age_timer_timeout(self) -> None:
        self.viewport().update()
        if self._card is not None:
            self._card.update_age()
        self.aged.emit()
        self._schedule_age()

    @Slot()
    def _on_card_size_changed(self) -> None:
        self._height_timer.start(0)

    def _fold(self, heading: Heading, *, selects: bool) -> None:
        at = self._rows.items().index(heading)
        top = self.visualRect(self._rows.index(at, 0)).top()
        self._rows.set_folded(heading.title, is_folded=not heading.is_folded)
        self._follow_rows()
        if selects:
            self._select(self._rows.index(at if not heading.is_folded else at + 1, 0))
        self.executeDelayedItemsLayout()
        # What was pressed stays where it is.
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.visualRect(self._rows.index(at, 0)).top() - top)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        row = index.data(Role.ITEM)
        if isinstance(row, Heading) and row.can_fold:
            self._fold(row, selects=False)
        if isinstance(row, Row):
            self.open(row.session)
            if self._card is not None:
                self._card.focus_first()

    @Slot(object)
    def _on_other_asked(self, session: SessionId) -> None:
        self.open(session)
        if self._card is not None:
            self._card.request_view.ask_reason()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(420, 400)
