"""A small window that stays where it is put."""

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.pinned_frame import PinnedFrame
from desktop.windows.theme import Theme


@pytest.fixture
def frame(qtbot: QtBot) -> PinnedFrame:
    theme = Theme(ColourScheme.LIGHT)
    made = PinnedFrame(theme)
    made.theme = theme  # type: ignore[attr-defined]  # lives as long
    made.fit(QSize(200, 40), is_round=False)
    qtbot.addWidget(made)
    return made


def test_it_never_takes_focus_but_when_told(frame: PinnedFrame) -> None:
    asks_for_none = Qt.WindowType.WindowDoesNotAcceptFocus
    assert frame.windowFlags() & asks_for_none
    assert frame.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)

    frame.take_focus(takes=True)
    assert not frame.windowFlags() & asks_for_none

    frame.take_focus(takes=False)
    assert frame.windowFlags() & asks_for_none


def test_what_it_held_is_given_back(frame: PinnedFrame) -> None:
    first, second = QLabel("first"), QLabel("second")

    assert frame.hold(first) is None
    assert frame.hold(second) is first
    assert first.isHidden()
    assert not second.isHidden()


def test_a_drag_moves_it_and_is_no_tap(frame: PinnedFrame) -> None:
    told: list[str] = []
    frame.dragged.connect(lambda: told.append("dragged"))
    frame.tapped.connect(lambda: told.append("tapped"))
    frame.move(100, 100)
    frame.show()

    QTest.mousePress(frame, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QTest.mouseMove(frame, QPoint(45, 25))
    QTest.mouseRelease(frame, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QTest.mouseClick(frame, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QTest.mouseClick(frame, Qt.MouseButton.RightButton, pos=QPoint(5, 5))

    assert told == ["dragged", "tapped"]
    assert frame.pos() != QPoint(100, 100)


@pytest.mark.parametrize(("wanted", "is_so"), [(0, 0.3), (50, 0.5), (200, 1.0)])
def test_it_can_always_be_seen(frame: PinnedFrame, wanted: int, is_so: float) -> None:
    frame.set_opacity(wanted)

    assert frame._opacity == pytest.approx(is_so)
