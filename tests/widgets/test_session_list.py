"""The list with its one opened row."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.domain.settings import ColourScheme
from desktop.windows.draft_edit import Drafts
from desktop.windows.session_list import SessionList
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, Clock, board, permission, row


@pytest.fixture
def shown(qtbot: QtBot) -> SessionList:
    theme = Theme(ColourScheme.LIGHT)
    made = SessionList(theme, lambda: NOW, Drafts())
    theme.setParent(made)
    made.resize(420, 500)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_click_on_a_row_opens_it_and_a_double_click_leaves_it_open(shown: SessionList, qtbot: QtBot) -> None:
    shown.show_board(board(row(1), row(2)))
    place = shown.visualRect(shown.session_model.index_of(SessionId("robot:2"))).center()

    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert shown.opened_session == "robot:2"


def test_only_one_row_is_open(shown: SessionList) -> None:
    shown.show_board(board(row(1), row(2)))

    shown.open(SessionId("robot:1"))
    shown.open(SessionId("robot:2"))

    assert shown.opened_session == "robot:2"
    assert shown.drawn_widgets == 1


def test_an_opened_row_takes_the_height_of_its_card(shown: SessionList, qtbot: QtBot) -> None:
    shown.show_board(board(row(1, Phase.NEEDS_APPROVAL, "Fix", permission()), row(2)))
    shown.open(SessionId("robot:1"))
    card = shown.card
    assert card is not None

    def is_fitted() -> bool:
        wanted = card.height_for(shown.viewport().width())
        place = shown.visualRect(shown.session_model.index_of(SessionId("robot:1")))
        return place.height() == wanted == card.height()

    qtbot.waitUntil(is_fitted)


def test_a_row_that_is_not_there_is_not_opened(shown: SessionList) -> None:
    shown.show_board(board(row(1)))

    shown.open(SessionId("robot:9"))

    assert shown.card is None


def test_the_next_in_need_goes_round(shown: SessionList) -> None:
    rows = [
        row(number, Phase.NEEDS_APPROVAL, "x", permission(f"robot:{number}", request=f"r{number}")) for number in (1, 2)
    ]
    shown.show_board(board(*rows, row(3)))

    met = []
    for _ in range(3):
        session = shown.next_in_need()
        assert session is not None
        shown.open(session)
        met.append(session)

    assert met == ["robot:1", "robot:2", "robot:1"]


def test_a_filter_that_hides_the_opened_row_closes_it(shown: SessionList) -> None:
    shown.show_board(board(row(1, name="Cart"), row(2, name="Search")))
    shown.open(SessionId("robot:1"))

    shown.set_filter("search")

    assert shown.card is None


def test_a_board_that_comes_when_an_age_is_over_does_not_leave_the_old_one_standing(qtbot: QtBot) -> None:
    clock = Clock()
    theme = Theme(ColourScheme.LIGHT)
    shown = SessionList(theme, clock, Drafts())
    theme.setParent(shown)
    qtbot.addWidget(shown)
    shown.show()
    shown.show_board(board(row(1)))
    told: list[None] = []
    shown.aged.connect(lambda: told.append(None))

    shown.show_board(board(row(1)))
    assert told == []

    clock.now += timedelta(minutes=1)
    shown.show_board(board(row(1)))
    assert told == [None]
