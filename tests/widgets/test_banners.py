"""What stands above the sessions while it matters."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.board import Board, Trouble
from desktop.domain.ids import AgentKind
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.banners import Banners
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW

ROBOT, OTHER = AgentKind("robot"), AgentKind("other")


class Stage:
    """Banners, and what they asked for."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self._frame = QWidget()
        self._theme = Theme(ColourScheme.LIGHT)
        self.banners = Banners(self._theme, self._frame)
        self.asked: list[object] = []
        self.banners.diff_asked.connect(self.asked.append)
        qtbot.addWidget(self._frame)

    def says(self, words: str) -> bool:
        labels = self.banners.findChildren(QLabel)
        return any(words in label.text() and label.isVisibleTo(self.banners) for label in labels)

    def clicks(self, words: str) -> None:
        [button] = [one for one in self.banners.findChildren(AnswerButton) if one.accessibleName() == words]
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_without_troubles_and_with_all_connected_nothing_is_shown(stage: Stage) -> None:
    stage.banners.show_board(Board(NOW, agents_seen=((ROBOT, "Robot", True),)))

    assert not any(label.isVisibleTo(stage.banners) for label in stage.banners.findChildren(QLabel))


def test_a_trouble_is_told_with_its_remedy_and_only_the_first_few(stage: Stage) -> None:
    troubles = tuple(Trouble("part", f"Trouble {number}.", "Mend it.\x1b[2J") for number in range(5))

    stage.banners.show_board(Board(NOW, troubles=troubles))

    assert stage.says("Trouble 0. Mend it.")
    assert stage.says("Trouble 2.")
    assert not stage.says("Trouble 3.")
    assert not stage.says("\x1b")


def test_an_agent_that_is_not_connected_is_offered_until_it_is_put_off(stage: Stage) -> None:
    board = Board(NOW, agents_seen=((ROBOT, "Robot", False), (OTHER, "Other", False)))
    stage.banners.show_board(board)
    assert stage.says("Robot")

    stage.clicks("Connect…")
    stage.clicks("Not now")
    stage.clicks("Connect…")
    stage.clicks("Not now")
    stage.banners.show_board(replace(board, needs_you=1))

    assert stage.asked == [ROBOT, OTHER]
    assert not stage.says("answered from here")


def test_nothing_is_offered_to_who_is_connecting_already(stage: Stage) -> None:
    stage.banners.set_connecting(is_connecting=True)

    stage.banners.show_board(Board(NOW, agents_seen=((ROBOT, "Robot", False),)))
    assert not stage.says("Robot")

    stage.banners.set_connecting(is_connecting=False)
    assert stage.says("Robot")
