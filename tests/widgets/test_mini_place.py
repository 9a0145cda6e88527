"""Where the mini window stands."""

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.windows.mini_place import MARGIN, Area, MiniPlace, area_at, areas, position, resized

LEFT = Area("left", QRect(0, 30, 1280, 770))
RIGHT = Area("right", QRect(1280, 0, 1920, 1080))
SIZE = QSize(298, 136)


def test_it_comes_back_to_where_it_was() -> None:
    assert position(MiniPlace("right", 100, 50), SIZE, (LEFT, RIGHT)) == QPoint(1380, 50)


@pytest.mark.parametrize(("has_panel_on_top", "y"), [(False, 30 + MARGIN), (True, 799 - 136 - MARGIN)])
def test_at_first_it_stands_at_the_right_away_from_the_tray(has_panel_on_top: bool, y: int) -> None:
    area = Area("left", LEFT.rect, has_panel_on_top)

    assert position(MiniPlace(), SIZE, (area,)) == QPoint(1279 - 298 - MARGIN, y)


@pytest.mark.parametrize(("x", "y"), [(5000, 5000), (-500, -500), (1200, 700)])
def test_fault_36_it_is_wholly_visible_whatever_was_remembered(x: int, y: int) -> None:
    corner = position(MiniPlace("right", x, y), SIZE, (LEFT,))

    assert LEFT.rect.contains(QRect(corner, SIZE))


def test_without_any_screen_there_still_is_a_place() -> None:
    assert position(MiniPlace("left", 1, 1), SIZE, ()) == QPoint(MARGIN, MARGIN)


def test_it_grows_away_from_the_edges_it_is_near() -> None:
    pill = QRect(1150, 760, 119, 28)

    card = QRect(resized(pill, SIZE, LEFT.rect), SIZE)

    assert (card.right(), card.bottom()) == (pill.right(), pill.bottom())


def test_it_keeps_its_corner_in_the_upper_left() -> None:
    assert resized(QRect(50, 60, 119, 28), SIZE, LEFT.rect) == QPoint(50, 60)


def test_a_point_lies_on_its_screen_and_a_lost_one_on_the_primary() -> None:
    assert area_at(QPoint(1300, 5), (LEFT, RIGHT)) == RIGHT
    assert area_at(QPoint(-9, -9), (LEFT, RIGHT)) == LEFT
    assert area_at(QPoint(5, 5), ()).rect.isValid()


def test_the_primary_screen_comes_first(qtbot: QtBot) -> None:
    assert areas()[0].screen == QGuiApplication.primaryScreen().name()
    assert len(areas()) == len(QGuiApplication.screens())
