"""Where a reason is typed."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.reason_box import ReasonBox
from desktop.windows.theme import Theme


class Stage:
    """A box, and what it told."""

    def __init__(self, qtbot: QtBot) -> None:
        self.theme = Theme(ColourScheme.LIGHT)
        self.box = ReasonBox(self.theme, None)  # type: ignore[arg-type]  # a window here
        self.told: list[tuple[str, str]] = []
        self.box.submitted.connect(lambda reason: self.told.append(("submitted", reason)))
        self.box.draft_changed.connect(lambda draft: self.told.append(("draft", draft)))
        self.box.given_up.connect(lambda: self.told.append(("given up", "")))
        qtbot.addWidget(self.box)

    @property
    def edit(self) -> DraftEdit:
        """Where one types."""
        return self.box.findChild(DraftEdit)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_it_is_hidden_until_asked_for_or_while_there_is_a_draft(stage: Stage) -> None:
    assert stage.box.isHidden()
    stage.box.open()
    assert not stage.box.isHidden()
    stage.box.show_draft("", is_plan=False)
    assert stage.box.isHidden()
    stage.box.show_draft("because", is_plan=True)
    assert not stage.box.isHidden()
    assert stage.box.send.accessibleName() == "Send back"
    assert stage.told == []


def test_what_is_typed_is_told_and_sent_when_it_is_something(stage: Stage, qtbot: QtBot) -> None:
    stage.box.open()
    qtbot.mouseClick(stage.box.send, Qt.MouseButton.LeftButton)

    qtbot.keyClicks(stage.edit, "no")
    qtbot.keyClick(stage.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert stage.told == [("draft", "n"), ("draft", "no"), ("submitted", "no")]


def test_escape_puts_it_away(stage: Stage, qtbot: QtBot) -> None:
    stage.box.open()

    qtbot.keyClick(stage.edit, Qt.Key.Key_Escape)

    assert stage.box.isHidden()
    assert stage.told == [("given up", "")]
