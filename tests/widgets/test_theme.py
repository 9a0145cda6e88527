"""The theme follows the system and the person."""

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.formats.palette import DARK, LIGHT, contrast
from desktop.windows.theme import Button, Ink, Theme, Type, is_high_contrast, palette_tokens, set_button


@pytest.fixture
def application_palette(qapp: QApplication) -> Iterator[QPalette]:
    before = QPalette(qapp.palette())
    yield QPalette(before)
    qapp.setPalette(before)


def _one_ground(ground: str, text: str) -> QPalette:
    palette = QPalette()
    for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base, QPalette.ColorRole.Button):
        palette.setColor(role, QColor(ground))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(role, QColor(text))
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#1AEBFF"))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("#000000"))
    return palette


def test_a_chosen_scheme_is_taken(qtbot: QtBot) -> None:
    assert Theme(ColourScheme.LIGHT).tokens == LIGHT
    assert Theme(ColourScheme.DARK).tokens == DARK


def test_a_new_choice_is_told_once_and_the_same_choice_is_not(qtbot: QtBot) -> None:
    theme = Theme(ColourScheme.LIGHT)
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(theme.is_dark))

    theme.set_scheme(ColourScheme.DARK)
    theme.set_scheme(ColourScheme.DARK)

    assert told == [True]


def test_where_the_system_says_nothing_its_palette_is_looked_at(
    qapp: QApplication, application_palette: QPalette
) -> None:
    application_palette.setColor(QPalette.ColorRole.Window, QColor("#303030"))
    application_palette.setColor(QPalette.ColorRole.WindowText, QColor("#EEEEEE"))
    qapp.setPalette(application_palette)

    assert Theme().is_dark


def test_the_palette_of_an_ordinary_desktop_is_not_high_contrast(qapp: QApplication) -> None:
    assert not is_high_contrast(qapp.palette())


@pytest.mark.parametrize(("ground", "text"), [("#000000", "#FFFFFF"), ("#FFFFFF", "#000000"), ("#2D3236", "#FFFFFF")])
def test_a_high_contrast_palette_is_taken_over(
    qapp: QApplication, application_palette: QPalette, ground: str, text: str
) -> None:
    qapp.setPalette(_one_ground(ground, text))

    theme = Theme()

    assert (theme.tokens.ground, theme.tokens.text, theme.tokens.accent) == (ground, text, "#1AEBFF")
    assert contrast(theme.tokens.red, ground) >= 4.5


def test_tokens_of_a_palette_are_whole_colours() -> None:
    assert palette_tokens(_one_ground("#000000", "#FFFF00")).muted == "#FFFF00"


def test_a_larger_system_font_makes_every_text_larger(qapp: QApplication) -> None:
    theme = Theme(ColourScheme.LIGHT)
    usual = qapp.font()
    before = theme.font(Type.BODY).pointSizeF()
    large = qapp.font()
    large.setPointSizeF(usual.pointSizeF() * 2.5)

    qapp.setFont(large)
    after = theme.font(Type.BODY).pointSizeF()
    qapp.setFont(usual)

    assert after > before * 1.3


def test_code_is_drawn_in_a_font_of_fixed_pitch(qtbot: QtBot) -> None:
    assert QFontInfo(Theme(ColourScheme.LIGHT).font(Type.CODE)).fixedPitch()


@pytest.mark.parametrize("scheme", [ColourScheme.LIGHT, ColourScheme.DARK])
def test_a_label_takes_the_colour_of_its_ink(qtbot: QtBot, scheme: ColourScheme) -> None:
    theme = Theme(scheme)
    label = QLabel("waits")
    qtbot.addWidget(label)
    label.setStyleSheet(theme.stylesheet())

    theme.dress(label, Type.STRONG, Ink.RED)
    label.ensurePolished()

    assert label.palette().color(label.foregroundRole()) == QColor(theme.tokens.red)


def test_the_primary_button_is_drawn_in_the_accent(qtbot: QtBot) -> None:
    theme = Theme(ColourScheme.LIGHT)
    button = QPushButton("Review")
    qtbot.addWidget(button)
    button.setStyleSheet(theme.stylesheet())

    set_button(button, Button.PRIMARY)
    button.resize(120, 28)

    assert button.grab().toImage().pixelColor(6, 14) == QColor(theme.tokens.accent)
