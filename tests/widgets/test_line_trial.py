"""A description tried on a sample before it is saved."""

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme, DescribedAgent
from desktop.windows.line_trial import MOST_LINES, LineTrial
from desktop.windows.theme import Theme

RULES = DescribedAgent("x", working=("^run",), waiting=("ask",), question=(r"\?$",), done=("^end",), failed=("boom",))


class Stage:
    """A trial in a window."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.theme = Theme(ColourScheme.LIGHT, self.window)
        self.trial = LineTrial(self.theme, self.window)
        qtbot.addWidget(self.window)
        self.window.resize(500, 500)
        self.trial.resize(500, 400)
        self.window.show()
        self.view = self.trial.findChild(QPlainTextEdit)

    @property
    def said(self) -> str:
        return "\n".join(one.text() for one in self.trial.findChildren(QLabel) if one.isVisible())

    @property
    def lines(self) -> list[list[str]]:
        """Number, what it is recognised as, and the text."""
        return [line.split(maxsplit=1) for line in self.view.toPlainText().split("\n")]

    def colour(self, line: int) -> str:
        """Of the word in *line*."""
        cursor = QTextCursor(self.view.document().findBlockByNumber(line))
        cursor.movePosition(QTextCursor.MoveOperation.Right, n=7)
        return cursor.charFormat().foreground().color().name().upper()


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_each_line_says_what_it_is_recognised_as(stage: Stage) -> None:
    stage.trial.show_description(RULES)
    stage.trial.show_sample(b"run tests\nask for it\nwhich one?\nend of it\nboom\nnoise\n", "")

    assert stage.lines == [
        ["1", "works               run tests"],
        ["2", "waits for approval  ask for it"],
        ["3", "asks                which one?"],
        ["4", "turn is over        end of it"],
        ["5", "failed              boom"],
        ["6", "means nothing       noise"],
    ]
    assert "6 lines: 1 failed, 1 asks, 1 waits for approval, 1 turn is over, 1 works, 1 means nothing" in stage.said
    tokens = stage.theme.tokens
    assert [stage.colour(line) for line in range(5)] == [tokens.blue, tokens.red, tokens.red, tokens.violet, tokens.red]


def test_a_change_of_the_description_is_tried_on_the_same_lines(stage: Stage, qtbot: QtBot) -> None:
    stage.trial.show_description(DescribedAgent("x"))
    stage.trial.show_sample(b"run\n", "")
    assert "means nothing" in stage.view.toPlainText()

    stage.trial.show_description(RULES)

    qtbot.waitUntil(lambda: "works" in stage.view.toPlainText())


def test_an_expression_that_cannot_be_used_is_told_with_its_reason(stage: Stage) -> None:
    stage.trial.show_description(DescribedAgent("x", working=(r"(a)\1",)))
    stage.trial.show_sample(b"run\n", "")

    assert "Look-around and back references are not possible: they can hang." in stage.said
    assert not stage.view.isVisible()


def test_a_file_that_cannot_be_read_is_told(stage: Stage) -> None:
    stage.trial.show_sample(b"", "/x cannot be read: Permission denied.")

    assert "/x cannot be read: Permission denied." in stage.said


def test_a_long_sample_is_read_to_its_bound(stage: Stage) -> None:
    stage.trial.show_description(RULES)
    stage.trial.show_sample(b"run\n" * (MOST_LINES + 50), "")

    assert len(stage.lines) == MOST_LINES
    assert f"{MOST_LINES} lines: {MOST_LINES} works" in stage.said


def test_an_empty_file_is_said_to_be_one(stage: Stage) -> None:
    stage.trial.show_description(RULES)
    stage.trial.show_sample(b"", "")

    assert "The file holds no line." in stage.said


def test_nothing_in_a_line_can_hide_or_turn_what_is_shown(stage: Stage) -> None:
    stage.trial.show_description(RULES)
    stage.trial.show_sample("run \u202e\x1b[2J<b>\n".encode(), "")

    shown = stage.view.toPlainText()
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "<b>" in shown


def test_another_form_begins_without_a_sample(stage: Stage) -> None:
    stage.trial.show_description(RULES)
    stage.trial.show_sample(b"run\n", "")
    stage.trial.forget()

    assert not stage.view.isVisible()
