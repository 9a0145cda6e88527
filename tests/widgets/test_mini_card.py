"""One item on the mini window's card; what the window makes of it is tested with the window."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.domain.replies import Jump
from desktop.domain.requests import Reach, Request
from desktop.domain.settings import ColourScheme
from desktop.windows.mini_card import MiniCard
from desktop.windows.mini_item import MiniItem
from desktop.windows.theme import Theme
from tests.widgets.boards import permission, row

Show = Callable[..., MiniCard]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    theme, frame = Theme(ColourScheme.LIGHT), QWidget()
    qtbot.addWidget(frame)

    def made(request: Request, *warnings: str, place: tuple[int, int] = (1, 1)) -> MiniCard:
        of = replace(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request), warnings=warnings)
        return MiniCard(theme, MiniItem(of, request), place, frame)

    return made


def said(card: MiniCard) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card))


def buttons(card: MiniCard) -> list[str]:
    return [button.accessibleName() for button in card.findChildren(QPushButton) if button.isVisibleTo(card)]


def test_nothing_on_it_allows(show: Show) -> None:
    found = buttons(show(permission()))

    assert "Review…" in found
    assert not [name for name in found if "allow" in name.lower() or "approve" in name.lower()]


def test_what_is_to_be_feared_is_left_to_the_review(show: Show) -> None:
    card = show(permission(text="sudo rm -r build"), "takes privilege", "deletes recursively")

    assert "Careful" not in said(card)
    assert "privilege" not in said(card)


def test_no_answer_is_taken_for_a_moment(show: Show, qtbot: QtBot) -> None:
    card = show(permission())
    [deny] = [button for button in card.findChildren(QPushButton) if button.accessibleName() == "Deny"]
    assert not deny.isEnabled()

    qtbot.waitUntil(deny.isEnabled)


def test_how_many_there_are_is_told_only_when_there_are_more(show: Show) -> None:
    assert "Show the next one" not in buttons(show(permission()))
    assert "Show the next one" in buttons(show(permission(), place=(1, 3)))


def test_what_was_answered_elsewhere_stays_to_be_read_and_takes_no_answer(show: Show, qtbot: QtBot) -> None:
    card = show(permission())

    card.show_gone()
    card.show_item(card.item, (1, 1))

    assert "Already answered elsewhere." in said(card)


def test_why_it_cannot_be_answered_here_is_told(show: Show) -> None:
    assert "its hook is not connected" in said(show(permission(reach=Reach.TERMINAL)))


def test_what_can_only_be_answered_in_the_terminal_leads_there(qtbot: QtBot) -> None:
    theme, frame = Theme(ColourScheme.LIGHT), QWidget()
    qtbot.addWidget(frame)
    there = replace(permission(), reach=Reach.TERMINAL)
    said: list[object] = []

    def card(request: Request, *, can_jump: bool) -> MiniCard:
        of = replace(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request), can_jump=can_jump)
        made = MiniCard(theme, MiniItem(of, request), (1, 1), frame)
        made.jump_asked.connect(said.append)
        return made

    assert "Go to its terminal" not in buttons(card(there, can_jump=False))
    assert "Go to its terminal" not in buttons(card(permission(), can_jump=True))
    shown = card(there, can_jump=True)
    next(one for one in shown.findChildren(QPushButton) if one.accessibleName() == "Go to its terminal").click()

    assert said == [Jump(there.session)]
