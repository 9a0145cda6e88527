"""Read-only, monospaced text that somebody else wrote: every character as it is, none hidden, in as many lines as fit.

A line of any length is cut into pieces that Qt can lay out; nothing else is changed.
"""

import math
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QResizeEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from desktop.formats.text import Span
from desktop.windows.theme import SMALL, TIGHT, Theme, Type, set_property

# Qt lays out one unbroken line of 1 MB in minutes, in pieces of this length in a moment.
LONGEST_LINE = 2000

# Above and below: our margin, the style sheet's padding and its line; a pixel more, for heights are rounded.
_FRAME = 2 * (TIGHT + TIGHT + 1) + 1


class CodeText(QPlainTextEdit):
    """As high as its text, up to *most_lines*; then it scrolls."""

    def __init__(self, theme: Theme, most_lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._most_lines = most_lines
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        set_property(self, "surface", "code")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setCursorWidth(0)  # nothing can be typed here
        self.setViewportMargins(SMALL, TIGHT, TIGHT, TIGHT)
        font = theme.font(Type.CODE)
        self.setFont(font)
        self.setTabStopDistance(4 * QFontMetricsF(font).horizontalAdvance(" "))

    @property
    def fits(self) -> bool:
        """Whether all of it is in view without scrolling."""
        return self.verticalScrollBar().maximum() == 0

    def fill(self, pieces: Iterable[tuple[str, QTextCharFormat]]) -> None:
        """Show these pieces one after the other, from the beginning."""
        self.setUpdatesEnabled(False)
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for shown, style in pieces:
            cursor.insertText(shown, style)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.setUpdatesEnabled(True)
        self.updateGeometry()

    def odd_style(self) -> QTextCharFormat:
        """How a token looks that stands for a character nobody could see or should trust."""
        odd = QTextCharFormat()
        odd.setForeground(self._theme.colour("red"))
        odd.setBackground(self._theme.colour("surface"))
        return odd

    def sizeHint(self) -> QSize:
        lines = max(1, min(self._most_lines, self._visual_lines()))
        return QSize(240, lines * self._line_height() + _FRAME)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys that move through the text stay here; every other one is the window's.
        moving = (
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        )
        is_copying = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) and event.key() in (
            Qt.Key.Key_C,
            Qt.Key.Key_A,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        )
        if (event.key() in moving and not self.fits) or is_copying:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def _visual_lines(self) -> int:
        lines = 0
        block = self.document().firstBlock()
        width = self.viewport().width()
        metrics = QFontMetricsF(self.font())
        while block.isValid() and lines <= self._most_lines:
            if block.layout().lineCount() and width > 80:
                lines += block.layout().lineCount()
            else:
                lines += 1 + int(metrics.horizontalAdvance(block.text()) // max(width, 80))
            block = block.next()
        return lines

    def _line_height(self) -> int:
        return math.ceil(QFontMetricsF(self.font()).lineSpacing())  # a line of a document has whole pixels


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Join neighbours of one kind: fewer pieces are drawn faster."""
    held: Span | None = None
    parts: list[str] = []
    for span in spans:
        if held is not None and held.is_odd == span.is_odd:
            parts.append(span.text)
            continue
        if held is not None:
            yield Span("".join(parts), is_odd=held.is_odd)
        held, parts = span, [span.text]
    if held is not None:
        yield Span("".join(parts), is_odd=held.is_odd)


def in_short_lines(pieces: Iterable[Span]) -> Iterator[tuple[str, bool]]:
    """Break lines that Qt would take minutes to lay out; each piece says whether it is odd."""
    column = 0
    for piece in pieces:
        for number, line in enumerate(piece.text.split("\n")):
            out = ["\n"] if number else []
            column = 0 if number else column
            at = 0
            while at < len(line):
                if column == LONGEST_LINE:
                    out.append("\n")
                    column = 0
                part = line[at : at + LONGEST_LINE - column]
                out.append(part)
                at += len(part)
                column += len(part)
            if out:
                yield "".join(out), piece.is_odd
