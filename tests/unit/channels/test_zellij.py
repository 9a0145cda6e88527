"""zellij by a stand-in that answers as its documentation says; the real one was not run."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.channels import whereabouts, zellij
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from tests.unit.channels.terminal_stage import StandIn, put_on_path

PANES = [{"id": 4, "is_plugin": True}, {"id": 4, "is_plugin": False, "tab_id": 1}, {"id": 5, "is_plugin": False}]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    program = put_on_path("zellij", tmp_path, monkeypatch)
    program.says(lists=PANES, screen="> ")
    return program


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Whereabouts]:
    """A process whose terminal is held by one that was told to serve a session."""
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    at = runtime / "zellij" / "0.44.1" / "work"
    at.parent.mkdir(parents=True)
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()", "--server", str(at)]
    inherited = {"ZELLIJ_SESSION_NAME": "work", "ZELLIJ_PANE_ID": "4"}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(at))
        with subprocess.Popen(waits, stdin=subprocess.PIPE) as server:
            with subprocess.Popen(["sleep", "60"], env=inherited) as leader:
                here = whereabouts.of(os.getpid())
                yield replace(here, host=server.pid, leader=leader.pid, environment=inherited)
                leader.kill()
            server.kill()


def test_the_pane_is_told_by_the_number_its_first_process_got(program: StandIn, place: Whereabouts) -> None:
    inherited_from_elsewhere = {**place.environment, "ZELLIJ_PANE_ID": "99"}

    found = zellij.find(replace(place, environment=inherited_from_elsewhere))

    assert found is not None
    assert (found.number, found.server.name) == (4, "work")


def test_attack_a_session_that_another_process_serves_is_not_asked(program: StandIn, place: Whereabouts) -> None:
    assert zellij.find(replace(place, host=os.getpid())) is None
    assert zellij.find(replace(place, host=2**22 + 1)) is None
    assert zellij.find(replace(place, environment={"ZELLIJ_SESSION_NAME": "other"})) is None
    assert program.calls == []


def test_nothing_is_typed_for_a_text_would_be_an_argument(program: StandIn, place: Whereabouts) -> None:
    pane = zellij.find(place)
    assert pane is not None

    assert "argument" in pane.why_no_typing
    with pytest.raises(Refused, match="argument"):
        pane.paste("hello")
    assert program.calls == []


def test_keys_are_pressed_as_numbers(program: StandIn, place: Whereabouts) -> None:
    pane = zellij.find(place)
    assert pane is not None

    pane.check()
    pane.press(["Escape", "C-c"])

    assert program.calls[-1][0] == ["--session", "work", "action", "write", "--pane-id", "terminal_4", "27", "3"]
    assert pane.screen().text == "> \n"


def test_a_jump_focuses_the_pane(program: StandIn, place: Whereabouts) -> None:
    pane = zellij.find(place)
    assert pane is not None

    assert pane.bring_forward().what == "its zellij tab and pane"

    assert program.calls[-1][0][2:] == ["action", "focus-pane-id", "terminal_4"]


@pytest.mark.parametrize("lists", [[], PANES[:1], PANES[2:], "x"])
def test_a_pane_that_is_not_listed_gets_nothing(program: StandIn, place: Whereabouts, lists: object) -> None:
    pane = zellij.find(place)
    assert pane is not None
    program.says(lists=lists)

    with pytest.raises(Refused, match="gone"):
        pane.check()


def test_an_older_zellij_that_does_not_know_the_question_is_a_refusal(program: StandIn, place: Whereabouts) -> None:
    pane = zellij.find(place)
    assert pane is not None
    program.says(refuses=["list-panes"])

    with pytest.raises(Refused, match=r"older than 0\.44"):
        pane.check()


def test_who_looks_at_it_is_told_only_when_there_can_be_no_doubt(program: StandIn, place: Whereabouts) -> None:
    pane = zellij.find(place)
    assert pane is not None

    assert len(pane.viewers()) <= 1
