import socket
from collections.abc import Iterator

import pytest

from desktop.watchers.hook_connection import Connection
from desktop.watchers.hook_peer import Peer


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    yield Connection(ours, Peer(1, 0), None), theirs
    ours.close()
    theirs.close()


def test_a_call_is_whole_however_it_is_cut(pair: tuple[Connection, socket.socket]) -> None:
    connection, _ = pair
    taken = []
    for byte in b"AT1 hook fake 3\nabc":
        taken.append(connection.take_call())
        connection.received.append(byte)

    assert taken == [None] * len(taken)
    assert connection.take_call() == b"abc"


@pytest.mark.parametrize("received", [b"x" * 128, b"AT1 hook fake 1\nab", b"hello\n"])
def test_what_is_not_our_language_is_refused(pair: tuple[Connection, socket.socket], received: bytes) -> None:
    connection, _ = pair
    connection.received += received

    with pytest.raises(ValueError, match=r"language|announced|header"):
        connection.take_call()


def test_what_the_system_does_not_take_waits(pair: tuple[Connection, socket.socket]) -> None:
    connection, theirs = pair

    connection.send(b"x" * 4_000_000)

    assert 0 < len(connection.unsent) < 4_000_000
    theirs.recv(1 << 20)
    left = len(connection.unsent)
    connection.flush()
    assert len(connection.unsent) < left


def test_nothing_is_kept_for_one_that_is_gone(pair: tuple[Connection, socket.socket]) -> None:
    connection, theirs = pair
    theirs.close()

    connection.send(b"x")

    assert connection.unsent == b""
    assert connection.receive() is None


def test_silence_is_not_the_end(pair: tuple[Connection, socket.socket]) -> None:
    assert pair[0].receive() == b""
