"""Shows all of a text that a person decides about, nothing hidden, and knows whether its end was seen."""

import math
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFontMetricsF,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from desktop.formats import text
from desktop.formats.text import Span
from desktop.windows.theme import SMALL, TIGHT, Theme, Type, set_property

# Qt lays out one unbroken line of 1 MB in minutes, in pieces of this length in a moment.
LONGEST_LINE = 2000
# Beyond these a window would stand still; what cannot be shown whole cannot be allowed here.
MOST_CHARACTERS = 4_000_000
MOST_ODD_PIECES = 20_000

# Above and below: our margin, the style sheet's padding and its line; a pixel more, for heights are rounded.
_FRAME = 2 * (TIGHT + TIGHT + 1) + 1
_MOST_LINES = 12  # that are shown without scrolling


class RequestText(QPlainTextEdit):
    """A read-only, monospaced text with every odd character as a token in a warning colour."""

    end_seen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self.setAccessibleName(self.tr("Complete text of the request"))
        self._theme = theme
        self._text = ""
        self._has_odd = False
        self._is_complete = True
        self._is_end_seen = False
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.timeout.connect(self._on_look_timeout)
        self.show_theme(theme)
        self.verticalScrollBar().valueChanged.connect(self._on_scroll_bar_changed)
        self.verticalScrollBar().rangeChanged.connect(self._on_scroll_bar_changed)

    @property
    def has_odd(self) -> bool:
        """Whether the text holds characters that are invisible or misleading."""
        return self._has_odd

    @property
    def is_complete(self) -> bool:
        """Whether all of the text is there; a giant one is cut, and says so."""
        return self._is_complete

    @property
    def is_end_seen(self) -> bool:
        """Whether the last line was in view since the text was shown."""
        return self._is_end_seen

    @property
    def fits(self) -> bool:
        """Whether all of it is in view without scrolling."""
        return self.verticalScrollBar().maximum() == 0

    def show_theme(self, theme: Theme) -> None:
        """Draw in the colours and type of *theme*."""
        self._theme = theme
        font = theme.font(Type.CODE)
        self.setFont(font)
        self.setTabStopDistance(4 * QFontMetricsF(font).horizontalAdvance(" "))
        if self._has_odd:
            self._fill()

    def show_text(self, shown: str) -> None:
        """Show *shown*, from its beginning."""
        if shown == self._text and self._is_filled():
            return
        self._text = shown
        self._fill()

    def sizeHint(self) -> QSize:
        lines = max(1, min(_MOST_LINES, self._visual_lines()))
        return QSize(240, lines * self._line_height() + _FRAME)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        self._look.start(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_end_seen:
            self._look.start(0)

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

    def _is_filled(self) -> bool:
        return bool(self._text) != self.document().isEmpty()  # a plan may hold nothing, and that is seen at once

    def _fill(self) -> None:
        self._is_complete = len(self._text) <= MOST_CHARACTERS
        spans = text.reveal(self._text[:MOST_CHARACTERS])
        pieces = list(_merged(spans))
        self._has_odd = any(piece.is_odd for piece in pieces)
        if len(pieces) > 2 * MOST_ODD_PIECES:
            pieces = pieces[: 2 * MOST_ODD_PIECES]
            self._is_complete = False
        self._is_end_seen = False
        plain, odd = QTextCharFormat(), QTextCharFormat()
        odd.setForeground(self._theme.colour("red"))
        odd.setBackground(self._theme.colour("surface"))
        self.setUpdatesEnabled(False)
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for shown, is_odd in _in_short_lines(pieces):
            cursor.insertText(shown, odd if is_odd else plain)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.setUpdatesEnabled(True)
        self.updateGeometry()

    def _visual_lines(self) -> int:
        lines = 0
        block = self.document().firstBlock()
        width = self.viewport().width()
        metrics = QFontMetricsF(self.font())
        while block.isValid() and lines <= _MOST_LINES:
            if block.layout().lineCount() and width > 80:
                lines += block.layout().lineCount()
            else:
                lines += 1 + int(metrics.horizontalAdvance(block.text()) // max(width, 80))
            block = block.next()
        return lines

    def _line_height(self) -> int:
        return math.ceil(QFontMetricsF(self.font()).lineSpacing())  # a line of a document has whole pixels

    @Slot()
    def _on_scroll_bar_changed(self) -> None:
        self._look.start(0)

    @Slot()
    def _on_look_timeout(self) -> None:
        # Only what an exposed window had on the screen was seen: layout alone shows nobody anything.
        handle = self.window().windowHandle()
        if self._is_end_seen or not self.isVisible() or handle is None or not handle.isExposed():
            return
        bar = self.verticalScrollBar()
        end = self.viewport().height() - 1
        region = self.visibleRegion()
        if bar.value() == bar.maximum() and not region.isEmpty() and self._is_filled() and self._shows_line_at(end):
            self._is_end_seen = True
            self.end_seen.emit()

    def _shows_line_at(self, bottom: int) -> bool:
        last = self.blockBoundingGeometry(self.document().lastBlock()).translated(self.contentOffset()).bottom()
        line = min(round(last) - 2, bottom)
        viewport = self.viewport()
        return viewport.visibleRegion().intersects(viewport.rect().adjusted(0, max(0, line - 2), 0, 0))


def bytes_of(shown: str) -> int:
    """How many bytes *shown* has on the wire."""
    return len(shown.encode("utf-8", "surrogatepass"))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
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


def _in_short_lines(pieces: Iterable[Span]) -> Iterator[tuple[str, bool]]:
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
