"""What becomes of what a person types."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.draft_edit import DraftEdit, Drafts, PutAwayDraft
from desktop.windows.theme import Theme


@pytest.fixture
def theme(qapp: object) -> Theme:
    return Theme(ColourScheme.LIGHT)


def test_a_blank_draft_is_forgotten() -> None:
    drafts = Drafts()
    drafts.keep("r1", "text")
    drafts.keep("r1", "  \n")

    assert drafts["r1"] == ""


def test_escape_gives_up_and_keeps_the_text(theme: Theme, qtbot: QtBot) -> None:
    edit = DraftEdit(theme, "Reason")
    qtbot.addWidget(edit)
    qtbot.keyClicks(edit, "because")

    with qtbot.waitSignal(edit.given_up):
        qtbot.keyClick(edit, Qt.Key.Key_Escape)

    assert edit.toPlainText() == "because"


def test_it_grows_with_the_text_to_a_bound(theme: Theme, qtbot: QtBot) -> None:
    edit = DraftEdit(theme, "Reason")
    qtbot.addWidget(edit)
    small = edit.sizeHint().height()

    edit.setPlainText("\n" * 4)
    middle = edit.sizeHint().height()
    edit.setPlainText("\n" * 400)

    assert small < middle < edit.sizeHint().height() < 200


def test_a_draft_put_away_says_why_and_can_be_discarded(theme: Theme, qtbot: QtBot) -> None:
    away = PutAwayDraft(theme)
    qtbot.addWidget(away)

    away.show_draft("because {reason} %n", "answered in the terminal")
    told = [label.text() for label in away.findChildren(QLabel)]
    assert "because {reason} %n" in told
    assert any("answered in the terminal" in one for one in told)

    with qtbot.waitSignal(away.dismissed):
        away._dismiss.click()
    assert away.draft == ""
