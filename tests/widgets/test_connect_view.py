"""What a person sees before an agent's settings are changed."""

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.connect_view import ConnectView
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT


@pytest.fixture
def view(qtbot: QtBot) -> ConnectView:
    theme = Theme(ColourScheme.LIGHT)
    made = ConnectView(theme)
    theme.setParent(made)
    qtbot.addWidget(made)
    made.show()
    return made


def _yes(view: ConnectView) -> AnswerButton:
    return view.findChildren(AnswerButton)[0]


def test_the_diff_is_shown_to_the_letter(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "--- a\n+++ b\n+  <b>&amp;</b>")

    assert view.findChild(QPlainTextEdit).toPlainText() == "--- a\n+++ b\n+  <b>&amp;</b>"


def test_a_character_that_misleads_is_shown_as_what_it_is(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "+ \u202ex")

    assert "U+202E" in view.findChild(QPlainTextEdit).toPlainText()


def test_a_diff_of_one_long_line_is_shown_in_short_ones(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "x" * 100_000)

    assert view.findChild(QPlainTextEdit).document().blockCount() == 50


def test_connect_says_which_agent(view: ConnectView, qtbot: QtBot) -> None:
    view.show_diff(AGENT, "Robot", "+ x")

    with qtbot.waitSignal(view.connect_asked) as asked:
        _yes(view).click()

    assert asked.args == [AGENT]


def test_with_nothing_to_change_there_is_nothing_to_press(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "")

    assert not _yes(view).isEnabled()


def test_trouble_takes_the_place_of_the_reason_and_nothing_can_be_pressed(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "+ x")

    view.show_trouble("settings.json is not valid JSON, line 3.")

    assert any("line 3" in label.text() for label in view.findChildren(QLabel))
    assert not _yes(view).isEnabled()


def test_what_is_added_is_told_from_what_was_there(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "--- a\n+++ b\n kept\n-gone\n+come")

    text = view.findChild(QPlainTextEdit)
    grounds = []
    for number in range(5):
        cursor = QTextCursor(text.document().findBlockByNumber(number))
        cursor.movePosition(QTextCursor.MoveOperation.Right)
        grounds.append(cursor.charFormat().background().color().name())
    assert grounds[0] == grounds[1] == grounds[2]
    assert len({grounds[2], grounds[3], grounds[4]}) == 3


def test_another_scheme_draws_the_same_lines(view: ConnectView) -> None:
    view.show_diff(AGENT, "Robot", "+ x")

    view.findChild(Theme).set_scheme(ColourScheme.DARK)

    assert view.findChild(QPlainTextEdit).toPlainText() == "+ x"
