"""The bytes between us and one server: a WebSocket over a unix socket, or HTTP calls to a port of this machine.

Nothing here blocks, and nothing that a server sends grows without bound. Whoever breaks the rules is hung up on.
"""

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Sequence
from typing import Protocol

from desktop.domain.agent import ServerCall, ServerPlace, ServerWord, Transport
from desktop.watchers import hook_peer, server_peer

CHUNK = 64 << 10
# A message may hold the difference of a whole file; more than this is no message.
MOST_BYTES = 16 << 20
OPEN_WITHIN_S = 5.0
# One that says nothing for so long is asked whether it lives, and has as long again to answer.
SILENCE_S = 10.0


class Lost(Exception):
    """The connection is gone, or was given up; the text says why, in words."""


class Link(Protocol):
    """One server's connections. Every method but *close* raises Lost."""

    @property
    def is_open(self) -> bool:
        """Whether the talk can begin."""

    def ready(self, sock: socket.socket, mask: int) -> list[ServerWord]:
        """Take what is there to take on *sock*."""

    def send(self, calls: Sequence[ServerCall]) -> None: ...

    def on_time(self, now: float) -> list[ServerWord]:
        """Do what time alone demands."""

    def due(self) -> float:
        """When (monotonic) to call *on_time*."""

    def close(self) -> None: ...


def open_link(transport: Transport, place: ServerPlace, selector: selectors.BaseSelector, owner: object) -> Link:
    """Begin to connect; raises OSError or Lost. *owner* is put beside each socket in *selector*."""
    if transport is Transport.WEBSOCKET:
        from desktop.watchers.server_websocket import WebSocketLink

        return WebSocketLink(place, selector, owner)
    from desktop.watchers.server_http import HttpLink

    return HttpLink(place, selector, owner)


class Wire:
    """A socket that never blocks, and what waits to be sent on it."""

    def __init__(self, sock: socket.socket, selector: selectors.BaseSelector, owner: object) -> None:
        self.sock = sock
        self.heard_at = time.monotonic()
        self._selector = selector
        self._owner = owner
        self._out = bytearray()
        sock.setblocking(False)

    def register(self) -> None:
        self._selector.register(self.sock, selectors.EVENT_READ, self._owner)

    def send(self, chunk: bytes) -> None:
        """Send *chunk* as soon as the other side takes it."""
        self._out += chunk
        if len(self._out) > MOST_BYTES:
            raise Lost("it takes nothing that is sent")
        self.flush()

    def flush(self) -> None:
        try:
            while self._out:
                del self._out[: self.sock.send(self._out)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            raise Lost(error.strerror or "the connection broke") from None
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self._selector.modify(self.sock, wanted, self._owner)

    def receive(self) -> bytes | None:
        """What came; None when nothing did, empty at the end."""
        try:
            chunk = self.sock.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise Lost(error.strerror or "the connection broke") from None
        self.heard_at = time.monotonic()
        return chunk

    def close(self) -> None:
        with contextlib.suppress(KeyError, ValueError):  # it was never registered
            self._selector.unregister(self.sock)
        self.sock.close()


def unix_socket(path: str) -> socket.socket:
    """Connect to the unix socket at *path*, if it and the process behind it are this user's."""
    server_peer.check_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # a server whose queue is full is tried again later
        sock.connect(path)
        peer = hook_peer.peer_of(sock)
        if peer is None or peer.uid != os.geteuid():
            raise PermissionError("the server belongs to somebody else")
    except OSError:
        sock.close()
        raise
    return sock
