"""One line to type in a card."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.line_box import LONGEST, LineBox
from desktop.windows.theme import Theme


class Stage:
    """A box in a window, and what came out of it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.theme = Theme(ColourScheme.LIGHT, self.window)
        self.box = LineBox(self.theme, "Name", "Empty gives the old one back.", self.window)
        self.given: list[str] = []
        self.closed: list[bool] = []
        self.box.given.connect(self.given.append)
        self.box.closed.connect(lambda: self.closed.append(True))
        self.field = self.box.findChild(QLineEdit)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_it_is_not_there_until_it_asks(stage: Stage) -> None:
    assert stage.box.isHidden()


def test_enter_gives_what_was_typed_over_the_old_value(stage: Stage, qtbot: QtBot) -> None:
    stage.box.ask("Cart totals")
    qtbot.keyClicks(stage.field, "  Refunds ")
    qtbot.keyClick(stage.field, Qt.Key.Key_Return)

    assert stage.given == ["Refunds"]
    assert stage.closed == [True]
    assert stage.box.isHidden()


def test_nothing_typed_is_an_answer_too(stage: Stage, qtbot: QtBot) -> None:
    stage.box.ask("Cart totals")
    qtbot.keyClick(stage.field, Qt.Key.Key_Delete)
    qtbot.keyClick(stage.field, Qt.Key.Key_Return)

    assert stage.given == [""]


def test_esc_gives_nothing(stage: Stage, qtbot: QtBot) -> None:
    stage.box.ask("Cart totals")
    qtbot.keyClicks(stage.field, "Refunds")
    qtbot.keyClick(stage.field, Qt.Key.Key_Escape)

    assert stage.given == []
    assert stage.closed == [True]


def test_what_is_given_is_clean_and_short(stage: Stage, qtbot: QtBot) -> None:
    stage.box.ask("\u202eevil" + "x" * 500)
    qtbot.keyClick(stage.field, Qt.Key.Key_Return)

    assert "\u202e" not in stage.given[0]
    assert len(stage.given[0]) <= LONGEST


def test_the_field_says_what_it_takes(stage: Stage) -> None:
    assert stage.field.accessibleName() == "Name"
    assert stage.field.accessibleDescription() == "Empty gives the old one back."
