"""Buttons that answer."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.theme import CONTROL_HEIGHT, Button, Theme


@pytest.fixture
def theme(qapp: object) -> Theme:
    return Theme(ColourScheme.LIGHT)


def test_a_long_label_is_cut_on_the_button_and_whole_for_a_screen_reader(theme: Theme, qtbot: QtBot) -> None:
    button = AnswerButton(theme, "word " * 30)
    qtbot.addWidget(button)

    assert len(button.text()) < 60
    assert button.accessibleName() == ("word " * 30).strip()


def test_it_is_never_smaller_than_a_comfortable_target(theme: Theme, qtbot: QtBot) -> None:
    button = AnswerButton(theme, "x")
    qtbot.addWidget(button)

    assert button.minimumSizeHint().height() >= CONTROL_HEIGHT


def test_the_key_at_its_edge_gives_way_to_the_words(theme: Theme, qtbot: QtBot) -> None:
    button = AnswerButton(theme, "Allow", "Ctrl+⏎", Button.PRIMARY)
    qtbot.addWidget(button)

    assert button.minimumSizeHint().width() < button.sizeHint().width()


def test_progress_is_seen_while_it_runs_and_gone_when_done(theme: Theme, qtbot: QtBot) -> None:
    button = AnswerButton(theme, "Allow", kind=Button.PRIMARY)
    qtbot.addWidget(button)
    button.setEnabled(False)
    still = button.grab().toImage()

    button.show_progress(0.5)
    assert button.grab().toImage() != still

    button.show_progress(1.0)
    assert button.grab().toImage() == still
