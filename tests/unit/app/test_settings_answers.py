"""What the settings window asks of the machine is answered in it."""

import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop.app.settings_answers import SettingsAnswers
from desktop.domain.settings import ColourScheme, DescribedAgent, Remote, Settings
from desktop.windows.answer_button import AnswerButton
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme


class Stage:
    """The window, the answers, and what became settings."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = SettingsWindow(Theme(ColourScheme.LIGHT))
        self.answers = SettingsAnswers(self.window, Settings())
        self.saved: list[Settings] = []
        self.window.settings_changed.connect(self.saved.append)
        self.window.settings_changed.connect(self.answers.show_settings)
        qtbot.addWidget(self.window)
        self.window.show()

    def goes_to(self, tab: str) -> None:
        tabs = self.window._tabs
        tabs.setCurrentIndex(next(at for at in range(tabs.count()) if tabs.tabText(at) == tab))

    def press(self, name: str) -> None:
        found = [one for one in self.window.findChildren(AnswerButton) if one.accessibleName() == name]
        next(one for one in found if one.isVisible()).click()

    def type(self, label: str, value: str) -> None:
        controls = [*self.window.findChildren(QLineEdit), *self.window.findChildren(QPlainTextEdit)]
        control = next(one for one in controls if one.isVisible() and one.accessibleName() == label)
        control.setText(value) if isinstance(control, QLineEdit) else control.setPlainText(value)

    def says(self, words: str) -> bool:
        return any(words in one.text() for one in self.window.findChildren(QLabel) if one.isVisible())


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_a_description_that_works_is_saved(stage: Stage, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    stage.press("Add an agent…")
    stage.type("Name", "My tool")
    stage.type("Programs", "mytool")
    stage.type("Logs", f"{logs}/*.log")
    stage.type("It works", "^run")
    stage.press("Save")

    assert stage.saved[-1].agents == (DescribedAgent("My tool", ("mytool",), (f"{logs}/*.log",), working=("^run",)),)


def test_a_directory_that_is_not_there_is_refused_with_the_very_sentence(stage: Stage) -> None:
    stage.press("Add an agent…")
    stage.type("Name", "My tool")
    stage.type("Programs", "mytool")
    stage.type("Logs", "/nowhere/at/all/*.log")
    stage.type("It works", "^run")
    stage.press("Save")

    assert stage.says("logs: the directory /nowhere/at/all does not exist. Start the tool once, or mend the path.")
    assert stage.saved == []


def test_an_expression_that_can_hang_is_refused(stage: Stage) -> None:
    stage.press("Add an agent…")
    stage.type("Name", "My tool")
    stage.type("Programs", "mytool")
    stage.type("It failed", r"(x+)+\1")
    stage.press("Save")

    assert stage.says("can hang")
    assert stage.saved == []


def test_an_agent_called_like_one_that_is_known_is_refused(stage: Stage) -> None:
    stage.press("Add an agent…")
    stage.type("Name", "Codex")
    stage.type("Programs", "mytool")
    stage.press("Save")

    assert stage.says("Give it another name.")


def test_the_example_is_tried_on_its_own_log_before_anything_is_saved(stage: Stage) -> None:
    stage.press("Add an agent…")
    stage.press("Start from an example")

    assert stage.says("8 lines:")
    assert stage.saved == []


def test_a_file_is_tried_line_by_line(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("run\n")
    stage.press("Add an agent…")
    stage.window.sample_asked.emit(str(log))

    assert stage.says("1 line: 1 means nothing")


def test_a_remote_shows_the_command_to_copy_once_it_is_there(stage: Stage) -> None:
    stage.goes_to("Remotes")
    stage.press("Add a remote…")
    stage.type("Name", "no such name")
    stage.press("Save")
    assert stage.says("use what ssh knows it by")

    stage.type("Name", "build-box")
    stage.press("Save")

    assert stage.saved[-1].remotes == (Remote("build-box"),)
    shown = [one.toPlainText() for one in stage.window.findChildren(QPlainTextEdit) if one.isVisible()]
    socket = Path(os.environ["XDG_RUNTIME_DIR"]) / "agent-tray/remote-build-box.sock"
    assert any(str(socket) in one for one in shown)
