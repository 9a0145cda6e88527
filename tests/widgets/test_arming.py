"""When a consequential button may be pressed."""

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.windows.arming import Arming


@pytest.fixture
def button(qtbot: QtBot) -> QPushButton:
    window = QWidget()
    made = QPushButton("Allow")
    QVBoxLayout(window).addWidget(made)
    qtbot.addWidget(window)
    made.window_kept = window  # type: ignore[attr-defined]
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return made


def test_it_arms_after_its_time_and_shows_how_far_it_is(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 200)
    progress: list[float] = []
    arming.progressed.connect(progress.append)

    with qtbot.waitSignal(arming.armed_changed):
        arming.restart()

    assert arming.is_armed
    assert progress[0] == 0
    assert progress[-1] == 1
    assert progress == sorted(progress)
    assert len(progress) >= 4


def test_it_does_not_arm_before_it_is_asked_to(button: QPushButton) -> None:
    assert not Arming(button, 1).is_armed


def test_a_moved_button_counts_from_the_beginning(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 50)
    arming.restart()
    qtbot.waitUntil(lambda: arming.is_armed)

    button.move(button.pos().x() + 10, button.pos().y())

    assert not arming.is_armed
    qtbot.waitUntil(lambda: arming.is_armed)


def test_a_locked_screen_disarms_and_the_time_begins_anew_after_it(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 50)
    arming.restart()
    qtbot.waitUntil(lambda: arming.is_armed)

    arming.set_locked(True)
    assert not arming.is_armed

    arming.set_locked(False)
    assert not arming.is_armed
    qtbot.waitUntil(lambda: arming.is_armed)


def test_a_hidden_button_is_not_armed_and_costs_no_timer(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 50)
    arming.restart()
    qtbot.waitUntil(lambda: arming.is_armed)

    button.hide()

    assert not arming.is_armed
    assert not any(timer.isActive() for timer in arming.children() if hasattr(timer, "isActive"))


def test_stopped_it_stays_disarmed_whatever_moves(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 50)
    arming.restart()
    qtbot.waitUntil(lambda: arming.is_armed)

    arming.stop()
    button.window().resize(300, 300)

    assert not arming.is_armed


def test_another_time_counts_from_the_beginning(button: QPushButton, qtbot: QtBot) -> None:
    arming = Arming(button, 50)
    arming.restart()
    qtbot.waitUntil(lambda: arming.is_armed)

    arming.set_time(60)

    assert not arming.is_armed
    qtbot.waitUntil(lambda: arming.is_armed)
