"""The text that is decided about."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.code_text import LONGEST_LINE
from desktop.windows.request_text import RequestText, bytes_of
from desktop.windows.theme import Theme


@pytest.fixture
def shown(qtbot: QtBot) -> RequestText:
    window = QWidget()
    made = RequestText(Theme(ColourScheme.LIGHT, window))
    layout = QVBoxLayout(window)
    layout.addWidget(made)
    layout.addStretch()
    window.resize(400, 500)
    qtbot.addWidget(window)
    made.window_kept = window  # type: ignore[attr-defined]
    with qtbot.waitExposed(window):
        window.show()
    return made


def test_a_short_text_fits_and_its_end_is_seen(shown: RequestText, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.end_seen):
        shown.show_text("alembic upgrade head &&\n  pytest -q tests/refunds")

    assert shown.fits


def test_a_long_text_shows_its_head_and_its_end_only_when_scrolled_to(shown: RequestText, qtbot: QtBot) -> None:
    shown.show_text("\n".join(f"line {number}" for number in range(500)))
    qtbot.waitUntil(lambda: shown.verticalScrollBar().maximum() > 0)
    assert not shown.is_end_seen

    shown.verticalScrollBar().setValue(shown.verticalScrollBar().maximum() - 1)
    shown.repaint()
    assert not shown.is_end_seen

    with qtbot.waitSignal(shown.end_seen):
        shown.verticalScrollBar().setValue(shown.verticalScrollBar().maximum())


def test_another_text_has_to_be_seen_again(shown: RequestText, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.end_seen):
        shown.show_text("one")

    shown.show_text("\n".join("two" for _ in range(500)))

    assert not shown.is_end_seen


def test_a_hidden_text_was_not_seen(shown: RequestText, qtbot: QtBot) -> None:
    shown.window().hide()
    shown.show_text("one")

    with qtbot.assertNotEmitted(shown.end_seen, wait=50):
        shown.repaint()

    assert not shown.is_end_seen


def test_lines_are_cut_across_odd_characters_too(shown: RequestText) -> None:
    shown.show_text("ab\u200b" * 3000)

    document = shown.document()
    assert max(document.findBlockByNumber(n).length() - 1 for n in range(document.blockCount())) <= LONGEST_LINE
    assert shown.toPlainText().replace("\n", "").count("U+200B") == 3000


def test_nothing_can_be_typed_into_it(shown: RequestText, qtbot: QtBot) -> None:
    shown.show_text("ls")

    qtbot.keyClicks(shown, "rm ")
    qtbot.keyClick(shown, Qt.Key.Key_Backspace)

    assert shown.toPlainText() == "ls"


def test_a_lone_surrogate_has_bytes_too() -> None:
    assert bytes_of("é\ud800") == 5
