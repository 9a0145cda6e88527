"""Asks a running tray over its socket: what it sees, or to come forward. Nothing can be answered this way."""

import json
import socket
from collections.abc import Iterator

from desktop.formats import hook_wire
from desktop.storage import paths

TIMEOUT_S = 2.0


def ask(verb: str, payload: bytes = b"") -> dict[str, object] | None:
    """Send *verb* to the running tray and return its one answer; None when none runs."""
    for answer in stream(verb, payload, timeout_s=TIMEOUT_S):
        return answer
    return None


def stream(verb: str, payload: bytes = b"", *, timeout_s: float | None = None) -> Iterator[dict[str, object]]:
    """Send *verb* and yield every object the tray answers with, until it ends; nothing when no tray runs."""
    connection = _connect()
    if connection is None:
        return
    with connection, connection.makefile("rb") as answers:
        try:
            connection.sendall(hook_wire.header(hook_wire.Verb(verb), length=len(payload)) + payload)
            connection.settimeout(timeout_s)
            for line in answers:
                answer = json.loads(line)
                if isinstance(answer, dict):
                    yield answer
        except (OSError, ValueError):
            return


def _connect() -> socket.socket | None:
    if not hasattr(socket, "AF_UNIX"):
        return None
    for directory in filter(paths.is_ours_alone, paths.runtime_candidates()):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(str(directory / paths.SOCKET))
        except OSError:
            connection.close()
        else:
            return connection
    return None
