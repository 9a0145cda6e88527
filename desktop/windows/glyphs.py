"""The glyphs as pixels for windows: drawn once for each size, colour and density, then kept."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QWidget

from desktop.domain.phase import Phase
from desktop.formats import words
from desktop.formats.palette import glyph_svg, phase_colour
from desktop.windows.theme import Theme

GLYPH_SIZE = 16


def glyph_pixmap(phase: Phase, size: int, theme: Theme, dpr: float = 1.0) -> QPixmap:
    """The glyph of *phase*, *size* wide on a screen with *dpr* dots to the pixel."""
    return _draw(phase, size, phase_colour(phase, theme.tokens), dpr)


# 11 phases, a handful of sizes, two schemes, two densities: small, and bounded all the same.
@lru_cache(maxsize=256)
def _draw(phase: Phase, size: int, colour: str, dpr: float) -> QPixmap:
    side = round(size * dpr)
    pixmap = QPixmap(QSize(side, side))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(glyph_svg(phase, colour).encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(dpr)
    return pixmap


class GlyphLabel(QLabel):
    """Shows the glyph of one phase, named for screen readers."""

    def __init__(self, theme: Theme, size: int = GLYPH_SIZE, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._size = size
        self._phase: Phase | None = None
        self.setFixedSize(size, size)
        theme.changed.connect(self._redraw)

    def show_phase(self, phase: Phase) -> None:
        """Draw *phase*; nothing happens when it is drawn already."""
        if phase is not self._phase:
            self._phase = phase
            self.setAccessibleName(words.phase_word(phase))
            self._redraw()

    def event(self, event: QEvent) -> bool:
        """Draw anew on a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._redraw()
        return super().event(event)

    @Slot()
    def _redraw(self) -> None:
        if self._phase is not None:
            self.setPixmap(glyph_pixmap(self._phase, self._size, self._theme, self.devicePixelRatioF()))
