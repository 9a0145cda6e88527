"""Behind a locked screen the window shows nothing and takes nothing, and afterwards it is as it was."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.domain.board import Board
from desktop.domain.replies import Allow, Answer, Deny
from desktop.windows.session_header import SessionHeader
from tests.widgets.boards import AGENT, NOW, row
from tests.widgets.session_stage import Stage, asking


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    return Stage(qtbot)


def _decisions(stage: Stage) -> list[object]:
    return [intent for intent in stage.out if isinstance(intent, Allow | Deny | Answer)]


def test_attack_40_behind_a_locked_screen_nothing_is_shown_or_decided(stage: Stage) -> None:
    stage.window.show_today("Today 41 min blocked")
    stage.shows(asking(1), row(2))

    stage.window.show_locked(is_locked=True)
    for keys in ("d", "a", "n", "?", "/", "r"):
        stage.presses(keys)
    stage.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert stage.says("The screen is locked")
    assert _decisions(stage) == []
    assert not [one for one in stage.window.findChildren(QAbstractButton) if one.isVisible()]
    assert not [one for one in stage.window.findChildren(QPlainTextEdit) if one.isVisible()]
    assert not stage.says("need")
    assert not stage.says("41 min")


@pytest.mark.parametrize("what", ["open", "diff", "board", "today"])
def test_nothing_that_comes_meanwhile_opens_the_lock(stage: Stage, what: str) -> None:
    stage.shows(asking(1))
    stage.window.show_locked(is_locked=True)

    match what:
        case "open":
            stage.window.open_session(asking(1).session)
        case "diff":
            stage.window.show_diff(AGENT, "+ a line")
        case "board":
            stage.window.show_board(Board(NOW))
        case _:
            stage.window.show_today("Today 41 min blocked")

    assert stage.says("The screen is locked")
    assert not stage.window.session_list.isVisible()
    assert not stage.window.connect_view.isVisible()
    assert not stage.says("41 min")


def test_an_open_screen_shows_what_was_there_and_arms_anew(stage: Stage) -> None:
    stage.window.show_today("Today 41 min blocked")
    stage.shows(asking(1))
    stage.window.show_locked(is_locked=True)

    stage.window.show_locked(is_locked=False)

    card = stage.list.card
    assert card is not None
    assert card.isVisible()
    assert not card.request_view.can_allow
    assert stage.window.findChild(SessionHeader).isVisible()
    assert stage.says("41 min blocked")
    stage.qtbot.waitUntil(lambda: card.request_view.can_allow)


def test_a_page_asked_for_behind_the_lock_is_there_afterwards(stage: Stage) -> None:
    stage.shows(asking(1))
    stage.window.show_locked(is_locked=True)
    stage.window.show_diff(AGENT, "+ a line")

    stage.window.show_locked(is_locked=False)

    assert stage.window.connect_view.isVisible()


def test_a_window_shown_while_locked_shows_the_lock(stage: Stage) -> None:
    stage.window.show_locked(is_locked=True)

    stage.shows(asking(1))

    assert stage.says("The screen is locked")
    assert not stage.list.isVisible()


def test_a_menu_with_names_in_it_does_not_stay_open_over_the_lock(stage: Stage) -> None:
    stage.shows(row(1))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    assert QApplication.activePopupWidget() is not None

    stage.window.show_locked(is_locked=True)

    assert QApplication.activePopupWidget() is None
