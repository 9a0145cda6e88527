"""A real tmux: which pane is the session's, and when it takes nothing."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.channels import terminal
from desktop.channels.refusal import Refused
from desktop.channels.tmux import TmuxPane
from tests.fakes.hook_agent import until
from tests.machine.channels.conftest import AGENT, CLEAN, Tmux, Viewer, needs

pytestmark = needs("tmux")


def test_the_pane_of_a_session_is_found_from_its_process(tmux: Tmux) -> None:
    pane = tmux.start()

    assert isinstance(pane, TmuxPane)
    assert (pane.socket, pane.name) == (str(tmux.socket), "%0")
    assert terminal.find(pane.place.pid, "cc:@0.%0") == pane


def test_a_hint_at_a_pane_that_is_not_the_session_s_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.start()

    with pytest.raises(Refused, match="no longer runs"):
        terminal.send_prompt(terminal.find(pane.place.pid, "cc:@0.%1"), "hello", AGENT)

    assert (tmux.sent(0), tmux.sent(1)) == ([], [])


def test_a_pane_that_is_not_of_the_session_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    other = tmux.start()
    assert isinstance(pane, TmuxPane)
    crossed = replace(pane, place=other.place)

    with pytest.raises(Refused, match="no longer runs"):
        terminal.send_prompt(crossed, "hello", AGENT)

    assert (tmux.sent(0), tmux.sent(1)) == ([], [])


def test_a_hint_of_the_program_is_not_taken_for_typed_text(tmux: Tmux) -> None:
    pane = tmux.start()  # it shows a faint hint

    terminal.send_prompt(pane, "hello", AGENT)

    until(lambda: tmux.sent() == ["hello"])
    assert "agent-tray" not in tmux.run("list-buffers")


def test_attack_57_a_pane_in_copy_mode_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("copy-mode", "-t", "%0")

    with pytest.raises(Refused, match="copy mode"):
        terminal.send_prompt(pane, "hello", AGENT)
    with pytest.raises(Refused, match="copy mode"):
        terminal.interrupt(pane, AGENT)

    assert tmux.sent() == []


def test_attack_57_panes_tied_together_get_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("set-option", "-w", "-t", "%0", "synchronize-panes", "on")

    with pytest.raises(Refused, match="tied"):
        terminal.send_prompt(pane, "hello", AGENT)


def test_attack_a_pane_whose_program_was_replaced_gets_nothing(tmux: Tmux) -> None:
    pane = tmux.start()
    log, command = tmux.prompt()
    tmux.run("respawn-pane", "-k", "-t", "%0", *command)
    until(lambda: log.exists() and log.read_text())

    with pytest.raises(Refused, match="ended"):
        terminal.send_prompt(pane, "hello", AGENT)

    assert tmux.sent(1) == []


def test_fault_37_a_pane_that_was_closed_is_a_refusal(tmux: Tmux) -> None:
    pane = tmux.start()
    tmux.run("new-window")
    tmux.run("kill-pane", "-t", "%0")

    with pytest.raises(Refused, match=r"gone|no longer|ended|left"):
        terminal.send_prompt(pane, "hello", AGENT)


def test_fault_37_a_server_that_does_not_answer_is_a_refusal(tmux: Tmux) -> None:
    pane = tmux.start()
    server = pane.place.host
    os.kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(Refused, match="does not answer"):
            terminal.interrupt(pane, AGENT)
    finally:
        os.kill(server, signal.SIGCONT)

    assert tmux.sent() == []


def test_a_jump_shows_the_pane_to_whoever_looks_at_its_session(
    tmux: Tmux, viewer: Callable[[list[str], dict[str, str]], Viewer]
) -> None:
    pane = tmux.start()
    tmux.run("split-window")
    tmux.run("new-window")
    looks = viewer(["tmux", "-u", "-S", str(tmux.socket), "attach"], CLEAN)
    until(lambda: tmux.run("list-clients"))

    reached = pane.bring_forward()

    assert tmux.run("display-message", "-p", "#{window_index} #{pane_id}") == "0 %0\n"
    assert reached.what == "its tmux window and pane"
    assert pane.viewers() == (looks.pid,)


def test_a_jump_takes_a_viewer_of_another_session_along(
    tmux: Tmux, viewer: Callable[[list[str], dict[str, str]], Viewer]
) -> None:
    pane = tmux.start()
    tmux.run("new-session", "-d", "-s", "other")
    looks = viewer(["tmux", "-u", "-S", str(tmux.socket), "attach", "-t", "other"], CLEAN)
    until(lambda: tmux.run("list-clients"))

    pane.bring_forward()

    until(lambda: pane.viewers() == (looks.pid,))


def test_a_session_that_nobody_looks_at_has_no_viewer(tmux: Tmux) -> None:
    pane = tmux.start()

    pane.bring_forward()

    assert pane.viewers() == ()
