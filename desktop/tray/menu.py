"""What the tray's menu holds: who waits first, then the windows. Pure entries, and the menu that shows them."""

from collections.abc import Callable

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop.domain.board import Board, Row
from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.domain.replies import Jump, MarkSeen
from desktop.domain.requests import Request
from desktop.formats import text, words
from desktop.tray import art

# A menu is read from the top; who waits beyond this is found in the window.
MOST_WAITING = 8
_NAME_LENGTH = 32
_LINE_LENGTH = 56
_READ_PHASES = (Phase.NEEDS_REVIEW, Phase.YOUR_TURN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A menu entry that opens what waits; *label* is cleaned."""

    label: str
    phase: Phase
    row: Row
    request: Request | None


@dataclass(frozen=True, slots=True)
class Contents:
    """All of the menu that depends on the board."""

    headline: str
    waiting: tuple[Waiting, ...] = ()
    more: int = 0  # who waits and is not listed
    jump: Jump | None = None  # to the terminal of the first who waits
    seen: tuple[MarkSeen, ...] = ()  # to send when the person has read everything

    @property
    def shown(self) -> tuple[object, ...]:
        """What a person can tell from what: two contents with the same *shown* look the same and do the same."""
        asked = tuple((entry.label, entry.phase, entry.row.session, entry.request) for entry in self.waiting)
        return self.headline, asked, self.more, self.jump, self.seen


def contents(board: Board) -> Contents:
    """The menu's part of *board*."""
    waiting = [_waiting(row, request) for row in board.rows if row.phase.needs_person for request in _asked(row)]
    first = waiting[0].row if waiting else None
    return Contents(
        headline=words.headline(board),
        waiting=tuple(waiting[:MOST_WAITING]),
        more=max(0, len(waiting) - MOST_WAITING),
        jump=Jump(first.session) if first is not None and first.can_jump else None,
        seen=tuple(MarkSeen(row.session) for row in board.rows if row.phase in _READ_PHASES),
    )


def _asked(row: Row) -> tuple[Request | None, ...]:
    return row.requests or (None,)


def _waiting(row: Row, request: Request | None) -> Waiting:
    name = text.one_line(row.name, _NAME_LENGTH)
    line = text.one_line(row.line if request is None else request.text or request.summary or row.line, _LINE_LENGTH)
    parts = [text.isolate(part) for part in (name, line) if part]
    return Waiting(": ".join(parts), row.phase, row, request)


def remote_label(label: str) -> str:
    """Spell *label* for a menu that the panel draws.

    WORKAROUND: Qt 6.12 turns only the first ampersand into the underscore that marks a mnemonic there, passes on the
    rest as they are and escapes no underscore: "a && b" was shown as "a &&& b" by the XFCE panel. So the first one is
    spent at the head, where it marks the invisible fence of the name.
    """
    return "&" + label.replace("_", "__")


class TrayMenu(QMenu):
    """The menu of the icon; everything the program can do is reachable from here."""

    request_chosen = Signal(object)  # Request
    session_chosen = Signal(object)  # SessionId
    intent_made = Signal(object)  # Intent
    window_asked = Signal()
    mini_asked = Signal()
    settings_asked = Signal()
    start_asked = Signal()
    quit_asked = Signal()

    def __init__(self, panel: art.Panel, is_remote: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self._panel = panel
        self._is_remote = is_remote
        self._wanted = Contents(self.tr("No sessions"))
        self._filled: tuple[object, ...] | None = None
        self._is_open = False
        self.aboutToShow.connect(self._on_about_to_show)
        self.aboutToHide.connect(self._on_about_to_hide)
        self._fill()

    def show_contents(self, wanted: Contents) -> None:
        """Hold *wanted*, now or, while a person has the menu open, when it is opened next."""
        self._wanted = wanted
        # Hosts that fetch the menu themselves may show what they have before they ask: keep it true while closed.
        if not self._is_open:
            self._fill()

    @Slot()
    def _on_about_to_show(self) -> None:
        self._fill()
        self._is_open = True

    @Slot()
    def _on_about_to_hide(self) -> None:
        self._is_open = False

    def _fill(self) -> None:
        wanted = self._wanted
        key = (wanted.shown, self._is_remote())
        if key == self._filled:
            return
        self._filled = key
        for action in self.actions():
            self.removeAction(action)
            action.deleteLater()
        self._add(wanted.headline, None)
        for entry in wanted.waiting:
            self._add_waiting(entry)
        if wanted.jump is not None:
            is_only = len(wanted.waiting) == 1
            said = self.tr("Go to its terminal") if is_only else self.tr("Go to the first one's terminal")
            self._add(said, self._emit_jump)
        if wanted.more:
            self._add(self.tr("%n more…", "", wanted.more), self.window_asked.emit)
        self.addSeparator()
        self._add(self.tr("Sessions"), self.window_asked.emit)
        self._add(self.tr("Mini window"), self.mini_asked.emit)
        self._add(self.tr("New session…"), self.start_asked.emit)
        if wanted.seen:
            self._add(self.tr("Mark all as read"), self._emit_seen)
        self._add(self.tr("Settings…"), self.settings_asked.emit)
        self.addSeparator()
        self._add(self.tr("Quit"), self.quit_asked.emit)

    def _add(self, label: str, chosen: Callable[[], object] | None) -> QAction:
        action = QAction(label, self)
        # macOS moves entries called "Settings" or "Quit" to the application's own menu, which we do not have.
        action.setMenuRole(QAction.MenuRole.NoRole)
        if chosen is None:
            action.setEnabled(False)
        else:
            action.triggered.connect(lambda _is_checked: chosen())
        self.addAction(action)
        return action

    def _add_waiting(self, entry: Waiting) -> None:
        request = entry.request
        label = remote_label(entry.label) if self._is_remote() else text.escape_mnemonics(entry.label)
        if request is None:
            action = self._add(label, lambda: self.session_chosen.emit(entry.row.session))
        else:
            action = self._add(label, lambda: self.request_chosen.emit(request))
        action.setIcon(art.tray_icon(entry.phase, 0, self._panel))

    def _emit_jump(self) -> None:
        if self._wanted.jump is not None:
            self.intent_made.emit(self._wanted.jump)

    def _emit_seen(self) -> None:
        for seen in self._wanted.seen:
            self.intent_made.emit(seen)
