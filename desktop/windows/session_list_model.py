"""The board as one flat list of headings and rows, changed by difference.

It is never reset: what a view knows of a row (selection, an opened card, a reply half written) outlives every update.
"""

from collections import Counter
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
    is_folded: bool = False
    can_fold: bool = False  # some of its rows can be put out of sight: those that nobody waits behind


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
        self._folded: set[str] = set()  # titles: they outlive the group, which may be gone for a while
        self._kept: SessionId | None = None

    def show_board(self, board: Board) -> None:
        """Change what differs from *board*, and nothing else."""
        self._board = board
        self._update()

    def set_filter(self, words_wanted: str) -> None:
        """Keep only rows that hold every word of *words_wanted*."""
        self._filter = words_wanted.casefold()
        self._update()

    def set_folded(self, title: str, *, is_folded: bool) -> None:
        """Put the rows under *title* out of sight, or back; whoever needs the person stays in sight."""
        if is_folded:
            self._folded.add(title)
        else:
            self._folded.discard(title)
        self._update()

    def keep(self, session: SessionId | None) -> None:
        """The row of *session* stays in sight whatever is folded: it is open."""
        if session != self._kept:
            self._kept = session
            self._update()

    def heading_of(self, session: SessionId) -> Heading | None:
        """The heading that *session* stands under."""
        above: Heading | None = None
        for item in self._items:
            if isinstance(item, Heading):
                above = item
            elif item.session == session:
                return above
        return None

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
        item = self._items[index.row()]
        if isinstance(item, Heading) and not item.is_folded:  # one that is folded stands for its rows
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
        titles: Counter[str] = Counter()
        for group in (self._board.arranged or self._board.groups) if self._board is not None else ():
            rows = [row for row in group.rows if self._passes(row)]
            if not rows:
                continue
            can_fold = not self._filter and not all(_needs_person(row) for row in rows)
            is_folded = can_fold and group.title in self._folded
            titles[group.title] += 1
            heading_key = f"heading\0{group.title}\0{titles[group.title]}"
            yield heading_key, Heading(group.phase, group.title, len(rows), is_folded, can_fold)
            for row in rows:
                if is_folded and not _needs_person(row) and row.session != self._kept:
                    continue
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


def _needs_person(row: Row) -> bool:
    return row.phase.needs_person or bool(row.requests)


def _row_key(session: SessionId) -> str:
    return f"row\0{session}"


def _searched(row: Row) -> tuple[str, ...]:
    return (row.name, words.place(row), row.task, row.agent_label, row.branch, row.phase, row.line, row.cwd)


def _spoken(item: Item) -> str:
    if isinstance(item, Heading):
        return f"{item.title}, {item.count}" + (", folded" if item.is_folded else "")
    parts = (item.name, words.phase_word(item.phase), item.agent_label, words.place(item), item.line)
    return ", ".join(text.one_line(part) for part in parts if part)
