"""A request that only its terminal can answer says so, and what would help."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.domain.board import Row
from desktop.domain.phase import Phase
from desktop.domain.requests import Reach, Request
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.terminal_note import TerminalNote
from desktop.windows.theme import Theme
from tests.widgets.boards import permission, row, subagent

WORDLESS = replace(permission(reach=Reach.TERMINAL, text=""), why_not="Answer it in the terminal of the session.")


class Stage:
    """A note, and what can be read in it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.theme = Theme(ColourScheme.LIGHT)
        self.note = TerminalNote(self.theme, None)  # type: ignore[arg-type]  # a window here
        qtbot.addWidget(self.note)

    def shows(self, request: Request, **changes: object) -> str:
        """Show *request*; what is said about it."""
        asked: Row = replace(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request), **changes)  # type: ignore[arg-type]
        self.note.show_request(request, asked)
        return self.note.findChild(WrapLabel).text().replace("\u2068", "").replace("\u2069", "")

    @property
    def buttons(self) -> list[str]:
        """What is offered."""
        offered = self.note.findChildren(AnswerButton)
        return [button.accessibleName() for button in offered if button.isVisibleTo(self.note)]


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_for_what_can_be_answered_here_nothing_is_said(stage: Stage) -> None:
    stage.shows(permission(), is_connected=True)

    assert stage.note.isHidden()


def test_without_words_it_says_what_is_known_and_what_connecting_brings(stage: Stage) -> None:
    said = stage.shows(WORDLESS, subagents=(subagent("explorer"),))

    assert said == (
        "What it asks is told in its terminal only. "
        "Its subagent explorer is running and may be the one that asks. "
        "Answer it in the terminal of the session. "
        "Once Robot is connected, such requests are shown here in full and can be answered here."
    )
    assert stage.buttons == ["Connect…"]


def test_several_subagents_are_named_and_none_is_accused(stage: Stage) -> None:
    said = stage.shows(WORDLESS, subagents=tuple(map(subagent, ("explorer", "tester", "writer", "fourth"))))

    assert "Its subagents explorer, tester, writer are running; one of them may be asking." in said


def test_what_is_shown_in_full_could_be_answered_here_when_connected(stage: Stage) -> None:
    said = stage.shows(permission(reach=Reach.TERMINAL))

    assert said.endswith("Once Robot is connected, you can answer such requests here too.")


def test_a_connected_agent_is_not_to_be_connected(stage: Stage) -> None:
    said = stage.shows(WORDLESS, is_connected=True, resume_command="robot --resume 1")

    assert "Once" not in said
    assert stage.buttons == ["Copy resume command"]


def test_a_reason_without_a_way_out_is_given_one(stage: Stage) -> None:
    unverified = replace(permission(), is_verified=False)

    assert stage.shows(unverified) == "It cannot be answered from here. Answer it in its terminal."
    assert stage.buttons == []


def test_its_buttons_ask(stage: Stage, qtbot: QtBot) -> None:
    asked: list[str] = []
    stage.note.connect_asked.connect(lambda: asked.append("connect"))
    stage.note.resume_asked.connect(lambda: asked.append("resume"))
    stage.shows(WORDLESS, resume_command="robot --resume 1")
    for button in stage.note.findChildren(AnswerButton):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert sorted(asked) == ["connect", "resume"]
