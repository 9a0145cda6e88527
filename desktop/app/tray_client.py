"""Talk to the running tray: status, changes, and the window brought forward. Nothing here can answer a request."""

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb

CONNECT_S = 2.0


class NoTray(Exception):
    """No tray answers."""


def ask(directory: Path, verb: Verb, argument: str = "-") -> bytes:
    """Send one query and return the whole answer."""
    with _connect(directory) as sock:
        sock.settimeout(CONNECT_S)
        try:
            sock.sendall(hook_wire.header(verb, argument))
            parts = []
            while part := sock.recv(65536):
                parts.append(part)
        except OSError as error:
            raise NoTray("the tray does not answer") from error
    return b"".join(parts)


def follow(directory: Path) -> Iterator[bytes]:
    """Yield the tray's news line by line until it ends."""
    with _connect(directory) as sock, sock.makefile("rb") as lines:
        sock.sendall(hook_wire.header(Verb.WATCH))
        yield from lines


def bring_forward(directory: Path, token: str = "", within_s: float = 5.0) -> None:
    """Raise the running tray's window; a tray that has only just begun is given time to listen."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    is_usable = token.isascii() and hook_wire.parse_header(hook_wire.header(Verb.RAISE, token).removesuffix(b"\n"))
    while True:
        try:
            ask(directory, Verb.RAISE, token if is_usable else "-")
        except NoTray:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.05)
        else:
            return


def _connect(directory: Path) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise NoTray("this system has no unix sockets")
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(CONNECT_S)
    try:
        sock.connect(os.fspath(directory / "tray.sock"))
        if sys.platform == "linux":
            uid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
            if uid != os.geteuid():
                raise NoTray("another user's process sits where the tray would listen")
        sock.settimeout(None)
    except OSError as error:
        sock.close()
        raise NoTray("no tray runs") from error
    except NoTray:
        sock.close()
        raise
    return sock
