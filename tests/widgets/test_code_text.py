"""Text that others wrote, as it is."""

import pytest
from PySide6.QtGui import QTextCharFormat
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.formats.text import Span
from desktop.windows.code_text import LONGEST_LINE, CodeText, in_short_lines, merged
from desktop.windows.theme import Theme


@pytest.fixture
def code(qtbot: QtBot) -> CodeText:
    theme = Theme(ColourScheme.LIGHT)
    made = CodeText(theme, 3)
    made.theme = theme  # type: ignore[attr-defined]  # lives as long
    qtbot.addWidget(made)
    return made


def test_it_is_as_high_as_its_text_up_to_a_limit(code: CodeText) -> None:
    heights = []
    for lines in (1, 2, 3, 4, 100):
        code.fill([("\n".join("x" * lines), QTextCharFormat())])
        heights.append(code.sizeHint().height())

    assert heights[0] < heights[1] < heights[2]
    assert heights[2] == heights[3] == heights[4]
    assert code.minimumSizeHint().height() == heights[4]


def test_it_takes_no_typing(code: CodeText, qtbot: QtBot) -> None:
    code.fill([("ls", QTextCharFormat())])

    qtbot.keyClicks(code, "rm")

    assert code.toPlainText() == "ls"


def test_a_long_line_is_cut_into_pieces_and_nothing_is_lost() -> None:
    text = "x" * (2 * LONGEST_LINE + 1) + "\n" + "y" * 3

    pieces = list(in_short_lines([Span(text[:10], is_odd=True), Span(text[10:], is_odd=False)]))

    shown = "".join(piece for piece, _ in pieces)
    assert [len(line) for line in shown.split("\n")] == [LONGEST_LINE, LONGEST_LINE, 1, 3]
    assert [is_odd for _, is_odd in pieces] == [True, False, False]


def test_neighbours_of_one_kind_are_joined() -> None:
    spans = [Span("a", is_odd=False), Span("b", is_odd=False), Span("c", is_odd=True)]

    assert list(merged(spans)) == [Span("ab", is_odd=False), Span("c", is_odd=True)]
    assert list(merged([])) == []
