"""Saying something to a session."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.board import Row
from desktop.domain.phase import Phase
from desktop.domain.replies import Prompt
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit, Drafts, PutAwayDraft
from desktop.windows.reply_box import ReplyBox
from desktop.windows.theme import Theme
from tests.widgets.boards import row


class Stage:
    """A reply box in a window."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = QWidget()
        self.drafts = Drafts()
        self.box = ReplyBox(Theme(ColourScheme.LIGHT, self.window), self.drafts)
        self.box.show_quick_replies(("continue", "explain & why"))
        QVBoxLayout(self.window).addWidget(self.box)
        self.sent: list[Prompt] = []
        self.box.reply_made.connect(self.sent.append)
        qtbot.addWidget(self.window)
        self.window.show()

    @property
    def edit(self) -> DraftEdit:
        """Where one types."""
        return self.box.findChild(DraftEdit)

    def button(self, words: str) -> AnswerButton:
        """The button that says *words*."""
        return next(one for one in self.box.findChildren(AnswerButton) if one.accessibleName() == words)


def _open(number: int = 1) -> Row:
    made = row(number, Phase.YOUR_TURN, "Cart")
    return replace(made, can_prompt=True, prompt_channel="Arrives as a message from another session.")


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_it_says_how_the_text_will_arrive(stage: Stage) -> None:
    stage.box.show_row(_open())

    assert any(
        "message from another session" in label.text() and label.isVisible() for label in stage.box.findChildren(QLabel)
    )


def test_enter_breaks_the_line_and_control_enter_sends(stage: Stage) -> None:
    stage.box.show_row(_open())

    stage.qtbot.keyClicks(stage.edit, "one")
    stage.qtbot.keyClick(stage.edit, Qt.Key.Key_Return)
    stage.qtbot.keyClicks(stage.edit, "two")
    assert stage.sent == []
    stage.qtbot.keyClick(stage.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert stage.sent == [Prompt(_open().session, "one\ntwo")]


def test_blank_text_is_not_sent(stage: Stage) -> None:
    stage.box.show_row(_open())
    stage.qtbot.keyClicks(stage.edit, "  ")

    stage.qtbot.keyClick(stage.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert stage.sent == []
    assert not stage.button("Send").isEnabled()


def test_a_quick_reply_is_sent_as_it_is_and_the_draft_stays(stage: Stage) -> None:
    stage.box.show_row(_open())
    stage.qtbot.keyClicks(stage.edit, "draft")

    stage.button("explain & why").click()

    assert stage.sent == [Prompt(_open().session, "explain & why")]
    assert stage.edit.toPlainText() == "draft"


def test_each_session_has_its_own_draft(stage: Stage) -> None:
    stage.box.show_row(_open(1))
    stage.qtbot.keyClicks(stage.edit, "for one")

    stage.box.show_row(_open(2))
    assert stage.edit.toPlainText() == ""
    stage.box.show_row(_open(1))
    assert stage.edit.toPlainText() == "for one"


def test_when_the_session_takes_no_prompt_any_more_the_draft_stays_to_be_copied(stage: Stage) -> None:
    stage.box.show_row(_open())
    stage.qtbot.keyClicks(stage.edit, "half")

    stage.box.show_row(replace(_open(), can_prompt=False, reason="A turn runs."))

    away = stage.box.findChild(PutAwayDraft)
    assert away.isVisible()
    assert any("A turn runs." in label.text() for label in away.findChildren(QLabel))
    stage.button("Copy").click()
    assert QGuiApplication.clipboard().text() == "half"

    stage.box.show_row(_open())
    assert not away.isVisible()
    assert stage.edit.toPlainText() == "half"


def test_a_session_that_never_took_prompts_has_no_box(stage: Stage) -> None:
    stage.box.show_row(row(1))

    assert not stage.box.isVisible()
