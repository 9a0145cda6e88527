"""Terminals that are asked over a real session bus: a stand-in answers as GNOME Terminal and Konsole document it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.channels import gnome_terminal, konsole, whereabouts
from desktop.channels.refusal import Refused
from desktop.channels.session_bus import SessionBus
from desktop.channels.whereabouts import Whereabouts
from tests.fakes import bus_terminal
from tests.fakes.private_bus import PrivateBus

SCREEN = "/org/gnome/Terminal/screen/d88361bf_d594_4a24_b093_7cf386ca0cbc"
Start = Callable[[dict[str, list[object]]], tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def start(home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    bus = PrivateBus(runtime)
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    started: list[subprocess.Popen[str]] = []

    def start(answers: dict[str, list[object]]) -> tuple[str, "subprocess.Popen[str]"]:
        told = runtime / "answers.json"
        told.write_text(json.dumps(answers))
        command = [sys.executable, bus_terminal.__file__, str(told)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        out = started[-1].stdout
        assert out is not None
        return out.readline().strip(), started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    bus.stop()


def held_by(process: "subprocess.Popen[str]", **variables: str) -> Whereabouts:
    here = whereabouts.of(os.getpid())
    return replace(here, host=process.pid, leader=4242, environment=variables)


def asked(process: "subprocess.Popen[str]") -> list[object]:
    process.kill()
    return [json.loads(line) for line in process.communicate()[0].splitlines()]


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
    elsewhere = replace(
        held_by(
            terminal, GNOME_TERMINAL_SERVICE=name, GNOME_TERMINAL_SCREEN=SCREEN, KONSOLE_DBUS_SERVICE=name
        ),
        host=1,
    )  # fmt: skip

    assert gnome_terminal.bring_forward(elsewhere) is None
    assert konsole.bring_forward(elsewhere) is None
    assert konsole.bring_forward(replace(elsewhere, environment={})) is None
    assert asked(terminal) == []


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


def test_without_a_bus_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    with pytest.raises(Refused, match="no session bus"):
        SessionBus()


def test_a_program_that_does_not_answer_is_left(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    name, terminal = start({})
    monkeypatch.setattr("desktop.channels.session_bus.ANSWER_S", 0.2)
    terminal.send_signal(signal.SIGSTOP)

    with SessionBus() as bus, pytest.raises(Refused, match="does not answer"):
        bus.ask(name, "/", "x.y", "Z")
    with SessionBus() as bus:
        assert bus.process_of("nobody.at.all") == 0
