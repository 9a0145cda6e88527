"""A row opened."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.domain.board import Row
from desktop.domain.phase import Phase
from desktop.domain.replies import Jump
from desktop.domain.settings import Answering, ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import Drafts
from desktop.windows.session_card import SessionCard
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, permission, row


@pytest.fixture
def card(qtbot: QtBot) -> SessionCard:
    theme = Theme(ColourScheme.LIGHT)
    made = SessionCard(theme, lambda: NOW, Drafts(), Answering(), None)  # type: ignore[arg-type]
    theme.setParent(made)
    qtbot.addWidget(made)
    return made


def _said(card: SessionCard) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card))


def _asking(*requests: str) -> Row:
    return row(1, Phase.NEEDS_APPROVAL, "Fix", *(permission(request=name) for name in requests))


def test_the_request_before_the_person_stays_when_an_older_one_comes_first(card: SessionCard) -> None:
    card.show_row(_asking("r2"))

    card.show_row(_asking("r1", "r2"))

    assert card.request is not None
    assert card.request.id == "r2"


def test_without_a_request_it_says_what_it_did_and_which_files_changed(card: SessionCard) -> None:
    done = replace(row(1, Phase.NEEDS_REVIEW, line="Search ranks by date."), changed_files=("/src/a.py",) * 12)

    card.show_row(done)

    assert "Search ranks by date." in _said(card)
    assert "/src/a.py" in _said(card)
    assert "4 more" in _said(card)
    assert card.request is None


def test_what_became_of_the_last_reply_is_told(card: SessionCard) -> None:
    card.show_row(replace(row(1), notice="already answered in the terminal"))

    assert "already answered in the terminal" in _said(card)


def test_it_is_as_high_as_its_content(card: SessionCard, qtbot: QtBot) -> None:
    card.show_row(row(1))
    card.resize(420, 500)
    card.show()
    small = card.height_for(420)

    card.show_row(_asking("r1"))

    qtbot.waitUntil(lambda: card.height_for(420) > small + 60)


def test_its_terminal_is_offered_where_there_is_a_way_and_told_of_where_there_is_none(
    card: SessionCard, qtbot: QtBot
) -> None:
    button = next(one for one in card.findChildren(AnswerButton) if one.accessibleName() == "Go to its terminal")
    said: list[object] = []
    card.intent_made.connect(said.append)

    card.show_row(replace(row(1), terminal="It runs in no terminal."))
    card.jump()
    assert not button.isVisibleTo(card)
    assert said == []

    card.show_row(replace(row(1), can_jump=True, terminal="In tmux."))
    button.click()

    assert said == [Jump(row(1).session)]
    next(one for one in card.findChildren(AnswerButton) if one.accessibleName() == "Explain").click()
    assert "Terminal: In tmux." in _said(card)
