"""Who may speak for which session, with real processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import Agent, HookCall
from desktop.domain.ids import AgentKind, SessionId
from desktop.watchers.hook_callers import Callers
from desktop.watchers.hook_connection import Connection
from desktop.watchers.hook_peer import Peer
from tests.fakes.hook_agent import until

ONE = SessionId("fake:one")
INSIDE = Agent(
    AgentKind("fake"), "Fake", is_hook_inside=True, is_session_process=lambda _exe, argv: "--session" in argv
)
RELAYED = replace(INSIDE, is_hook_inside=False)


@pytest.fixture
def child() -> Iterator[int]:
    """A process below this one."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate(b"\n")


def connection(pid: int, host: str = "", agent_pid: int = 0) -> Connection:
    made = Connection(socket.socket(), Peer(pid, os.getuid()), None, host)
    made.sock.close()
    made.call = HookCall(b"{}", pid, datetime.now(UTC), agent_pid=agent_pid)
    return made


def owned_by(*pids: int) -> Callers:
    return Callers(lambda _session: pids)


def test_what_descends_from_the_sessions_process_is_its_own(child: int) -> None:
    assert owned_by(os.getpid()).is_own(ONE, connection(child)) is True
    assert owned_by(child).is_own(ONE, connection(os.getpid())) is False
    assert owned_by().is_own(ONE, connection(child)) is None


def test_a_stranger_is_who_speaks_of_a_session_whose_own_process_lives(child: int) -> None:
    assert owned_by(child).is_stranger(ONE, connection(os.getpid()))
    assert not owned_by(os.getpid()).is_stranger(ONE, connection(child))
    assert not owned_by(2**22 + 7).is_stranger(ONE, connection(child)), "its process is gone"
    assert not owned_by().is_stranger(ONE, connection(child))


def test_another_machine_speaks_for_itself(child: int) -> None:
    there = connection(os.getpid(), host="build-box")

    assert owned_by(child).is_own(ONE, there) is True
    assert not owned_by(child).is_stranger(ONE, there)


def test_who_called_first_for_a_session_owns_it_as_long_as_it_lives(child: int) -> None:
    callers = owned_by()
    assert callers.owners(ONE, connection(child, agent_pid=os.getpid())) == (os.getpid(),)

    assert callers.owners(ONE, connection(child, agent_pid=child)) == (os.getpid(),)


def test_an_agent_that_calls_from_within_is_looked_at_itself(child: int) -> None:
    callers = owned_by()

    assert not callers.may_call(INSIDE, connection(child))
    assert callers.may_call(RELAYED, connection(child))
    assert callers.may_call(INSIDE, connection(child, host="build-box"))
    with subprocess.Popen([sys.executable, "-c", "input()", "--session"], stdin=subprocess.PIPE) as process:
        until(lambda: callers.may_call(INSIDE, connection(process.pid)))  # its words are there a moment after its start
        process.communicate(b"\n")
