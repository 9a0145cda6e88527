"""The other end of the hook socket."""

import socket
from pathlib import Path

from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb

YES = b'{"decision":"allow"}\n'


def client(runtime: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(str(runtime / "agent-tray" / "tray.sock"))
    return sock


def asked(sock: socket.socket, payload: bytes) -> bytes:
    sock.sendall(hook_wire.header(Verb.HOOK, "fake", len(payload)) + payload)
    return sock.recv(100)


def everything(sock: socket.socket) -> bytes:
    parts = []
    try:
        while part := sock.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)
