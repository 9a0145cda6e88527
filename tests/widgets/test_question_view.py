"""Answering questions."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.replies import Answer
from desktop.domain.requests import Choice, Question, Request
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.arming import PointerGuard
from desktop.windows.marks import Dot, Tick
from desktop.windows.question_view import QuestionView
from desktop.windows.request_text import RequestText
from desktop.windows.theme import Theme
from tests.widgets.boards import question


class Stage:
    """A question view in a window, and what it sent."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = QWidget()
        self.theme = Theme(ColourScheme.LIGHT, self.window)
        self.view = QuestionView(self.theme, PointerGuard(self.window))
        QVBoxLayout(self.window).addWidget(self.view)
        self.answers: list[Answer] = []
        self.view.answered.connect(self.answers.append)
        qtbot.addWidget(self.window)

    def shows(self, request: Request, draft: str = "") -> None:
        """Ask."""
        self.view.show_request(request, draft)
        self.view.set_open(is_open=True)
        with self.qtbot.waitExposed(self.window):
            self.window.show()

    def marks(self) -> list[QAbstractButton]:
        """Every radio button and check box in order."""
        return [one for one in self.view.findChildren(QAbstractButton) if isinstance(one, Dot | Tick)]

    @property
    def send(self) -> AnswerButton:
        """The one button."""
        return self.view.findChild(AnswerButton)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_one_choice_is_sent_as_its_label(stage: Stage) -> None:
    request = question()
    stage.shows(request)
    assert not stage.send.isEnabled()

    stage.marks()[1].click()
    stage.qtbot.mouseClick(stage.send, Qt.MouseButton.LeftButton)

    assert stage.answers == [Answer(request.session, request.id, request.digest, (("SQLite",),))]


def test_of_a_single_choice_only_one_stays_chosen(stage: Stage) -> None:
    stage.shows(question())

    stage.marks()[0].click()
    stage.marks()[1].click()
    stage.view.send()

    assert stage.answers[0].answers == (("SQLite",),)


def test_of_a_multiple_choice_several_are_sent_with_ones_own_words(stage: Stage) -> None:
    stage.shows(question("robot:2", "Types", "Tests", "Lint", is_multiple=True))

    stage.marks()[0].click()
    stage.marks()[2].click()
    stage.qtbot.keyClicks(stage.view.findChild(QLineEdit), "and fuzz")
    stage.view.send()

    assert stage.answers[0].answers == (("Types", "Lint", "and fuzz"),)


def test_ones_own_words_choose_other(stage: Stage) -> None:
    stage.shows(question())
    stage.marks()[0].click()

    stage.qtbot.keyClicks(stage.view.findChild(QLineEdit), "MariaDB")
    stage.view.send()

    assert stage.answers[0].answers == (("MariaDB",),)


def test_other_without_words_is_no_answer(stage: Stage) -> None:
    stage.shows(question())

    stage.marks()[2].click()
    stage.view.send()

    assert stage.answers == []
    assert not stage.send.isEnabled()


def test_every_question_must_be_answered(stage: Stage) -> None:
    two = (*question().questions, Question("Which checks?", "Checks", (Choice("Types"), Choice("Tests"))))
    stage.shows(replace(question(), questions=two))

    stage.view.choose(0, 0)
    stage.view.send()
    assert stage.answers == []
    assert any("still to answer" in label.text() for label in stage.view.findChildren(QLabel))

    stage.view.choose(1, 1)
    stage.view.send()
    assert stage.answers[0].answers == (("PostgreSQL",), ("Tests",))


def test_a_question_without_choices_takes_free_text(stage: Stage) -> None:
    stage.shows(replace(question(), questions=(Question("What is its name?"),)))

    stage.qtbot.keyClicks(stage.view.findChild(QLineEdit), "Ada")
    stage.view.send()

    assert stage.answers[0].answers == (("Ada",),)


def test_return_in_the_free_text_sends_nothing(stage: Stage) -> None:
    stage.shows(question())
    edit = stage.view.findChild(QLineEdit)

    stage.qtbot.keyClicks(edit, "MariaDB")
    stage.qtbot.keyClick(edit, Qt.Key.Key_Return)

    assert stage.answers == []


def test_the_same_request_keeps_what_was_chosen(stage: Stage) -> None:
    stage.shows(question())
    stage.marks()[0].click()

    stage.view.show_request(replace(question(), trouble="x"))
    stage.view.send()

    assert stage.answers[0].answers == (("PostgreSQL",),)


def test_a_draft_comes_back(stage: Stage) -> None:
    stage.shows(question(), "Maria")

    assert stage.view.findChild(QLineEdit).text() == "Maria"
    assert stage.send.isEnabled()


def test_a_closed_view_sends_nothing(stage: Stage) -> None:
    stage.shows(question())
    stage.marks()[0].click()

    stage.view.set_open(is_open=False)
    stage.view.send()

    assert stage.answers == []


def test_a_label_that_misleads_shows_what_it_hides_and_is_answered_as_it_is(stage: Stage) -> None:
    stage.shows(question("robot:2", "yes & \u202eno", "no"))

    assert "&&" in stage.marks()[0].text()
    assert "\u202e" not in stage.marks()[0].text()
    stage.marks()[0].click()
    stage.view.send()
    assert stage.answers[0].answers == (("yes & \u202eno",),)


def test_attack_18_a_question_of_a_megabyte_is_shown_in_short_lines(stage: Stage) -> None:
    stage.shows(replace(question(), questions=(Question("x" * 1_000_000, choices=(Choice("a"),)),)))

    assert stage.view.findChild(RequestText).document().blockCount() == 500


def test_what_tab_visits_is_named_from_top_to_bottom(qtbot: QtBot) -> None:
    stage = Stage(qtbot)
    asked = question()
    several = replace(asked, questions=(replace(asked.questions[0], is_multiple=True),) * 2)
    stage.shows(several)
    stage.marks()[0].setFocus()

    stops = stage.view.tab_stops

    drawn = [(stop.mapTo(stage.window, stop.rect().topLeft()).y() // 12, stop.x()) for stop in stops]
    assert drawn == sorted(drawn)
    assert len(stops) == len(stage.marks()) + len(stage.view.findChildren(QLineEdit)) + 1
    assert all(stop.focusPolicy() & Qt.FocusPolicy.TabFocus for stop in stops)
