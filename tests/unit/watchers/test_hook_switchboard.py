"""Callers of our socket, taken and let go, with real sockets."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.watchers.hook_connection import MOST_UNSENT, Connection, Stage
from desktop.watchers.hook_switchboard import MOST_CONNECTIONS, READ_S, Switchboard


class Desk:
    """A switchboard, and what it told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ended: list[Connection] = []
        self.forgotten: list[Connection] = []
        self.switchboard = Switchboard(self.ended.append, self.forgotten.append)
        self.switchboard.listen(path)
        self.callers: list[socket.socket] = []

    def ready(self) -> list[Connection]:
        return [connection for connection, _ in self.switchboard.ready(time.monotonic() + 5)]

    def calls(self) -> socket.socket:
        """A client connects and is taken."""
        caller = socket.socket(socket.AF_UNIX)
        caller.settimeout(5)
        caller.connect(str(self.path))
        self.callers.append(caller)
        assert self.ready() == []
        return caller

    def calls_and_speaks(self) -> tuple[socket.socket, Connection]:
        """A client connects, and says something."""
        caller = self.calls()
        caller.sendall(b"x")
        [connection] = self.ready()
        assert connection.receive() == b"x"
        return caller, connection


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "s")
    yield found
    found.switchboard.close()
    for caller in found.callers:
        caller.close()


def test_a_caller_is_taken_and_has_a_moment_to_say_all(desk: Desk) -> None:
    _, connection = desk.calls_and_speaks()

    assert connection.stage is Stage.READING
    assert connection.deadline is not None
    assert connection.deadline - time.monotonic() <= READ_S
    assert desk.switchboard.overdue(time.monotonic()) == []
    assert desk.switchboard.overdue(time.monotonic() + READ_S) == [connection]


def test_without_anything_due_the_wait_ends_when_another_thread_says_so(desk: Desk) -> None:
    waker = threading.Timer(0.05, desk.switchboard.wake)
    waker.start()

    assert list(desk.switchboard.ready(None)) == []

    waker.join()


def test_last_words_are_heard_before_the_end(desk: Desk) -> None:
    caller, connection = desk.calls_and_speaks()

    desk.switchboard.finish(connection, b"bye")
    desk.switchboard.settle(connection)

    assert caller.recv(10) == b"bye"
    assert caller.recv(10) == b""
    assert (desk.forgotten, desk.ended) == ([connection], [])


def test_a_connection_is_forgotten_once(desk: Desk) -> None:
    _, connection = desk.calls_and_speaks()

    desk.switchboard.forget(connection)
    desk.switchboard.forget(connection)
    desk.switchboard.settle(connection)

    assert desk.forgotten == [connection]
    assert desk.switchboard.at_stage(Stage.READING) == []


def test_who_reads_slowly_is_waited_for_and_who_reads_nothing_is_not(desk: Desk) -> None:
    caller, connection = desk.calls_and_speaks()

    connection.send(b"x" * 1_000_000)
    desk.switchboard.settle(connection)
    assert desk.ended == []
    caller.recv(1_000_000)  # all that the system holds for it
    assert (connection, selectors.EVENT_WRITE) in list(desk.switchboard.ready(time.monotonic() + 5))

    connection.send(b"x" * (MOST_UNSENT + 1_000_000))
    desk.switchboard.settle(connection)
    assert desk.ended == [connection]


def test_one_caller_too_many_meets_the_end_at_once(desk: Desk) -> None:
    for _ in range(MOST_CONNECTIONS):
        desk.calls()

    assert desk.calls().recv(1) == b""


def test_closing_lets_everybody_go(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "s")
    caller, connection = desk.calls_and_speaks()

    desk.switchboard.close()
    desk.switchboard.wake()

    assert desk.forgotten == [connection]
    assert caller.recv(1) == b""
    assert not desk.path.exists()
    caller.close()
