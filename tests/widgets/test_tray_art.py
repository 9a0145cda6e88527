"""The tray icon is told apart by its outline, and reads on any panel."""

from itertools import combinations

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.formats.palette import contrast
from desktop.tray.art import SIZES, Panel, draw, tray_icon

LIGHT_PANEL, DARK_PANEL = "#F6F6F4", "#1B1D20"
# Measured least: 19 at 16 px, 38 at 22 px (37 with a rim), 25 at 22 px with a count.
LEAST = {(16, 0): 16, (22, 0): 24, (22, 3): 16}


def mask(image: QImage) -> list[bool]:
    return [image.pixelColor(x, y).alpha() >= 128 for y in range(image.height()) for x in range(image.width())]


def best_contrast(image: QImage, panel: str) -> float:
    """Of the solid pixels, the tenth that stands out best from *panel*: what the eye takes the outline from."""
    colours = [image.pixelColor(x, y) for y in range(image.height()) for x in range(image.width())]
    ratios = sorted((contrast(c.name().upper(), panel) for c in colours if c.alpha() > 230), reverse=True)
    return ratios[len(ratios) // 10]


@pytest.mark.parametrize(
    ("panel", "size", "count"),
    [*((panel, *what) for panel in (Panel.LIGHT, Panel.DARK) for what in LEAST), (Panel.UNKNOWN, 22, 0)],
)
def test_any_two_phases_differ_in_outline(qtbot: QtBot, panel: Panel, size: int, count: int) -> None:
    masks = {phase: mask(draw(phase, count, panel, size)) for phase in Phase}

    differences = {
        (one, other): sum(a != b for a, b in zip(masks[one], masks[other], strict=True))
        for one, other in combinations(Phase, 2)
    }

    assert min(differences.values()) >= LEAST[size, count], min(differences, key=lambda pair: differences[pair])


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(
    ("panel", "ground"),
    [
        (Panel.LIGHT, LIGHT_PANEL),
        (Panel.DARK, DARK_PANEL),
        (Panel.UNKNOWN, LIGHT_PANEL),
        (Panel.UNKNOWN, DARK_PANEL),
        (Panel.UNKNOWN, "#2A62B8"),
        (Panel.UNKNOWN, "#C4301C"),
    ],
)
def test_every_icon_stands_out_from_its_panel(qtbot: QtBot, phase: Phase, panel: Panel, ground: str) -> None:
    assert best_contrast(draw(phase, 0, panel, 22), ground) >= 3.0


@pytest.mark.parametrize("size", SIZES)
def test_the_count_is_cut_out_and_changes_with_its_number(qtbot: QtBot, size: int) -> None:
    pictures = [draw(Phase.NEEDS_APPROVAL, count, Panel.LIGHT, size) for count in (0, 1, 2, 9, 10)]

    assert all(one != other for one, other in combinations(pictures, 2))
    assert {(picture.width(), picture.height()) for picture in pictures} == {(size, size)}


def test_beyond_nine_every_count_looks_alike(qtbot: QtBot) -> None:
    assert tray_icon(Phase.FAILED, 10, Panel.DARK).cacheKey() == tray_icon(Phase.FAILED, 400, Panel.DARK).cacheKey()


def test_an_icon_has_every_size_a_host_asks_for_and_keeps_its_colours(qtbot: QtBot) -> None:
    icon = tray_icon(Phase.WORKING, 0, Panel.DARK)

    assert sorted(size.width() for size in icon.availableSizes()) == list(SIZES)
    assert not icon.isMask(), "a mask would lose the colour on macOS"


def test_an_unknown_panel_gets_a_light_rim_of_one_pixel(qtbot: QtBot) -> None:
    picture = draw(Phase.NEEDS_APPROVAL, 0, Panel.UNKNOWN, 22)

    assert picture.pixelColor(11, 0).lightness() > 200
    assert picture.pixelColor(11, 2) == QColor("#C4301C")
