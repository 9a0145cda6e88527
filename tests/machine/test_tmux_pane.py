"""A real tmux with a program that has a prompt: what may be typed into it, and what may not."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels import terminal
from desktop.channels.refusal import Refused
from desktop.channels.terminal import Pane
from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind
from tests.fakes import prompt_program
from tests.fakes.hook_agent import until

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
AGENT = Agent(kind=AgentKind("fake"), label="Fake", prompt_marks=(prompt_program.MARK,), interrupt_keys=("Escape",))


class Tmux:
    def __init__(self, directory: Path) -> None:
        self.socket = directory / "s"
        self.log = directory / "log"

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-u", "-S", str(self.socket), "-f", "/dev/null", *arguments],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        ).stdout

    def start(self, *options: str) -> Pane:
        program = [sys.executable, prompt_program.__file__, str(self.log), *options]
        self.run("new-session", "-d", "-x", "80", "-y", "20", *program)
        until(lambda: self.log.exists() and self.log.read_text())
        return terminal.find(int(self.sent()[0]))

    def sent(self) -> list[str]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def tmux(home_of_its_own: Path) -> Iterator[Tmux]:
    tmux = Tmux(Path(os.environ["XDG_RUNTIME_DIR"]))
    yield tmux
    subprocess.run(["tmux", "-S", str(tmux.socket), "kill-server"], check=False, capture_output=True)


def test_the_pane_of_a_session_is_found_from_its_process(tmux: Tmux) -> None:
    pane = tmux.start()

    assert pane == Pane(str(tmux.socket), "%0", int(tmux.sent()[0]))
    assert terminal.find(pane.session_pid, "cc:@0.%7").name == "%7"


def test_a_session_outside_of_tmux_has_no_pane() -> None:
    with pytest.raises(Refused, match="does not run in tmux"):
        terminal.find(1)


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("hello", "hello"),
        ("hello;", "hello;"),
        ("-t %1", "-t %1"),
        ("#{pane_pid} #(touch x) $HOME `id`", "#{pane_pid} #(touch x) $HOME `id`"),
        ("one\ntwo\n", "one\ntwo"),
        ("out \x1b[201~\rrm -rf ~\r", "out [201~\nrm -rf ~"),
        ("\x1b[2Ja\x07b\x00c\x9bd\x7f", "[2Jabcd"),
        ("Enter", "Enter"),
        ("grüße 🙂", "grüße 🙂"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_attack_57_a_text_arrives_as_text_whatever_it_holds(tmux: Tmux, text: str, arrives: str) -> None:
    pane = tmux.start()

    terminal.send_prompt(pane, text, AGENT)

    until(lambda: len(tmux.sent()) > 1)
    assert tmux.sent()[1:] == [arrives]
    assert "agent-tray" not in tmux.run("list-buffers")


def test_attack_57_a_pane_in_copy_mode_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("copy-mode", "-t", "%0")

    with pytest.raises(Refused, match="copy mode"):
        terminal.send_prompt(pane, "hello", AGENT)
    with pytest.raises(Refused, match="copy mode"):
        terminal.interrupt(pane, AGENT)

    assert tmux.sent()[1:] == []


def test_attack_57_a_dialog_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start("dialog")

    with pytest.raises(Refused, match="dialog"):
        terminal.send_prompt(pane, "1", AGENT)

    assert tmux.sent()[1:] == []


def test_attack_57_what_a_person_began_to_type_is_not_sent_with_ours(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("send-keys", "-t", "%0", "-l", "half")
    until(lambda: "half" in tmux.run("capture-pane", "-p", "-t", "%0"))

    with pytest.raises(Refused, match="already typed"):
        terminal.send_prompt(pane, "hello", AGENT)

    assert tmux.sent()[1:] == []


def test_attack_57_panes_tied_together_get_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("set-option", "-w", "-t", "%0", "synchronize-panes", "on")

    with pytest.raises(Refused, match="tied"):
        terminal.send_prompt(pane, "hello", AGENT)


def test_a_pane_that_is_not_of_the_session_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()

    with pytest.raises(Refused, match="no longer runs"):
        terminal.send_prompt(Pane(pane.socket, pane.name, os.getpid()), "hello", AGENT)

    assert tmux.sent()[1:] == []


def test_fault_37_a_pane_that_was_closed_is_a_refusal(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("new-window")
    tmux.run("kill-pane", "-t", "%0")

    with pytest.raises(Refused, match=r"gone|no longer"):
        terminal.send_prompt(pane, "hello", AGENT)


def test_fault_37_a_server_that_ended_is_a_refusal(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("kill-server")

    with pytest.raises(Refused, match=r"gone|could not|yours"):
        terminal.interrupt(pane, AGENT)


def test_an_interrupt_presses_the_keys_of_the_agent(tmux: Tmux) -> None:
    pane = tmux.start()

    terminal.interrupt(pane, AGENT)

    until(lambda: tmux.sent()[1:] == ["ESC"])
