"""The form that begins a session."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.domain.ids import AgentKind
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.start_window import StartWindow
from desktop.windows.theme import Theme

ROBOT, HAND = AgentKind("robot"), AgentKind("hand")
AGENTS = ((HAND, "Hand", "its program was not found"), (ROBOT, "Robot", ""))


class Form:
    """The window as a person meets it."""

    def __init__(self, qtbot: QtBot) -> None:
        theme = Theme(ColourScheme.LIGHT)
        self.window = StartWindow(theme)
        theme.setParent(self.window)
        qtbot.addWidget(self.window)
        self.asked: list[tuple[object, str, str]] = []
        self.window.start_asked.connect(lambda *asked: self.asked.append(asked))
        self.window.show_agents(AGENTS)
        self.window.show()
        self.prompt = self.window.findChild(DraftEdit)
        self.directory = self.window.findChild(QLineEdit)
        self.agent = self.window.findChild(QComboBox)

    @property
    def start(self) -> AnswerButton:
        return next(button for button in self.window.findChildren(AnswerButton) if button.text() == "Start")

    def says(self, words: str) -> bool:
        return any(words in label.text() and label.isVisible() for label in self.window.findChildren(QLabel))


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    return Form(qtbot)


def test_nothing_starts_before_there_is_something_to_do_and_somewhere_to_do_it(form: Form, qtbot: QtBot) -> None:
    assert not form.start.isEnabled()
    form.prompt.setPlainText("fix it")
    assert not form.start.isEnabled()
    form.directory.setText("/home/dev/shop")

    qtbot.mouseClick(form.start, Qt.MouseButton.LeftButton)

    assert form.asked == [(ROBOT, "/home/dev/shop", "fix it")]


def test_ctrl_enter_starts_and_enter_alone_breaks_the_line(form: Form, qtbot: QtBot) -> None:
    form.window.propose("robot", "/home/dev/shop", "fix it")

    qtbot.keyClick(form.prompt, Qt.Key.Key_Return)
    assert form.asked == []
    qtbot.keyClick(form.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert len(form.asked) == 1


def test_an_agent_that_cannot_be_started_says_why(form: Form) -> None:
    form.window.propose("hand", "/home/dev/shop", "fix it")

    assert form.says("its program was not found")
    assert not form.start.isEnabled()


def test_what_somebody_else_proposes_is_shown_clean_and_started_by_nobody_but_the_person(form: Form) -> None:
    form.window.propose("robot", "/home/dev/shop\x1b[2J", "rm\u202e -rf\x00 /")

    assert form.asked == []
    assert "\x1b" not in form.directory.text()
    assert "\u202e" not in form.prompt.toPlainText()
    assert form.agent.currentText() == "Robot"


def test_trouble_keeps_what_was_typed_and_a_start_clears_it(form: Form) -> None:
    form.window.propose("robot", "/home/dev/shop", "fix it")
    form.window.show_trouble("it opened no session")
    assert form.says("it opened no session")
    assert form.prompt.toPlainText() == "fix it"

    form.window.show_started()

    assert form.prompt.toPlainText() == ""
    assert not form.window.isVisible()


def test_without_any_agent_it_says_so(form: Form) -> None:
    form.window.show_agents(())

    assert form.says("No agent that can be started from here is known.")
    assert not form.start.isEnabled()


def test_escape_puts_it_away_and_what_was_typed_stays(form: Form, qtbot: QtBot) -> None:
    form.prompt.setPlainText("half a thought")

    qtbot.keyClick(form.window, Qt.Key.Key_Escape)

    assert not form.window.isVisible()
    assert form.prompt.toPlainText() == "half a thought"


def test_every_control_has_a_name(form: Form) -> None:
    controls = [form.agent, form.directory, form.prompt, *form.window.findChildren(AnswerButton)]

    assert [control for control in controls if not control.accessibleName()] == []
