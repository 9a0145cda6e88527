"""The small faces of the mini window: a pill of counts, one line about what waits longest, and the locked one."""

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.formats import text, words
from desktop.windows.glyphs import GlyphLabel
from desktop.windows.labels import ElidedLabel, PlainLabel
from desktop.windows.mini_item import MiniItem
from desktop.windows.theme import MEDIUM, SMALL, TIGHT, Ink, Theme, Type

_PILL_GLYPH = 13
_QUIET = (Phase.IDLE, Phase.ENDED)


class Pill(QWidget):
    """Every phase worth a glance, with how many are in it."""

    def __init__(self, theme: Theme, board: Board, now: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL + 1, 0, SMALL + 2, 0)
        row.setSpacing(0)
        for at, (phase, count) in enumerate(told(board)):
            if at:
                row.addSpacing(SMALL + 2)
            row.addWidget(self._glyph(theme, phase))
            row.addSpacing(TIGHT)
            number = PlainLabel(theme, Type.STRONG, Ink.TEXT, self)
            number.setText(str(count))
            row.addWidget(number)
        if not told(board):
            row.addWidget(self._glyph(theme, board.phase))
        self.setAccessibleName(words.tooltip(board, now))

    def _glyph(self, theme: Theme, phase: Phase) -> GlyphLabel:
        glyph = GlyphLabel(theme, _PILL_GLYPH, self)
        glyph.show_phase(phase)
        return glyph


class Line(QWidget):
    """The item that waits longest and how many more there are; without any, the sum of the board."""

    def __init__(self, theme: Theme, board: Board, item: MiniItem | None, waiting: int, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(SMALL + 1, 0, MEDIUM, 0)
        row.setSpacing(SMALL)
        glyph = GlyphLabel(theme, parent=self)
        glyph.show_phase(board.phase if item is None else item.row.phase)
        name = ElidedLabel(theme, Type.NAME, Ink.TEXT, self)
        name.setText(text.one_line(item.row.name) if item is not None else words.headline(board))
        name.setMaximumWidth(name.fontMetrics().horizontalAdvance(name.text()) + 2)
        more = PlainLabel(theme, Type.BODY, Ink.MUTED, self)
        more.setText(headline(board) if item is None else self._more(waiting - 1))
        row.addWidget(glyph)
        row.addWidget(name, 1)
        row.addWidget(more)
        row.addStretch()
        self.age: PlainLabel | None = None
        """Where the window writes how long the item waits."""
        if item is not None:
            self.age = PlainLabel(theme, Type.STRONG, Ink.RED, self)
            row.addWidget(self.age)

    def _more(self, others: int) -> str:
        return self.tr("and %n more", "", others) if others > 0 else ""


class Locked(QWidget):
    """In the place of everything while the screen is locked."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        says = PlainLabel(theme, Type.BODY, Ink.MUTED, self)
        says.setText(self.tr("The screen is locked"))
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, 0, MEDIUM, 0)
        row.addWidget(says)
        row.addStretch()
        self.setAccessibleName(says.text())


def told(board: Board) -> tuple[tuple[Phase, int], ...]:
    """What the pill counts, in order of urgency."""
    red = [(phase, count) for phase, count in board.counts if phase.needs_person]
    rest = [(phase, count) for phase, count in board.counts if not phase.needs_person and phase not in _QUIET]
    # One red number: what matters is how many need the person; the most urgent lends its glyph.
    need = [(red[0][0], sum(count for _, count in red))] if red else []
    return (*need, *rest)


def headline(board: Board) -> str:
    """What goes on while nothing waits."""
    rest = [pair for pair in told(board) if not pair[0].needs_person]
    return words.SEPARATOR.join(words.phase_count(phase, count) for phase, count in rest[:2])
