"""The tray icon is told apart by its outline, and reads on any panel."""

from collections.abc import Sequence
from itertools import combinations, groupby

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.formats.palette import contrast
from desktop.tray.art import SIZES, Panel, draw, tray_icon

LIGHT_PANEL, DARK_PANEL = "#F6F6F4", "#1B1D20"
# Measured least: 23 at 16 px, 40 at 22 px (37 with a rim); at 22 px with a count 24 (1) and 16 (9+).
LEAST = {(16, 0): 16, (22, 0): 24, (22, 1): 16, (22, 10): 12, (24, 10): 12, (32, 10): 24}
NEEDING = [phase for phase in Phase if phase.needs_person]  # only with these a count is shown


def mask(image: QImage) -> list[bool]:
    return [image.pixelColor(x, y).alpha() >= 128 for y in range(image.height()) for x in range(image.width())]


def best_contrast(image: QImage, panel: str) -> float:
    """Of the solid pixels, the tenth that stands out best from *panel*: what the eye takes the outline from."""
    colours = [image.pixelColor(x, y) for y in range(image.height()) for x in range(image.width())]
    ratios = sorted((contrast(c.name().upper(), panel) for c in colours if c.alpha() > 230), reverse=True)
    return ratios[len(ratios) // 10]


def differences(phases: Sequence[Phase], panel: Panel, size: int, count: int) -> dict[tuple[Phase, Phase], int]:
    masks = {phase: mask(draw(phase, count, panel, size)) for phase in phases}
    return {
        (one, other): sum(a != b for a, b in zip(masks[one], masks[other], strict=True))
        for one, other in combinations(phases, 2)
    }


@pytest.mark.parametrize(
    ("panel", "size", "count"),
    [*((panel, *what) for panel in (Panel.LIGHT, Panel.DARK) for what in LEAST), (Panel.UNKNOWN, 22, 0)],
)
def test_any_two_phases_differ_in_outline(qtbot: QtBot, panel: Panel, size: int, count: int) -> None:
    found = differences(list(Phase), panel, size, count)

    assert min(found.values()) >= LEAST[size, count], min(found, key=lambda pair: found[pair])


@pytest.mark.parametrize("panel", Panel)
@pytest.mark.parametrize(("count", "least"), [(1, 20), (5, 20), (10, 10)])
def test_what_needs_the_person_is_told_apart_beside_its_count(
    qtbot: QtBot, panel: Panel, count: int, least: int
) -> None:
    found = differences(NEEDING, panel, 22, count)

    assert min(found.values()) >= least, min(found, key=lambda pair: found[pair])


# What most hosts ask for, and twice a small panel's: there nothing falls between two pixels.
@pytest.mark.parametrize(
    ("panel", "size"),
    [(Panel.LIGHT, 22), (Panel.LIGHT, 24), (Panel.LIGHT, 32), (Panel.UNKNOWN, 22), (Panel.UNKNOWN, 32)],
)
@pytest.mark.parametrize("count", [1, 9, 10])
def test_the_dot_of_the_exclamation_mark_stays_clear_of_the_count(
    qtbot: QtBot, panel: Panel, size: int, count: int
) -> None:
    picture = draw(Phase.NEEDS_APPROVAL, count, panel, size)

    top = [x for x in range(size) if picture.pixelColor(x, 0).alpha()]
    middle = sum(top) // len(top)
    colours = [picture.pixelColor(middle, y) for y in range(size)]
    reds = [colour.alpha() > 190 and colour.red() - colour.green() > 90 for colour in colours]
    down = "".join("#" if is_red else "." for is_red, _ in groupby(reds)).lstrip(".")
    assert down.startswith("#.#.#"), "red, the stroke, red, the dot, and red again before the badge"


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
