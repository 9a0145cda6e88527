"""The small faces of the mini window."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.domain.settings import ColourScheme
from desktop.windows import mini_item
from desktop.windows.mini_strip import Line, Pill, headline, told
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, board, permission, row


@pytest.fixture
def frame(qtbot: QtBot) -> QWidget:
    frame = QWidget()
    qtbot.addWidget(frame)
    return frame


@pytest.fixture
def theme(qtbot: QtBot) -> Theme:
    return Theme(ColourScheme.LIGHT)


def busy() -> Board:
    return board(
        row(1, Phase.NEEDS_APPROVAL, "Fix refunds", permission()),
        row(2, Phase.FAILED, "Break things"),
        row(3, Phase.WORKING, "Write docs"),
        row(4, Phase.IDLE, "Sleep"),
    )


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.text()]


def test_all_that_need_the_person_are_one_number_and_what_rests_is_left_out() -> None:
    assert told(busy()) == ((Phase.NEEDS_APPROVAL, 2), (Phase.WORKING, 1))


def test_the_headline_tells_what_goes_on_and_not_what_waits() -> None:
    assert headline(busy()) == "1 working"
    assert headline(Board(NOW)) == ""


def test_the_pill_says_its_numbers_and_all_of_it_in_words(theme: Theme, frame: QWidget) -> None:
    pill = Pill(theme, busy(), NOW, frame)

    assert texts(pill) == ["2", "1"]
    assert "need" in pill.accessibleName()


def test_the_line_names_the_first_and_counts_the_others(theme: Theme, frame: QWidget) -> None:
    items = mini_item.waiting(busy())

    line = Line(theme, busy(), items[0], len(items), frame)

    assert texts(line)[:2] == [items[0].row.name, "and 1 more"]
    assert line.age is not None


def test_without_anything_waiting_the_line_has_no_age(theme: Theme, frame: QWidget) -> None:
    quiet = board(row(3, Phase.WORKING, "Write docs"))

    line = Line(theme, quiet, None, 0, frame)

    assert line.age is None
    assert "1 working" in texts(line)
