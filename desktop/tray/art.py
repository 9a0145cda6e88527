"""The tray icon as pixels: the glyph of the most urgent phase with the count of those who wait cut into its corner.

Nothing here may name ``Qt``: to make ready all that stands under that name takes as long as to draw the icon thrice
over (packaging/bench, G13).
"""

from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPixmap, QTransform
from PySide6.QtSvg import QSvgRenderer

from desktop.domain.phase import Phase
from desktop.formats.palette import DARK, LIGHT, Tokens, glyph_svg, phase_colour

# What hosts ask for: Windows 16 to 32, XFCE and Plasma 22 and 24, GNOME 16 to 48, macOS 22 and 44, 64 for the rest.
SIZES = (16, 20, 22, 24, 32, 44, 48, 64)
# Enough for the tenth of a second until it is known what to show.
FIRST_SIZES = (22, 44)
MOST_COUNTED = 9

# Of the icon, by how many characters the count has: at 22 px the dot of the "!" stays clear of the badge and its gap.
_GLYPH_SHARES = (1.0, 0.78, 0.64)
_BADGE_SHARES = (0.0, 0.5, 0.46)
_LOWEST_BADGE = 8  # pixels: in fewer rows no digit can be read
_WIDTH_OF_TWO = 1.4  # of the badge's height
_DIGIT_SHARE = 0.7  # of the badge's height
_GAP_SHARE = 1 / 22


class Panel(StrEnum):
    """What the icon stands on."""

    LIGHT = "light"
    DARK = "dark"
    UNKNOWN = "unknown"


def tray_icon(phase: Phase, count: int, panel: Panel) -> QIcon:
    """The icon for *phase*, with *count* in its corner unless that is 0; drawn once and kept."""
    return _icon(phase, min(max(count, 0), MOST_COUNTED + 1), panel)


def first_icon(phase: Phase, panel: Panel) -> QIcon:
    """The icon to begin with, drawn as fast as can be."""
    return _drawn(phase, 0, panel, FIRST_SIZES)


# 11 phases, 11 counts, one panel at a time; a day sees a dozen of them.
@lru_cache(maxsize=64)
def _icon(phase: Phase, count: int, panel: Panel) -> QIcon:
    return _drawn(phase, count, panel, SIZES)


def _drawn(phase: Phase, count: int, panel: Panel, sizes: tuple[int, ...]) -> QIcon:
    icon = QIcon()
    for size in sizes:
        icon.addPixmap(QPixmap.fromImage(draw(phase, count, panel, size)))
    return icon


def draw(phase: Phase, count: int, panel: Panel, size: int) -> QImage:
    """One picture of the icon, *size* wide."""
    tokens = DARK if panel is Panel.DARK else LIGHT
    outline = max(1, round(size / 22)) if panel is Panel.UNKNOWN else 0
    image = _blank(size)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    told = _told(count)
    painter.drawImage(0, 0, _glyph(phase, size, round(size * _GLYPH_SHARES[len(told)]), outline, tokens))
    if told:
        _cut_badge(painter, told, size, outline, tokens)
    painter.end()
    return image


def _glyph(phase: Phase, size: int, side: int, outline: int, tokens: Tokens) -> QImage:
    box = QRectF(outline, outline, side - 2 * outline, side - 2 * outline)
    drawn = _rendered(phase, phase_colour(phase, tokens), size, box)
    if not outline:
        return drawn
    outlined = _blank(size)
    painter = QPainter(outlined)
    halo = _rendered(phase, tokens.surface, size, box)
    steps = range(-outline, outline + 1)
    for x, y in ((x, y) for x in steps for y in steps):
        painter.drawImage(x, y, halo)
    painter.drawImage(0, 0, drawn)
    painter.end()
    return outlined


def _rendered(phase: Phase, colour: str, size: int, box: QRectF) -> QImage:
    image = _blank(size)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(glyph_svg(phase, colour).encode())).render(painter, box)
    painter.end()
    return image


def _told(count: int) -> str:
    if count == 0:
        return ""
    return str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+"


def _cut_badge(painter: QPainter, text: str, size: int, outline: int, tokens: Tokens) -> None:
    height = max(_LOWEST_BADGE, round(size * _BADGE_SHARES[len(text)]) - outline)  # the rim takes the rest
    width = height if len(text) == 1 else round(height * _WIDTH_OF_TWO)
    box = QRectF(size - width - outline, size - height - outline, width, height)
    gap = 0.0 if outline else max(1.0, size * _GAP_SHARE)  # the rim keeps them apart as well
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    _fill_rounded(painter, box.adjusted(-gap, -gap, gap, gap), "black")
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    if outline:
        _fill_rounded(painter, box.adjusted(-outline, -outline, outline, outline), tokens.surface)
    _fill_rounded(painter, box, tokens.text)
    painter.fillPath(_digits(text, box, height * _DIGIT_SHARE), QColor(tokens.surface))


def _fill_rounded(painter: QPainter, box: QRectF, colour: str) -> None:
    path = QPainterPath()
    path.addRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.fillPath(path, QColor(colour))


def _digits(text: str, box: QRectF, height: float) -> QPainterPath:
    from PySide6.QtGui import QFont  # 2 ms that the first picture need not wait for

    font = QFont()
    font.setWeight(QFont.Weight.Bold)
    font.setPixelSize(100)  # scaled to the pixel below: hinted sizes of a font are never the wanted height
    path = QPainterPath()
    path.addText(QPointF(0, 0), font, text)
    bounds = path.boundingRect()
    if bounds.isEmpty():
        return path  # no font at all: the badge without its digit still says that someone waits
    scale = min(round(height) / bounds.height(), box.width() * 0.82 / bounds.width())
    middle = QTransform().translate(box.center().x(), box.center().y()).scale(scale, scale)
    return middle.map(path.translated(-bounds.center()))


def _blank(size: int) -> QImage:
    # A copy, so that it owns its pixels; to fill one would ask for all that Qt calls a colour.
    return QImage(bytes(4 * size * size), size, size, QImage.Format.Format_ARGB32_Premultiplied).copy()
