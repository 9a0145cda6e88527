"""What may be typed into the pane of a session, and what may not: the same for every terminal there is here."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels import terminal, whereabouts
from desktop.channels.refusal import Refused
from tests.fakes.hook_agent import until
from tests.machine.channels.conftest import AGENT, Screen, Tmux, needs

Multiplexer = Tmux | Screen


@pytest.fixture(params=[pytest.param("tmux", marks=needs("tmux")), pytest.param("screen", marks=needs("screen"))])
def stage(request: pytest.FixtureRequest, home_of_its_own: Path) -> Iterator[Multiplexer]:
    stage = (Tmux if request.param == "tmux" else Screen)(Path(os.environ["XDG_RUNTIME_DIR"]))
    yield stage
    stage.end()


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("hello", "hello"),
        ("hello;", "hello;"),
        ("-t %1", "-t %1"),
        ("#{pane_pid} #(touch x) $HOME `id`", "#{pane_pid} #(touch x) $HOME `id`"),
        ("^[ \\033 \\n ~ ^A", "^[ \\033 \\n ~ ^A"),
        ("one\ntwo\n", "one\ntwo"),
        ("out \x1b[201~\rrm -rf ~\r", "out [201~\nrm -rf ~"),
        ("\x1b[2Ja\x07b\x00c\x9bd\x7f", "[2Jabcd"),
        ("Enter", "Enter"),
        ("grüße 🙂", "grüße 🙂"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_attack_57_a_text_arrives_as_text_whatever_it_holds(stage: Multiplexer, text: str, arrives: str) -> None:
    pane = stage.start("bare")

    terminal.send_prompt(pane, text, AGENT)

    until(stage.sent)
    assert stage.sent() == [arrives]


def test_attack_57_a_dialog_gets_nothing(stage: Multiplexer) -> None:
    pane = stage.start("dialog")

    with pytest.raises(Refused, match="dialog"):
        terminal.send_prompt(pane, "1", AGENT)

    assert stage.sent() == []


def test_attack_57_what_a_person_began_to_type_is_not_sent_with_ours(stage: Multiplexer) -> None:
    pane = stage.start("bare")
    stage.type_by_hand("half")

    with pytest.raises(Refused, match=r"already typed|a text or a hint"):
        terminal.send_prompt(pane, "hello", AGENT)

    assert stage.sent() == []


def test_of_two_sessions_the_right_one_is_typed_to(stage: Multiplexer) -> None:
    first, second = stage.start("bare"), stage.start("bare")

    terminal.send_prompt(first, "to the first", AGENT)
    terminal.send_prompt(second, "to the second", AGENT)

    until(lambda: stage.sent(0) and stage.sent(1))
    assert (stage.sent(0), stage.sent(1)) == (["to the first"], ["to the second"])


def test_an_interrupt_presses_the_keys_of_the_agent(stage: Multiplexer) -> None:
    pane = stage.start("bare")

    terminal.interrupt(pane, AGENT)

    until(lambda: stage.sent() == ["ESC"])


def test_fault_30_a_process_that_took_the_number_of_the_session_is_not_typed_to(stage: Multiplexer) -> None:
    pane = stage.start("bare")
    pid = pane.place.pid
    began = str(pane.place.started)

    with pytest.raises(Refused, match="ended"):
        terminal.find(pid, started=str(pane.place.started - 1))
    assert terminal.find(pid, started=began).place.pid == pid


def test_fault_37_a_session_that_ended_between_show_and_send_is_a_refusal(stage: Multiplexer) -> None:
    stage.start("bare")
    pane = stage.start("bare")
    os.kill(pane.place.pid, signal.SIGKILL)
    until(lambda: whereabouts.look_up(pane.place.pid) is None)

    with pytest.raises(Refused, match="ended"):
        terminal.send_prompt(pane, "hello", AGENT)
    with pytest.raises(Refused, match="ended"):
        terminal.interrupt(pane, AGENT)

    assert stage.sent(0) == []


def test_a_process_in_a_terminal_of_its_own_within_the_pane_is_not_taken_for_the_pane(stage: Multiplexer) -> None:
    log, command = stage.prompt("bare")
    nested = "import os, pty, sys; pty.spawn(sys.argv[1:])"
    stage.logs.clear()
    stage.start("bare")  # the stage is up; now a terminal within a terminal
    if isinstance(stage, Tmux):
        stage.run("new-window", sys.executable, "-c", nested, *command[:2], str(log) + "n", "bare")
    else:
        stage.run("-X", "screen", sys.executable, "-c", nested, *command[:2], str(log) + "n", "bare")
    within = Path(str(log) + "n")
    until(lambda: within.exists() and within.read_text())

    with pytest.raises(Refused, match="no terminal that can be spoken to"):
        terminal.find(stage.pid_of(within))


def test_a_session_without_a_terminal_has_no_pane() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        with pytest.raises(Refused, match="no terminal that can be spoken to"):
            terminal.find(process.pid)
        process.kill()


@needs("tmux")
def test_attack_47_a_program_of_that_name_in_the_current_directory_is_not_started(
    tmux: Tmux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = tmux.start()
    for name in ("tmux", "screen", "kitty"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".:{tmp_path}:{os.environ['PATH']}")

    terminal.send_prompt(pane, "hello", AGENT)

    until(tmux.sent)
    assert not (tmp_path / "started").exists()
