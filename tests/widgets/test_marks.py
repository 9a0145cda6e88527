"""Check boxes, radio buttons and pick lists."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.marks import Dot, Number, Pick, Tick
from desktop.windows.theme import Theme


@pytest.mark.parametrize("scheme", [ColourScheme.LIGHT, ColourScheme.DARK])
@pytest.mark.parametrize("kind", [Tick, Dot])
def test_on_off_and_disabled_look_different(qtbot: QtBot, kind: type[Tick] | type[Dot], scheme: ColourScheme) -> None:
    mark = kind(Theme(scheme), "Tests")
    qtbot.addWidget(mark)

    off = mark.grab().toImage()
    mark.setChecked(True)
    on = mark.grab().toImage()
    mark.setEnabled(False)
    disabled = mark.grab().toImage()

    assert off != on
    assert on != disabled


@pytest.mark.parametrize("kind", [Tick, Dot])
def test_a_click_anywhere_on_the_words_counts(qtbot: QtBot, kind: type[Tick] | type[Dot]) -> None:
    mark = kind(Theme(ColourScheme.LIGHT), "Tests && more")
    qtbot.addWidget(mark)
    mark.resize(mark.sizeHint())

    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton, pos=QPoint(mark.width() - 3, mark.height() - 3))

    assert mark.isChecked()


def test_the_wheel_over_a_pick_list_chooses_nothing(qtbot: QtBot) -> None:
    pick = Pick(Theme(ColourScheme.LIGHT))
    qtbot.addWidget(pick)
    pick.addItems(["a", "b"])
    none, place = QPoint(), QPointF(5, 5)
    wheel = QWheelEvent(
        place,
        place,
        none,
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    QApplication.sendEvent(pick, wheel)

    assert pick.currentIndex() == 0


def test_a_pick_list_is_as_wide_as_its_longest_entry(qtbot: QtBot) -> None:
    pick = Pick(Theme(ColourScheme.LIGHT))
    qtbot.addWidget(pick)
    pick.addItem("a")
    narrow = pick.sizeHint().width()

    pick.addItem("a much longer entry")

    assert pick.sizeHint().width() > narrow


def test_a_number_outside_its_bounds_does_not_count_and_is_put_right(qtbot: QtBot) -> None:
    number = Number(Theme(ColourScheme.LIGHT), 300, 5000)
    qtbot.addWidget(number)
    number.set_value(700)
    told: list[int] = []
    number.value_changed.connect(lambda: told.append(number.value()))

    number.selectAll()
    qtbot.keyClicks(number, "12")
    qtbot.keyClicks(number, "x")
    assert number.value() == 700
    qtbot.keyClicks(number, "00")
    assert told == [1200]

    number.selectAll()
    qtbot.keyClicks(number, "2")
    number.clearFocus()
    number.focusOutEvent(QFocusEvent(QEvent.Type.FocusOut))
    assert number.text() == "1200"
