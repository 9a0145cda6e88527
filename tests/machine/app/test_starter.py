"""Beginning a session from the window."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.app.starter import Starter
from desktop.domain.events import SessionDescribed, TurnFinished
from desktop.domain.settings import ColourScheme
from desktop.formats.session_starts import over_acp
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.start_window import StartWindow
from desktop.windows.theme import Theme
from tests.fakes import acp_agent
from tests.fakes.fake_agent_record import FAKE, Heard


class Desk:
    """A person before the form."""

    def __init__(self, qtbot: QtBot, program: Path, home: Path) -> None:
        self.qtbot = qtbot
        self.heard = Heard()
        self.theme = Theme(ColourScheme.LIGHT)
        agent = replace(FAKE, start=over_acp(program.name, acp_agent.__file__))
        self.starter = Starter([agent, FAKE], self.theme, self.heard, lambda act: QTimer.singleShot(0, self.theme, act))

    @property
    def window(self) -> StartWindow:
        assert self.starter._window is not None
        return self.starter._window

    def begins(self, directory: Path, prompt: str) -> None:
        self.starter.open("fake", str(directory), prompt)
        self.window.start_asked.emit(FAKE.kind, str(directory), prompt)

    def says(self, words: str) -> bool:
        return any(words in label.text() and label.isVisible() for label in self.window.findChildren(QLabel))


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    program = tmp_path / "bin" / "fake-agent"
    program.parent.mkdir()
    program.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(program.parent))
    found = Desk(qtbot, program, tmp_path)
    yield found
    found.starter.stop(5.0)
    if found.starter._window is not None:
        found.starter._window.deleteLater()
    found.theme.deleteLater()


def test_a_session_begins_where_and_with_what_was_typed(desk: Desk, tmp_path: Path) -> None:
    desk.begins(tmp_path, "hello")

    event, _ = desk.heard.wait(lambda event: isinstance(event, SessionDescribed))
    assert isinstance(event, SessionDescribed)
    assert event.cwd == str(tmp_path)
    desk.heard.wait(lambda event: isinstance(event, TurnFinished) and event.last_words == "you said: hello")
    assert not desk.window.isVisible()


def test_a_directory_that_is_not_there_is_told_and_nothing_begins(desk: Desk, tmp_path: Path) -> None:
    desk.begins(tmp_path / "nowhere", "hello")

    assert desk.says("is not a directory")
    assert desk.window.findChild(DraftEdit).toPlainText() == "hello"


def test_nothing_begins_where_the_agent_was_not_told_to_trust(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = replace(over_acp("fake-agent"), trusts=lambda content, directory: False)
    monkeypatch.setattr(desk.starter, "_agents", {FAKE.kind: (FAKE, start)})

    desk.begins(tmp_path, "hello")

    assert desk.says("Fake was not told yet whether to trust")
    assert desk.window.findChild(DraftEdit).toPlainText() == "hello"
    assert desk.heard.events == []


def test_a_program_that_is_gone_is_told(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    desk.begins(tmp_path, "hello")

    assert desk.says("is not on the PATH that Agent Tray was started with")


def test_one_that_does_not_begin_brings_the_form_back_with_what_was_typed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.starter, "_agents", {FAKE.kind: (FAKE, over_acp("fake-agent", "-c", ""))})

    desk.begins(tmp_path, "hello")

    desk.qtbot.waitUntil(lambda: desk.says("Fake did not begin: its process ended."))
    assert desk.window.findChild(DraftEdit).toPlainText() == "hello"
