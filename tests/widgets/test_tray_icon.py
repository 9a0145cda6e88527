"""The icon follows the board, calmly."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.tray.art import Panel, tray_icon
from desktop.tray.icon import LEAST_MS_BETWEEN_UPDATES, Tray
from tests.widgets.boards import NOW, Clock, board, permission, row, sample

# WORKAROUND: Qt 6.12's X11 tray code asks the offscreen platform for a signal that only xcb has.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tray(qtbot: QtBot, clock: Clock) -> Iterator[Tray]:
    tray = Tray(Panel.DARK, clock)
    yield tray
    tray.hide()


def shown(tray: Tray) -> QSystemTrayIcon:
    icon = tray.findChild(QSystemTrayIcon)
    assert isinstance(icon, QSystemTrayIcon)
    return icon


def key(phase: Phase, count: int) -> int:
    icon: QIcon = tray_icon(phase, count, Panel.DARK)
    return icon.cacheKey()


def test_the_icon_is_that_of_the_most_urgent_phase_with_the_count(tray: Tray) -> None:
    tray.show_board(sample(5), NOW)

    assert shown(tray).icon().cacheKey() == key(Phase.NEEDS_APPROVAL, 2)
    assert shown(tray).toolTip() == "2 need you, oldest 4 min; 2 working; 1 to review"


def test_it_is_shown_though_no_host_is_there(tray: Tray) -> None:
    assert shown(tray).isVisible()
    assert tray.is_available == QSystemTrayIcon.isSystemTrayAvailable()


def test_a_second_change_waits_for_its_turn_and_the_last_one_counts(tray: Tray, qtbot: QtBot) -> None:
    tray.show_board(sample(5), NOW)

    tray.show_board(board(row(1, Phase.IDLE)), NOW)
    tray.show_board(board(row(1, Phase.WORKING)), NOW)
    at_once = shown(tray).icon().cacheKey()

    assert at_once == key(Phase.NEEDS_APPROVAL, 2)
    later = LEAST_MS_BETWEEN_UPDATES * 8
    qtbot.waitUntil(lambda: shown(tray).icon().cacheKey() == key(Phase.WORKING, 0), timeout=later)


def test_the_age_in_the_tooltip_grows_by_itself_while_something_waits(tray: Tray, clock: Clock, qtbot: QtBot) -> None:
    almost = timedelta(minutes=4, seconds=59, milliseconds=950)
    tray.show_board(board(row(1, Phase.NEEDS_APPROVAL, "n", permission(waited=almost))), NOW)
    before = shown(tray).toolTip()

    clock.now = NOW + timedelta(seconds=1)

    assert before == "1 needs you, oldest 4 min"
    qtbot.waitUntil(lambda: shown(tray).toolTip() == "1 needs you, oldest 5 min")


def test_nothing_wakes_up_for_ages_when_nothing_waits(tray: Tray) -> None:
    tray.show_board(sample(5), NOW)
    tray._pace.stop()

    tray.show_board(board(row(1, Phase.WORKING)), NOW)

    assert not tray._minute.isActive()


def test_attack_1_the_tooltip_holds_only_our_own_words(tray: Tray) -> None:
    tray.show_board(board(row(1, Phase.FAILED, "<b>&x</b>\x1b[2J", line="<img src=x>")), NOW)

    assert shown(tray).toolTip() == "1 needs you, oldest 6 min"


def test_a_left_click_asks_for_the_window_and_a_middle_click_for_the_mini_window(tray: Tray, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tray.window_asked):
        shown(tray).activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.waitSignal(tray.mini_asked):
        shown(tray).activated.emit(QSystemTrayIcon.ActivationReason.MiddleClick)


def test_what_is_chosen_in_the_menu_is_told_by_the_tray(tray: Tray, qtbot: QtBot) -> None:
    tray.show_board(sample(1), NOW)
    entry = next(action for action in shown(tray).contextMenu().actions() if "Fix refunds" in action.text())

    with qtbot.waitSignal(tray.request_chosen) as chosen:
        entry.trigger()

    assert chosen.args[0].id == "r1"


def test_a_host_that_comes_late_is_noticed(tray: Tray, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: not tray.is_available)
    expected = not tray.is_available

    with qtbot.waitSignal(tray.availability_changed, timeout=4_000) as told:
        pass

    assert told.args == [expected]
