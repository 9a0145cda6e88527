"""The board as one flat list of headings and rows, changed by difference.

It is never reset: what a view knows of a row (selection, an opened card, a reply half written) outlives every update.
"""

from collections.abc import Iterator
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.domain.board import Board, Row
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.formats import text, words

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a group and how many rows stand under it."""

    phase: Phase
    title: str
    count: int


Item = Heading | Row


class Role(IntEnum):
    """What a view can ask for beside Qt's own roles."""

    ITEM = Qt.ItemDataRole.UserRole + 1


class SessionListModel(QAbstractListModel):
    """Headings and session rows in the order of the board."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        self._keys: list[str] = []
        self._board: Board | None = None
        self._filter = ""

    def show_board(self, board: Board) -> None:
        """Change what differs from *board*, and nothing else."""
        self._board = board
        self._update()

    def set_filter(self, words_wanted: str) -> None:
        """Keep only rows that hold every word of *words_wanted*."""
        self._filter = words_wanted.casefold()
        self._update()

    def item(self, row: int) -> Item | None:
        """What stands in line *row*."""
        return self._items[row] if 0 <= row < len(self._items) else None

    def items(self) -> tuple[Item, ...]:
        """Everything, in the order shown."""
        return tuple(self._items)

    def index_of(self, session: SessionId) -> QModelIndex:
        """Where *session* stands; an invalid index when it is not shown."""
        key = _row_key(session)
        return self.index(self._keys.index(key), 0) if key in self._keys else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < len(self._items):
            return None
        item = self._items[index.row()]
        match role:
            case Role.ITEM:
                return item
            case Qt.ItemDataRole.DisplayRole:
                return item.title if isinstance(item, Heading) else text.one_line(item.name)
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(item)
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        never_parent = Qt.ItemFlag.ItemNeverHasChildren
        if isinstance(self._items[index.row()], Heading):
            return Qt.ItemFlag.ItemIsEnabled | never_parent
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | never_parent

    def _update(self) -> None:
        pairs = list(self._wanted())
        keys = [key for key, _ in pairs]
        wanted = set(keys)
        for position in reversed(range(len(self._keys))):
            if self._keys[position] not in wanted:
                self._remove(position)
        for position, (key, item) in enumerate(pairs):
            if position < len(self._keys) and self._keys[position] == key:
                self._replace(position, item)
            elif key in self._keys:
                self._bring_up(self._keys.index(key), position)
                self._replace(position, item)
            else:
                self._insert(position, key, item)

    def _wanted(self) -> Iterator[tuple[str, Item]]:
        used: set[str] = set()
        for group in self._board.groups if self._board is not None else ():
            rows = [row for row in group.rows if self._passes(row)]
            if not rows:
                continue
            heading_key = f"heading\0{group.phase}\0{group.title}"
            if heading_key not in used:
                used.add(heading_key)
                yield heading_key, Heading(group.phase, group.title, len(rows))
            for row in rows:
                if (key := _row_key(row.session)) not in used:  # one line per session, whatever the board says
                    used.add(key)
                    yield key, row

    def _passes(self, row: Row) -> bool:
        if not self._filter:
            return True
        held = "\n".join(_searched(row)).casefold()
        return all(word in held for word in self._filter.split())

    def _remove(self, position: int) -> None:
        self.beginRemoveRows(QModelIndex(), position, position)
        del self._items[position], self._keys[position]
        self.endRemoveRows()

    def _insert(self, position: int, key: str, item: Item) -> None:
        self.beginInsertRows(QModelIndex(), position, position)
        self._items.insert(position, item)
        self._keys.insert(position, key)
        self.endInsertRows()

    def _bring_up(self, source: int, target: int) -> None:
        self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), target)
        self._items.insert(target, self._items.pop(source))
        self._keys.insert(target, self._keys.pop(source))
        self.endMoveRows()

    def _replace(self, position: int, item: Item) -> None:
        if self._items[position] != item:
            self._items[position] = item
            index = self.index(position, 0)
            self.dataChanged.emit(index, index)


def _row_key(session: SessionId) -> str:
    return f"row\0{session}"


def _searched(row: Row) -> tuple[str, ...]:
    return (row.name, words.place(row), row.task, row.agent_label, row.branch, row.phase, row.line, row.cwd)


def _spoken(item: Item) -> str:
    if isinstance(item, Heading):
        return f"{item.title}, {item.count}"
    parts = (item.name, words.phase_word(item.phase), item.agent_label, words.place(item), item.line)
    return ", ".join(text.one_line(part) for part in parts if part)
