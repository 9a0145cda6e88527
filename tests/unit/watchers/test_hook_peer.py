import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind
from desktop.watchers import hook_peer
from desktop.watchers.hook_peer import Peer
from tests.fakes.hook_agent import until


def test_it_knows_who_connected() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert hook_peer.peer_of(ours) == Peer(os.getpid(), os.geteuid())


def test_a_socket_without_a_peer_has_none() -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.close()

    assert hook_peer.peer_of(sock) is None


def test_it_looks_up_this_process_and_not_one_that_is_none() -> None:
    found = hook_peer.look_up(os.getpid())

    assert found is not None
    assert found.parent == os.getppid()
    assert hook_peer.look_up(2**22 + 1) is None


def test_it_reads_only_the_variables_it_is_asked_for() -> None:
    assert dict(hook_peer.environment_of(os.getpid(), ("PATH",))).keys() <= {"PATH"}
    assert hook_peer.environment_of(2**22 + 1, ("PATH",)) == ()


def test_the_session_above_a_hook_is_found_where_nothing_else_tells_it() -> None:
    robot = Agent(AgentKind("robot"), "Robot", is_session_process=lambda _exe, argv: "robot" in argv)
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", script, "robot"], stdin=subprocess.PIPE) as above:
        children = Path(f"/proc/{above.pid}/task/{above.pid}/children")
        until(children.read_text)
        child = int(children.read_text())

        found = hook_peer.agent_above(child, robot)
        of_itself = hook_peer.agent_above(above.pid, robot)
        told_otherwise = hook_peer.agent_above(child, replace(robot, live_state_dir="sessions"))
        above.communicate(b"\n")

    assert (found, of_itself, told_otherwise) == (above.pid, 0, 0)


def test_an_adapter_that_stumbles_over_a_process_finds_none() -> None:
    def stumbles(_exe: str, _argv: Sequence[str]) -> bool:
        raise ValueError

    assert hook_peer.agent_above(os.getpid(), Agent(AgentKind("robot"), "Robot", is_session_process=stumbles)) == 0
    assert hook_peer.agent_above(os.getpid(), Agent(AgentKind("robot"), "Robot")) == 0
