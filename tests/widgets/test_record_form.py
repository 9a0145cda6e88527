"""The form for one record of the settings."""

import dataclasses

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme, DescribedAgent, Remote, Task
from desktop.windows.record_form import RecordForm
from desktop.windows.theme import Theme

FULL = {
    Task: Task("Refunds", ("~/src/payments", "~/src/web"), ("refund/*",), ("*refund*",)),
    Remote: Remote("build-box"),
    DescribedAgent: DescribedAgent("My tool", ("mytool",), ("~/.mytool/*.log",), "a.b", "a.c", ("^x$", "y")),
}


def _form(qtbot: QtBot, kind: type[object]) -> RecordForm:
    theme = Theme(ColourScheme.LIGHT)
    form = RecordForm(theme, kind)
    theme.setParent(form)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.mark.parametrize("kind", FULL)
def test_what_is_shown_comes_back_as_it_was(qtbot: QtBot, kind: type[object]) -> None:
    form = _form(qtbot, kind)
    with qtbot.assertNotEmitted(form.changed):
        form.show_record(FULL[kind])

    assert form.record() == FULL[kind]


@pytest.mark.parametrize("kind", FULL)
def test_every_field_has_its_name_and_its_help(qtbot: QtBot, kind: type[object]) -> None:
    form = _form(qtbot, kind)
    said = [label.text() for label in form.findChildren(QLabel)]
    controls = [*form.findChildren(QLineEdit), *form.findChildren(QPlainTextEdit)]

    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        label = str(field.metadata.get("label", "Name"))
        assert label in said
        assert any(control.accessibleName() == label for control in controls)
        assert any(str(field.metadata.get("help", "")) in words for words in said)


def test_lines_that_hold_nothing_count_for_nothing(qtbot: QtBot) -> None:
    form = _form(qtbot, Task)
    form.show_record(Task("  Refunds "))
    with qtbot.waitSignal(form.changed):
        form.findChildren(QPlainTextEdit)[0].setPlainText("\n  ~/src \n\n")

    assert form.record() == Task("Refunds", directories=("~/src",))
