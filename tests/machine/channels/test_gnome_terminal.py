"""GNOME Terminal by a stand-in that answers as its search provider is documented; the real one is in test_jump."""

from dataclasses import replace

import pytest

from desktop.channels import gnome_terminal
from tests.machine.channels.bus_stage import Start, asked, held_by

SCREEN = "/org/gnome/Terminal/screen/d88361bf_d594_4a24_b093_7cf386ca0cbc"


def test_a_tab_of_gnome_terminal_is_presented_by_its_search_provider(start: Start) -> None:
    name, terminal = start({"/org/gnome/Terminal/SearchProvider ActivateResult": ["", None]})
    place = held_by(terminal, GNOME_TERMINAL_SERVICE=name, GNOME_TERMINAL_SCREEN=SCREEN)

    reached = gnome_terminal.bring_forward(place)

    assert reached is not None
    assert reached.what == "its GNOME Terminal tab"
    identifier = "d88361bf-d594-4a24-b093-7cf386ca0cbc"
    assert asked(terminal) == [["/org/gnome/Terminal/SearchProvider", "ActivateResult", [identifier, [], 0]]]


def test_a_gnome_terminal_without_it_is_left_to_its_window(start: Start) -> None:
    name, terminal = start({})

    assert (
        gnome_terminal.bring_forward(held_by(terminal, GNOME_TERMINAL_SERVICE=name, GNOME_TERMINAL_SCREEN=SCREEN))
        is None
    )


@pytest.mark.parametrize("screen", ["", "/org/gnome/Terminal/screen/x", SCREEN + "/.."])
def test_attack_a_screen_that_is_none_is_not_asked_for(start: Start, screen: str) -> None:
    name, terminal = start({})

    assert (
        gnome_terminal.bring_forward(held_by(terminal, GNOME_TERMINAL_SERVICE=name, GNOME_TERMINAL_SCREEN=screen))
        is None
    )
    assert asked(terminal) == []


def test_attack_a_program_on_the_bus_that_does_not_hold_the_terminal_is_not_asked(start: Start) -> None:
    name, terminal = start({})
    place = held_by(terminal, GNOME_TERMINAL_SERVICE=name, GNOME_TERMINAL_SCREEN=SCREEN)

    assert gnome_terminal.bring_forward(replace(place, host=1)) is None
    assert asked(terminal) == []
