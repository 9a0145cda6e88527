"""Labels for what others wrote."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.labels import ElidedLabel, PlainLabel, WrapLabel
from desktop.windows.theme import Ink, Theme, Type


@pytest.fixture
def theme(qapp: object) -> Theme:
    return Theme(ColourScheme.LIGHT)


@pytest.mark.parametrize("kind", [PlainLabel, ElidedLabel, WrapLabel])
def test_attack_1_markup_is_text(theme: Theme, qtbot: QtBot, kind: type[PlainLabel]) -> None:
    label = kind(theme)
    qtbot.addWidget(label)

    label.setText('<span style="font-size:1px">rm -rf ~</span>')

    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.sizeHint().width() > 150


def test_a_word_longer_than_its_place_is_broken_and_never_widens_it(theme: Theme, qtbot: QtBot) -> None:
    label = WrapLabel(theme)
    qtbot.addWidget(label)
    label.setText("x" * 1000)

    assert label.minimumSizeHint().width() < 50
    assert label.heightForWidth(200) > 20 * label.fontMetrics().height()


def test_a_line_that_fits_is_one_line(theme: Theme, qtbot: QtBot) -> None:
    label = WrapLabel(theme, Type.BODY, Ink.MUTED)
    qtbot.addWidget(label)
    label.setText("wants to run a command in ~/src/payments-api")

    assert label.heightForWidth(label.sizeHint().width()) <= label.fontMetrics().lineSpacing() + 2


def test_newlines_are_lines(theme: Theme, qtbot: QtBot) -> None:
    label = WrapLabel(theme)
    qtbot.addWidget(label)
    label.setText("a")
    one = label.heightForWidth(300)

    label.setText("a\nb\nc")

    assert label.heightForWidth(300) >= 3 * one - 2


def test_an_elided_label_takes_no_more_place_than_it_is_given(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel(theme)
    qtbot.addWidget(label)
    label.setText("x" * 500)

    assert label.minimumSizeHint().width() == 0


def test_another_ink_is_drawn(theme: Theme, qtbot: QtBot) -> None:
    label = WrapLabel(theme)
    qtbot.addWidget(label)
    label.setText("Trouble")
    before = label.grab().toImage()

    label.set_ink(Ink.RED)

    assert label.grab().toImage() != before
