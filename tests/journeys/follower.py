"""Follows the tray through its own socket, and keeps what it said of each session, and when."""

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

RETRY_S = 0.05


@dataclass(frozen=True)
class Told:
    """What the tray said of one session, and when it reached us."""

    at: float
    phase: str
    row: dict[str, object]


class Follower:
    """Hears ``watch`` on one thread, whichever tray runs; asks ``status`` on the caller's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told: dict[str, list[Told]] = {}
        self._stopped = threading.Event()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    def of(self, session: str) -> list[Told]:
        """All that was said of *session*, oldest first."""
        return list(self._told.get(session, ()))

    def phase(self, session: str) -> str:
        """The last word about *session*; empty when nothing was said yet."""
        told = self._told.get(session)
        return told[-1].phase if told else ""

    def since(self, session: str) -> float:
        """When the tray began to say what it says now of *session*."""
        told = self.of(session)
        began = told[-1].at
        for each in reversed(told):
            if each.phase != told[-1].phase:
                break
            began = each.at
        return began

    def status(self) -> dict[str, object]:
        """What ``status --json`` prints, without the start of a program."""
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answer:
            connection.settimeout(5)
            connection.connect(str(self._path))
            connection.sendall(b"AT1 status - 0\n")
            said = json.loads(answer.readline())
        assert isinstance(said, dict)
        return said

    def tell(self, verb: str) -> None:
        """Say *verb* to the tray and wait for its answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._path))
            connection.sendall(f"AT1 {verb} - 0\n".encode())
            connection.recv(64)

    def stop(self) -> None:
        """Hear no more."""
        self._stopped.set()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _follow(self) -> None:
        while not self._stopped.wait(RETRY_S):
            with socket.socket(socket.AF_UNIX) as connection:
                try:
                    connection.connect(str(self._path))
                    connection.sendall(b"AT1 watch - 0\n")
                    self._connection = connection
                    self._hear(connection)
                except OSError:
                    continue
                finally:
                    self._connection = None

    def _hear(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            for line in lines:
                at = time.time()
                row = json.loads(line)
                if "id" in row:
                    self._told.setdefault(str(row["id"]), []).append(Told(at, str(row["phase"]), row))
