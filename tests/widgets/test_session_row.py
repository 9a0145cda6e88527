"""Rows as they are drawn."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.domain.board import Row
from desktop.domain.phase import Phase
from desktop.domain.requests import Reach
from desktop.domain.settings import ColourScheme
from desktop.windows.session_row import draw_row, quick_choices, row_height, where_and_what, where_and_who
from desktop.windows.theme import ROW_HEIGHT, Theme
from tests.widgets.boards import NOW, question, row


@pytest.fixture
def theme(qapp: object) -> Theme:
    return Theme(ColourScheme.LIGHT)


def _drawn(shown: Row, theme: Theme) -> QImage:
    image = QImage(420, 46, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.tokens.ground))
    painter = QPainter(image)
    draw_row(painter, QRect(0, 0, 420, 46), shown, where_and_what(shown), NOW, theme, 1.0)
    painter.end()
    return image


def test_a_row_keeps_its_height_at_the_usual_font(theme: Theme) -> None:
    assert row_height(theme) >= ROW_HEIGHT


def test_name_line_phase_and_age_are_all_drawn(theme: Theme) -> None:
    plain = row(1)
    variants = [
        replace(plain, name="Another"),
        replace(plain, line="something else"),
        replace(plain, phase=Phase.IDLE),
        replace(plain, since=NOW - timedelta(hours=3)),
    ]

    assert all(_drawn(other, theme) != _drawn(plain, theme) for other in variants)


def test_a_long_name_stops_before_the_age(theme: Theme) -> None:
    long, short = replace(row(1), name="word " * 100), row(1)

    age = QRect(359, 0, 61, 30)
    assert _drawn(long, theme).copy(age) == _drawn(short, theme).copy(age)


def test_attack_14_every_part_of_a_line_is_fenced() -> None:
    shown = replace(row(1), project="שלום", branch="b\u202ec")

    assert "\u2068שלום\u2069 · " in where_and_what(shown)
    assert "\u202e" not in where_and_who(shown)


def _with(request: object) -> Row:
    return row(2, Phase.NEEDS_ANSWER, "x", request, line="Which?")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(question("robot:2", "a" * 40), id="a long label"),
        pytest.param(question("robot:2", "a", "b", "c", "d"), id="many labels"),
        pytest.param(question(is_multiple=True), id="several answers"),
        pytest.param(replace(question(), reach=Reach.TERMINAL), id="not from here"),
        pytest.param(replace(question(), is_answering=True), id="on its way"),
        pytest.param(replace(question(), questions=question().questions * 2), id="two questions"),
        pytest.param(question("robot:2", "p\u0430y", "b"), id="mixed scripts"),
    ],
)
def test_buttons_stand_in_a_row_only_for_one_short_clear_question(request_: object) -> None:
    assert quick_choices(_with(request_)) is None
    assert quick_choices(_with(question())) == question()


def test_an_opened_row_says_which_task_it_belongs_to() -> None:
    assert "Refunds" in where_and_who(replace(row(), task="Refunds"))
