"""The few line icons of the windows' own controls, drawn in the ink of the theme."""

from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SIDE = 16


class IconName(StrEnum):
    """An icon; the value is its path on a 13 px grid."""

    SEARCH = "M5 1a4 4 0 1 0 .01 0M8 8l3.5 3.5"
    PIN = "M3 1h6v5l2 2H1l2-2zM6 8v5"
    MENU = "M1 2.5h10M1 6.5h10M1 10.5h10"


@lru_cache(maxsize=32)
def icon(name: IconName, colour: str) -> QIcon:
    """The icon in *colour*, sharp at up to three dots to the pixel."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1.5 -1 15 15">'
        f'<path d="{name.value}" fill="none" stroke="{colour}" stroke-width="1.5" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    made = QIcon()
    for density in (1, 2, 3):
        pixmap = QPixmap(QSize(_SIDE * density, _SIDE * density))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, _SIDE * density, _SIDE * density))
        painter.end()
        pixmap.setDevicePixelRatio(density)
        made.addPixmap(pixmap)
    return made
