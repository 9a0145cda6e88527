"""Asks a running tray over its socket: what it sees, or to come forward. Nothing can be answered this way."""

import json
import socket
from collections.abc import Iterator

from desktop.storage import paths

TIMEOUT_S = 2.0


def ask(verb: str) -> dict[str, object] | None:
    """Send *verb* to the running tray and return its one answer; None when none runs."""
    for answer in stream(verb, timeout_s=TIMEOUT_S):
        return answer
    return None


def stream(verb: str, *, timeout_s: float | None = None) -> Iterator[dict[str, object]]:
    """Send *verb* and yield every object the tray answers with, until it ends; nothing when no tray runs."""
    if not hasattr(socket, "AF_UNIX"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(str(paths.socket_path()))
            connection.sendall(f"AT1 {verb} - 0\n".encode())
            connection.settimeout(timeout_s)
            with connection.makefile("rb") as answers:
                for line in answers:
                    answer = json.loads(line)
                    if isinstance(answer, dict):
                        yield answer
        except (OSError, ValueError):
            return
