"""One record as a card."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.record_card import RecordCard
from desktop.windows.theme import Theme


@pytest.fixture
def card(qtbot: QtBot) -> RecordCard:
    theme = Theme(ColourScheme.LIGHT)
    made = RecordCard(theme, "Refunds", "Branches: refund/*", None)  # type: ignore[arg-type]  # a window here
    theme.setParent(made)
    made.show_command("ssh -R /a:/b box")
    qtbot.addWidget(made)
    made.show()
    return made


def _press(card: RecordCard, name: str) -> None:
    button = next(one for one in card.findChildren(AnswerButton) if one.accessibleName() == name)
    assert button.isVisible()
    button.click()


def test_it_says_what_it_holds(card: RecordCard) -> None:
    said = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]

    assert said == ["Refunds", "Branches: refund/*"]


def test_removing_it_is_asked_twice(card: RecordCard) -> None:
    removed: list[str] = []
    card.removed.connect(removed.append)

    _press(card, "Refunds: Remove…")
    _press(card, "Refunds: Keep")
    assert removed == []

    _press(card, "Refunds: Remove…")
    _press(card, "Refunds: Yes, remove")
    assert removed == ["Refunds"]


def test_it_is_changed_by_name(card: RecordCard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(card.edit_asked) as asked:
        _press(card, "Refunds: Edit…")

    assert asked.args == ["Refunds"]


def test_its_command_is_copied_whole(card: RecordCard) -> None:
    _press(card, "Refunds: Copy the command")

    assert QGuiApplication.clipboard().text() == "ssh -R /a:/b box"
    assert card.findChild(QPlainTextEdit).toPlainText() == "ssh -R /a:/b box"
