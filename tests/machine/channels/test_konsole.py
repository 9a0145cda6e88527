"""Konsole by a stand-in with tabs in several windows; the real one is in test_jump."""

from dataclasses import replace

import pytest

from desktop.channels import konsole
from desktop.channels.refusal import Refused
from tests.machine.channels.bus_stage import Start, asked, held_by

TREE = '<node><node name="1"/><node name="2"/><node name="x"/></node>'
KONSOLE: dict[str, list[object]] = {
    "/Sessions Introspect": ["s", TREE],
    "/Sessions/1 processId": ["i", 17],
    "/Sessions/2 processId": ["i", 4242],
    "/Windows Introspect": ["s", TREE],
    "/Windows/1 sessionList": ["as", ["1"]],
    "/Windows/2 sessionList": ["as", ["3", "2"]],
    "/Windows/2 setCurrentSession": ["", None],
}


def test_the_tab_of_konsole_is_the_one_whose_first_process_leads_the_terminal(start: Start) -> None:
    name, terminal = start(KONSOLE)

    reached = konsole.bring_forward(held_by(terminal, KONSOLE_DBUS_SERVICE=name, KONSOLE_DBUS_SESSION="/Sessions/1"))

    assert reached is not None
    assert reached.what == "its Konsole tab"
    assert asked(terminal)[-1] == ["/Windows/2", "setCurrentSession", [2]]


@pytest.mark.parametrize(
    "changed",
    [
        {"/Sessions/2 processId": ["i", 18]},
        {"/Sessions Introspect": ["i", 3]},
        {"/Windows/2 sessionList": ["s", "2"]},
        {"/Sessions/1 processId": None},
    ],
)
def test_a_konsole_that_does_not_know_the_tab_moves_nothing(start: Start, changed: dict[str, list[object]]) -> None:
    name, terminal = start(KONSOLE | changed)

    with pytest.raises(Refused, match=r"does not know the tab|says no"):
        konsole.bring_forward(held_by(terminal, KONSOLE_DBUS_SERVICE=name))

    assert "setCurrentSession" not in str(asked(terminal))


def test_attack_a_program_on_the_bus_that_does_not_hold_the_terminal_is_not_asked(start: Start) -> None:
    name, terminal = start(KONSOLE)
    place = held_by(terminal, KONSOLE_DBUS_SERVICE=name)

    assert konsole.bring_forward(replace(place, host=1)) is None
    assert konsole.bring_forward(replace(place, environment={})) is None
    assert asked(terminal) == []
