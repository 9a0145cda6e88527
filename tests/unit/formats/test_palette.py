"""The colours, measured."""

import re

import pytest

from desktop.domain.phase import Phase
from desktop.formats import palette
from desktop.formats.palette import DARK, LIGHT, Tokens, contrast, glyph_svg, phase_colour, system_tokens

GROUNDS = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
TEXT_ROLES = ("text", "muted", "red", "amber", "violet", "blue", "accent")


def test_contrast_is_that_of_the_web_guidelines() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


@GROUNDS
@pytest.mark.parametrize("role", TEXT_ROLES)
def test_every_text_role_reads_on_every_ground(tokens: Tokens, role: str) -> None:
    colour = getattr(tokens, role)

    worst = min(contrast(colour, ground) for ground in tokens.grounds)

    assert worst >= palette.TEXT_RATIO


@GROUNDS
def test_words_on_the_accent_read(tokens: Tokens) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= palette.TEXT_RATIO


@GROUNDS
@pytest.mark.parametrize("phase", Phase)
def test_every_glyph_stands_out_from_every_ground(tokens: Tokens, phase: Phase) -> None:
    worst = min(contrast(phase_colour(phase, tokens), ground) for ground in tokens.grounds)

    assert worst >= palette.SHAPE_RATIO


@pytest.mark.parametrize("tokens", [("#000000", "#FFFF00"), ("#FFFFFF", "#000000"), ("#202000", "#00FF00")])
def test_colours_that_a_person_chose_are_kept_and_ours_are_moved_until_they_read(tokens: tuple[str, str]) -> None:
    ground, text = tokens

    made = system_tokens(ground, ground, text, accent="#1AEBFF", on_accent="#000000")

    assert (made.ground, made.text, made.muted, made.accent) == (ground, text, text, "#1AEBFF")
    assert min(contrast(phase_colour(phase, made), ground) for phase in Phase) >= palette.TEXT_RATIO


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_drawing_in_one_colour(phase: Phase) -> None:
    drawing = glyph_svg(phase, "#123456")

    assert set(re.findall(r"(?:fill|stroke)=\"([^\"]+)\"", drawing)) <= {"#123456", "none"}
    assert "#123456" in drawing
    assert "<text" not in drawing, "letters depend on the fonts of the machine"


def test_a_mix_lies_between_its_two_colours() -> None:
    assert palette.mix("#000000", "#FF8800", 0.5) == "#804400"
    assert palette.mix("#123456", "#FFFFFF", 0) == "#123456"


@GROUNDS
def test_a_ground_knows_whether_it_is_dark(tokens: Tokens) -> None:
    assert tokens.is_dark is (tokens is DARK)
