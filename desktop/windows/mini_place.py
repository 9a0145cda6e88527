"""Where the mini window stands, and how it comes back to a screen that is there."""

from enum import StrEnum

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication

from desktop.domain.record import dataclass

MARGIN = 16


class MiniSize(StrEnum):
    """How much of itself the mini window shows."""

    PILL = "pill"
    LINE = "line"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class MiniPlace:
    """What is remembered of the mini window; *x* and *y* count from the corner of its screen."""

    screen: str = ""
    x: int | None = None
    y: int | None = None
    size: MiniSize = MiniSize.LINE


@dataclass(frozen=True, slots=True)
class Area:
    """The part of a screen that windows may cover; the first one given is the primary screen's."""

    screen: str
    rect: QRect
    has_panel_on_top: bool = False


_NOWHERE = Area("", QRect(0, 0, 640, 480))


def areas() -> tuple[Area, ...]:
    """What there is of screens, the primary one first."""
    primary = QGuiApplication.primaryScreen()
    others = [screen for screen in QGuiApplication.screens() if screen is not primary]
    screens = [screen for screen in (primary, *others) if screen is not None]
    return tuple(
        Area(
            screen.name(),
            screen.availableGeometry(),
            has_panel_on_top=screen.availableGeometry().top() > screen.geometry().top(),
        )
        for screen in screens
    )


def area_at(point: QPoint, areas: tuple[Area, ...]) -> Area:
    """The area that *point* lies in; the primary screen's for a point on none."""
    return next((area for area in areas if area.rect.contains(point)), areas[0] if areas else _NOWHERE)


def position(place: MiniPlace, size: QSize, areas: tuple[Area, ...]) -> QPoint:
    """The corner at which a window of *size* is wholly visible, as near to *place* as there is."""
    if not areas:
        return QPoint(MARGIN, MARGIN)
    area = next((area for area in areas if area.screen == place.screen), areas[0])
    if place.x is None or place.y is None:
        # The sessions window opens at the corner of the tray, and notifications come there: this one keeps away.
        bottom = area.rect.bottom() - size.height() - MARGIN
        y = bottom if area.has_panel_on_top else area.rect.top() + MARGIN
        wanted = QPoint(area.rect.right() - size.width() - MARGIN, y)
    else:
        wanted = area.rect.topLeft() + QPoint(place.x, place.y)
    return within(wanted, size, area.rect)


def within(wanted: QPoint, size: QSize, rect: QRect) -> QPoint:
    """*wanted*, moved so that a window of *size* lies inside *rect*; its head stays in if it is too large."""
    x = max(rect.left(), min(wanted.x(), rect.right() + 1 - size.width()))
    y = max(rect.top(), min(wanted.y(), rect.bottom() + 1 - size.height()))
    return QPoint(x, y)


def resized(before: QRect, size: QSize, rect: QRect) -> QPoint:
    """The corner after a change of size: the edges nearest to those of the screen stay where they are."""
    x, y = before.left(), before.top()
    if before.center().x() > rect.center().x():
        x = before.right() + 1 - size.width()
    if before.center().y() > rect.center().y():
        y = before.bottom() + 1 - size.height()
    return within(QPoint(x, y), size, rect)
