"""A list of records in the settings, and the form to write one."""

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme, Task
from desktop.windows.answer_button import AnswerButton
from desktop.windows.record_page import RecordPage, Wording
from desktop.windows.theme import Theme

WORDING = Wording("What tasks are.", "No task yet.", "Add a task…", "A new task")
FIRST, SECOND = Task("Refunds", branches=("refund/*",)), Task("Search")


class Stage:
    """A page, what it gave, and somebody who answers its offers."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.page = RecordPage(Theme(ColourScheme.LIGHT, self.window), Task, WORDING, self.window)
        self.out: list[object] = []
        self.trouble = ""
        self.page.records_changed.connect(self.out.append)
        self.page.offered.connect(lambda record, _: self.page.answer_offer(record, self.trouble))
        qtbot.addWidget(self.window)
        self.window.resize(500, 500)
        self.page.resize(500, 500)
        self.window.show()

    def press(self, name: str) -> None:
        found = [one for one in self.page.findChildren(AnswerButton) if one.accessibleName() == name]
        next(one for one in found if one.isVisible()).click()

    def type(self, name: str, branches: str = "") -> None:
        self.page.form.findChild(QLineEdit).setText(name)
        field = next(one for one in self.page.form.findChildren(QPlainTextEdit) if one.accessibleName() == "Branches")
        field.setPlainText(branches)

    def says(self, words: str) -> bool:
        return any(words in one.text() for one in self.page.findChildren(QLabel) if one.isVisible())


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_an_empty_list_says_so(stage: Stage) -> None:
    assert stage.says("No task yet.")
    assert stage.says("What tasks are.")


def test_each_record_says_what_it_holds(stage: Stage) -> None:
    stage.page.show_records((FIRST, SECOND))

    assert stage.says("Refunds")
    assert stage.says("Branches: refund/*")
    assert not stage.says("No task yet.")
    assert stage.out == []


def test_a_new_record_comes_last(stage: Stage) -> None:
    stage.page.show_records((FIRST,))
    stage.press("Add a task…")
    assert stage.says("A new task")
    stage.type("Search")
    stage.press("Save")

    assert stage.out == [(FIRST, SECOND)]
    assert not stage.page.is_editing


def test_a_changed_record_stays_in_its_place_whatever_it_is_called(stage: Stage) -> None:
    stage.page.show_records((FIRST, SECOND))
    stage.press("Refunds: Edit…")
    stage.type("Money back", "money/*")
    stage.press("Save")

    assert stage.out == [(Task("Money back", branches=("money/*",)), SECOND)]


def test_a_refusal_is_read_beside_the_form_and_nothing_is_lost(stage: Stage) -> None:
    stage.page.show_records(())
    stage.trouble = "logs: the directory /nowhere does not exist. Mend the path."
    stage.press("Add a task…")
    stage.type("Search", "x/*")
    stage.press("Save")

    assert stage.says("logs: the directory /nowhere does not exist. Mend the path.")
    assert stage.out == []
    assert stage.page.form.record() == Task("Search", branches=("x/*",))

    stage.type("Search", "y/*")
    assert not stage.says("/nowhere")


@pytest.mark.parametrize(("name", "why"), [("", "It has no name."), ("Search", "Another one is called so.")])
def test_a_name_is_given_and_given_once(stage: Stage, name: str, why: str) -> None:
    stage.page.show_records((FIRST, SECOND))
    stage.press("Refunds: Edit…")
    stage.type(name)
    stage.press("Save")

    assert stage.says(why)
    assert stage.out == []


def test_leaving_the_form_changes_nothing(stage: Stage) -> None:
    stage.page.show_records((FIRST,))
    stage.press("Refunds: Edit…")
    stage.type("Other")
    stage.press("Cancel")

    assert stage.out == []
    assert not stage.page.is_editing


def test_a_removed_record_is_gone(stage: Stage) -> None:
    stage.page.show_records((FIRST, SECOND))
    stage.press("Refunds: Remove…")
    stage.press("Refunds: Yes, remove")

    assert stage.out == [(SECOND,)]


def test_an_open_form_outlives_new_settings(stage: Stage) -> None:
    stage.page.show_records((FIRST,))
    stage.press("Add a task…")
    stage.type("Half written")
    stage.page.show_records((FIRST, SECOND))

    assert stage.page.is_editing
    assert stage.page.form.record().name == "Half written"


def test_a_command_stands_under_its_record(stage: Stage) -> None:
    stage.page.show_records((FIRST, SECOND), {"Search": "ssh -R a:b c"})

    shown = [one.toPlainText() for one in stage.page.findChildren(QPlainTextEdit) if one.isVisible()]
    assert shown == ["ssh -R a:b c"]
