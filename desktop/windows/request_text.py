"""Shows all of a text that a person decides about, nothing hidden, and knows whether its end was seen."""

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent, QResizeEvent, QTextCharFormat
from PySide6.QtWidgets import QWidget

from desktop.formats import text
from desktop.windows.code_text import CodeText, in_short_lines, merged
from desktop.windows.theme import Theme

# Beyond these a window would stand still; what cannot be shown whole cannot be allowed here.
MOST_CHARACTERS = 4_000_000
MOST_ODD_PIECES = 20_000

_MOST_LINES = 12  # that are shown without scrolling


class RequestText(CodeText):
    """The complete text, with every odd character as a token in a warning colour."""

    end_seen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, _MOST_LINES, parent)
        self.setAccessibleName(self.tr("Complete text of the request"))
        self._text = ""
        self._has_odd = False
        self._is_complete = True
        self._is_end_seen = False
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.timeout.connect(self._on_look_timeout)
        self.verticalScrollBar().valueChanged.connect(self._on_scroll_bar_changed)
        self.verticalScrollBar().rangeChanged.connect(self._on_scroll_bar_changed)
        theme.changed.connect(self._on_theme_changed)

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

    def show_text(self, shown: str) -> None:
        """Show *shown*, from its beginning."""
        if shown == self._text and self._is_filled():
            return
        self._text = shown
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._look.start(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_end_seen:
            self._look.start(0)

    def _is_filled(self) -> bool:
        return bool(self._text) != self.document().isEmpty()  # a plan may hold nothing, and that is seen at once

    def _fill(self) -> None:
        self._is_complete = len(self._text) <= MOST_CHARACTERS
        pieces = list(merged(text.reveal(self._text[:MOST_CHARACTERS])))
        self._has_odd = any(piece.is_odd for piece in pieces)
        if len(pieces) > 2 * MOST_ODD_PIECES:
            pieces = pieces[: 2 * MOST_ODD_PIECES]
            self._is_complete = False
        self._is_end_seen = False
        plain, odd = QTextCharFormat(), self.odd_style()
        self.fill((shown, odd if is_odd else plain) for shown, is_odd in in_short_lines(pieces))

    @Slot()
    def _on_theme_changed(self) -> None:
        if self._has_odd:
            self._fill()

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
