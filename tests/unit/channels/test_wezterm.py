"""WezTerm by a stand-in that answers as its documentation says; the real one was not run."""

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.channels import wezterm, whereabouts
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from tests.unit.channels.terminal_stage import StandIn, put_on_path

PANES = [
    {"window_id": 0, "tab_id": 0, "pane_id": 3, "tty_name": "/dev/pts/98", "is_active": True},
    {"window_id": 0, "tab_id": 1, "pane_id": 7, "tty_name": "/dev/pts/99", "is_active": False},
]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    program = put_on_path("wezterm", tmp_path, monkeypatch)
    program.says(lists=PANES, screen="> ")
    return program


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Whereabouts]:
    at = Path(os.environ["XDG_RUNTIME_DIR"]) / "gui-sock"
    monkeypatch.setattr(whereabouts, "tty_of", lambda _: "/dev/pts/99")
    here = whereabouts.of(os.getpid())
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(at))
        listener.listen()
        variables = {"WEZTERM_UNIX_SOCKET": str(at), "WEZTERM_PANE": "3"}
        yield replace(here, tty="/dev/pts/99", host=os.getpid(), environment=variables)


def test_the_pane_is_told_by_its_terminal_and_not_by_an_inherited_number(program: StandIn, place: Whereabouts) -> None:
    found = wezterm.find(place)

    assert found is not None
    assert found.number == 7


def test_a_text_travels_as_input_and_keys_are_not_pasted(program: StandIn, place: Whereabouts) -> None:
    pane = wezterm.find(place)
    assert pane is not None

    pane.check()
    pane.paste("--help\nx")
    pane.press(["Enter"])

    (pasted, text), (pressed, key) = program.calls[-2:]
    assert (pasted, text) == (["cli", "--no-auto-start", "send-text", "--pane-id", "7"], "--help\nx")
    assert (pressed[2:], key) == (["send-text", "--pane-id", "7", "--no-paste"], "\r")
    assert pane.screen().text == "> \n"


def test_a_jump_activates_the_pane(program: StandIn, place: Whereabouts) -> None:
    pane = wezterm.find(place)
    assert pane is not None

    reached = pane.bring_forward()

    assert program.calls[-1][0][2:] == ["activate-pane", "--pane-id", "7"]
    assert (reached.what, reached.raises_window, pane.viewers()) == ("its WezTerm tab and pane", False, None)


def test_attack_a_pane_that_went_to_another_terminal_gets_nothing(program: StandIn, place: Whereabouts) -> None:
    pane = wezterm.find(place)
    assert pane is not None
    program.says(lists=PANES[:1])

    with pytest.raises(Refused, match="no longer runs"):
        pane.check()


@pytest.mark.parametrize("lists", [[], {}, "x", [{"pane_id": "7", "tty_name": "/dev/pts/99"}], [None, 3]])
def test_what_nobody_knows_is_no_pane(program: StandIn, place: Whereabouts, lists: object) -> None:
    program.says(lists=lists)

    assert wezterm.find(place) is None


def test_attack_a_socket_of_another_process_is_not_asked(program: StandIn, place: Whereabouts) -> None:
    assert wezterm.find(replace(place, host=1)) is None
    assert wezterm.find(replace(place, environment={})) is None
    with pytest.raises(Refused, match="gone"):
        wezterm.find(replace(place, environment={"WEZTERM_UNIX_SOCKET": "/nowhere"}))
    assert program.calls == []


def test_a_wezterm_that_says_no_is_a_refusal(program: StandIn, place: Whereabouts) -> None:
    program.says(refuses=["list"])

    with pytest.raises(Refused, match="gone"):
        wezterm.find(place)
