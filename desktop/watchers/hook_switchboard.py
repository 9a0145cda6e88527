"""Every open connection to our socket, and the one place where their thread waits for them. Knows nothing of hooks."""

import contextlib
import logging
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from desktop.domain.record import dataclass
from desktop.watchers import hook_peer
from desktop.watchers.hook_connection import MOST_UNSENT, Connection, Stage
from desktop.watchers.hook_listener import Listener

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 256
READ_S = 2.0  # for a whole call to arrive: it was in the relay's hands before it connected
ACCEPT_AGAIN_S = 1.0


@dataclass(slots=True)
class _Door:
    """One place where callers come in."""

    listener: Listener
    host: str
    is_shut: bool = False  # for a moment, while no caller can be taken


class Switchboard:
    """Takes callers and lets them go. Every method but ``wake`` is for the thread that waits."""

    def __init__(self, on_end: Callable[[Connection], None], on_forgotten: Callable[[Connection], None]) -> None:
        self._on_end = on_end  # it left or reads nothing any more: whoever serves it says what that means
        self._on_forgotten = on_forgotten
        self._selector = selectors.DefaultSelector()
        self._doors: list[_Door] = []
        self._wakes, self._waker = socket.socketpair()
        self._connections: set[Connection] = set()
        self._accept_again_at: float | None = None

    def listen(self, path: Path, host: str = "") -> None:
        """Take callers at *path*, which only *host* is given; raises OSError when that cannot be."""
        door = _Door(Listener(path), host)
        if not self._doors:
            self._wakes.setblocking(False)
            self._waker.setblocking(False)
            self._selector.register(self._wakes, selectors.EVENT_READ)
        self._doors.append(door)
        self._selector.register(door.listener.socket, selectors.EVENT_READ, door)

    @property
    def is_listening(self) -> bool:
        """Whether callers are taken."""
        return bool(self._doors)

    def wake(self) -> None:
        """End the wait; from any thread."""
        with contextlib.suppress(OSError):  # full: the thread is about to wake anyway; closed: it has ended
            self._waker.send(b"\0")

    def ready(self, until: float | None) -> Iterator[tuple[Connection, int]]:
        """Wait until *until*, a deadline or a sign of life; give those with something to read or room to write."""
        for key, events in self._selector.select(self._patience(until)):
            if isinstance(key.data, Connection):
                yield key.data, events
            elif isinstance(key.data, _Door):
                self._accept(key.data)
            else:
                self._drain_wakes()

    def at_stage(self, stage: Stage) -> list[Connection]:
        """The connections that stand there."""
        return [connection for connection in self._connections if connection.stage is stage]

    def overdue(self, now: float) -> list[Connection]:
        """The connections whose deadline has come; callers are taken again where they could not be."""
        if self._accept_again_at is not None and self._accept_again_at <= now:
            self._accept_again_at = None
            for door in self._doors:
                if door.is_shut:
                    door.is_shut = False
                    self._selector.register(door.listener.socket, selectors.EVENT_READ, door)
        return [each for each in self._connections if each.deadline is not None and each.deadline <= now]

    @property
    def size(self) -> int:
        """How many bytes all of them make us keep."""
        return sum(each.size for each in self._connections)

    def finish(self, connection: Connection, last_words: bytes) -> None:
        """Send *last_words*; it is closed once they are out."""
        connection.stage = Stage.CLOSING
        connection.deadline = time.monotonic() + READ_S
        connection.send(last_words)

    def settle(self, connection: Connection) -> None:
        """Close what has nothing left to send, and listen for room where there is something left."""
        if connection.stage is Stage.GONE:
            return
        if connection.stage is Stage.CLOSING and not connection.unsent:
            self.forget(connection)
        elif len(connection.unsent) > MOST_UNSENT:
            self._on_end(connection)
        else:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            if self._selector.get_key(connection.sock).events != wanted:
                self._selector.modify(connection.sock, wanted, connection)

    def forget(self, connection: Connection) -> None:
        """Close it at once."""
        if connection.stage is Stage.GONE:
            return
        self._on_forgotten(connection)
        connection.stage = Stage.GONE
        connection.deadline = None
        self._connections.discard(connection)
        self._selector.unregister(connection.sock)
        connection.sock.close()

    def close(self) -> None:
        """Close every connection, and listen no more."""
        for connection in list(self._connections):
            self.forget(connection)
        for door in self._doors:
            door.listener.close()
        self._selector.close()
        self._wakes.close()
        self._waker.close()

    def _patience(self, until: float | None) -> float | None:
        due = [connection.deadline for connection in self._connections if connection.deadline is not None]
        due += [at for at in (until, self._accept_again_at) if at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _drain_wakes(self) -> None:
        try:
            while self._wakes.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _accept(self, door: _Door) -> None:
        try:
            sock = door.listener.accept()
        except OSError:
            log.warning("no hook call can be taken for now: the system is out of files")
            self._selector.unregister(door.listener.socket)
            door.is_shut = True
            self._accept_again_at = time.monotonic() + ACCEPT_AGAIN_S
            return
        if sock is None:
            return
        peer = hook_peer.peer_of(sock)
        if peer is None or peer.uid != os.geteuid() or len(self._connections) >= MOST_CONNECTIONS:
            sock.close()  # at once: a relay that meets the end exits, one that meets silence waits
            return
        connection = Connection(sock, peer, time.monotonic() + READ_S, door.host)
        self._connections.add(connection)
        self._selector.register(sock, selectors.EVENT_READ, connection)
