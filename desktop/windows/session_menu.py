"""The menu of one session: what the person calls it, and which of their tasks it belongs to."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from desktop.domain.board import Row
from desktop.domain.ids import SessionId
from desktop.domain.replies import AssignTask
from desktop.domain.settings import Task
from desktop.formats import text

_LONGEST_NAME = 60


class SessionMenu(QMenu):
    """Made anew for each row it is opened on."""

    intent_made = Signal(object)  # AssignTask
    rename_asked = Signal(object)  # SessionId
    new_task_asked = Signal(object)  # SessionId

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._session: SessionId | None = None
        self._tasks = QMenu(self.tr("Task"), self)
        self._rename = QAction(self.tr("Rename…"), self)
        self._rename.triggered.connect(self._on_rename_triggered)
        self.addAction(self._rename)
        self.addMenu(self._tasks)

    def show_row(self, row: Row, tasks: tuple[Task, ...]) -> None:
        """Be the menu of *row*."""
        self._session = row.session
        self.setAccessibleName(text.one_line(row.name, _LONGEST_NAME))
        self._tasks.clear()
        one_of = QActionGroup(self._tasks)
        names = [task.name for task in tasks]
        if row.task and row.task not in names:
            names.append(row.task)  # of an earlier day; it is still the one it belongs to
        for name in names:
            self._offer(one_of, name, text.escape_mnemonics(text.one_line(name, _LONGEST_NAME)), row)
        if names:
            self._tasks.addSeparator()
        has_rules = any(task.directories or task.branches or task.names for task in tasks)
        self._offer(one_of, "", self.tr("None, or what the rules say") if has_rules else self.tr("None"), row)
        self._tasks.addAction(self.tr("New task…")).triggered.connect(self._on_new_task_triggered)

    def _offer(self, one_of: QActionGroup, task: str, label: str, row: Row) -> None:
        action = self._tasks.addAction(label)
        action.setCheckable(True)
        action.setChecked(row.task == task)
        action.setData(task)
        action.triggered.connect(self._on_task_triggered)
        one_of.addAction(action)

    @Slot()
    def _on_rename_triggered(self) -> None:
        self.rename_asked.emit(self._session)

    @Slot()
    def _on_new_task_triggered(self) -> None:
        self.new_task_asked.emit(self._session)

    @Slot()
    def _on_task_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction) and self._session is not None:
            self.intent_made.emit(AssignTask(self._session, str(action.data())))
