import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from desktop.channels import whereabouts
from desktop.channels.refusal import Refused

WAITS = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]


@pytest.fixture
def on_a_terminal() -> Iterator[tuple[int, int]]:
    pid, master = pty.fork()
    if pid == 0:
        os.execve(sys.executable, WAITS, {"TMUX": "/x", "HOME": "/secret"})
    assert b"up" in os.read(master, 100)
    yield pid, master
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(master)


def test_a_process_on_a_terminal_is_told_with_who_holds_it(on_a_terminal: tuple[int, int]) -> None:
    pid, _ = on_a_terminal

    place = whereabouts.of(pid)

    assert place.tty == os.readlink(f"/proc/{pid}/fd/0")
    assert (place.leader, place.host) == (pid, os.getpid())
    assert place.ancestors[:2] == (pid, os.getpid())
    assert place.cwd == os.getcwd()


def test_of_the_environment_only_what_names_terminals_is_kept(on_a_terminal: tuple[int, int]) -> None:
    place = whereabouts.of(on_a_terminal[0])

    assert place.environment == {"TMUX": "/x"}
    assert (place.variable("TMUX"), place.variable("HOME"), place.variable("STY")) == ("/x", "", "")


def test_a_process_without_a_terminal_has_no_host() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        place = whereabouts.of(process.pid)
        process.kill()

    assert (place.tty, place.leader, place.host) == ("", 0, 0)


def test_fault_30_another_process_of_that_number_is_not_taken_for_it() -> None:
    here = whereabouts.of(os.getpid())

    assert whereabouts.of(os.getpid(), str(here.started)).pid == os.getpid()
    with pytest.raises(Refused, match="ended"):
        whereabouts.of(os.getpid(), str(here.started + 1))


def test_a_process_that_is_gone_is_a_refusal() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        place = whereabouts.of(process.pid)
        process.kill()

    with pytest.raises(Refused, match="ended"):
        whereabouts.of(process.pid)
    with pytest.raises(Refused, match="ended"):
        whereabouts.require(place)
    assert whereabouts.program_of(process.pid) == ""
    assert whereabouts.environment_of(process.pid) == {}
    assert whereabouts.tty_of(process.pid) == ""


def test_a_process_that_left_its_terminal_is_a_refusal(on_a_terminal: tuple[int, int]) -> None:
    from dataclasses import replace

    place = whereabouts.of(on_a_terminal[0])

    whereabouts.require(place)
    with pytest.raises(Refused, match="left the terminal"):
        whereabouts.require(replace(place, tty="/dev/pts/99999"))


def test_processes_of_one_name_are_found_if_they_have_a_terminal(on_a_terminal: tuple[int, int]) -> None:
    pid, _ = on_a_terminal
    found = whereabouts.look_up(pid)
    assert found is not None

    assert pid in whereabouts.of_program(found.name, but=0)
    assert pid not in whereabouts.of_program(found.name, but=pid)
    assert whereabouts.program_of(pid).startswith("python")
