"""As much of the X11 protocol as it takes to find a program's windows and to bring one forward; nothing but sockets.

Not libxcb through ctypes: whatever a display answers, this can at worst raise. Only displays of this machine are spoken
to.
"""

import os
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ANSWER_S = 2.0
_DISPLAY = re.compile(r"(?:unix|unix/)?:([0-9]{1,5})(?:\.[0-9]+)?")
_LONGEST_ANSWER = 1 << 20
_MOST_WINDOWS = 1000
_ANY_TYPE = 0
_FROM_A_PAGER = 2  # EWMH: the person asked, so a window manager does not suspect focus stealing
_SUBSTRUCTURE = 0x180000  # SubstructureNotify and SubstructureRedirect: whom EWMH says to tell
_LOCAL, _WILD = 256, 65535  # families of an Xauthority entry


class NoDisplay(OSError):
    """There is no X11 display to speak to, or it said no."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window as its window manager lists it; lowest first in a list of them."""

    id: int
    pid: int
    title: str


class Display:
    """A connection to the display that *environment* names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        found = _DISPLAY.fullmatch(environment.get("DISPLAY", ""))
        if found is None or not hasattr(socket, "AF_UNIX"):
            raise NoDisplay("no X11 display of this machine")
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(ANSWER_S)
        self._atoms: dict[str, int] = {}
        try:
            self._connect(found[1])
            self._root = self._greet(_cookie(environment, found[1]))
        except (OSError, struct.error, IndexError):
            self._sock.close()
            raise NoDisplay("the display does not let us in") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sock.close()

    def windows(self) -> list[Window]:
        """The windows under a window manager; none where none runs."""
        ids = self._numbers(self._root, "_NET_CLIENT_LIST_STACKING") or self._numbers(self._root, "_NET_CLIENT_LIST")
        found = []
        for window in ids[:_MOST_WINDOWS]:
            pid = self._numbers(window, "_NET_WM_PID")
            title = self._property(window, "_NET_WM_NAME") or self._property(window, "WM_NAME")
            found.append(Window(window, pid[0] if pid else 0, _text(title)))
        return found

    def active(self) -> int:
        """The window that has the focus; 0 for none."""
        found = self._numbers(self._root, "_NET_ACTIVE_WINDOW")
        return found[0] if found else 0

    def activate(self, window: int) -> None:
        """Ask the window manager to bring *window* forward, from whichever desktop it is on."""
        message = struct.pack(
            "<BBHII5I", 33, 32, 0, window, self._atom("_NET_ACTIVE_WINDOW"), _FROM_A_PAGER, 0, 0, 0, 0
        )
        self._send(struct.pack("<BBHII", 25, 0, 11, self._root, _SUBSTRUCTURE) + message)
        self.active()  # an answer means that the request before it was read

    def _connect(self, number: str) -> None:
        try:
            self._sock.connect(f"/tmp/.X11-unix/X{number}")  # noqa: S108  # where X11 has it
        except OSError:
            self._sock.close()
            self._sock = socket.socket(socket.AF_UNIX)
            self._sock.settimeout(ANSWER_S)
            self._sock.connect(f"\0/tmp/.X11-unix/X{number}")

    def _greet(self, cookie: bytes) -> int:
        name = b"MIT-MAGIC-COOKIE-1" if cookie else b""
        self._sock.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(cookie)) + _padded(name, cookie))
        is_let_in, length = struct.unpack("<B5xH", self._read(8))
        setup = self._read(length * 4)
        if is_let_in != 1:
            raise NoDisplay("the display does not let us in")
        vendor, formats = struct.unpack_from("<16xHxxxB", setup)
        at = 32 + vendor + (-vendor % 4) + formats * 8
        return int(struct.unpack_from("<I", setup, at)[0])

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            raw = name.encode()
            self._send(struct.pack("<BBHHxx", 16, 0, 2 + (len(raw) + 3) // 4, len(raw)) + _padded(raw))
            answer = self._answer()
            self._atoms[name] = struct.unpack_from("<8xI", answer)[0] if answer else 0
        return self._atoms[name]

    def _numbers(self, window: int, name: str) -> list[int]:
        raw = self._property(window, name)
        return [number for (number,) in struct.iter_unpack("<I", raw[: len(raw) // 4 * 4])]

    def _property(self, window: int, name: str) -> bytes:
        self._send(struct.pack("<BBHIIIII", 20, 0, 6, window, self._atom(name), _ANY_TYPE, 0, 4096))
        answer = self._answer()
        if not answer:
            return b""  # the window is gone
        unit, count = answer[1] // 8, struct.unpack_from("<16xI", answer)[0]
        return answer[32 : 32 + unit * count]

    def _answer(self) -> bytes:
        """The next answer; empty for an error. Events are not wanted and passed over."""
        while True:
            head = self._read(32)
            if head[0] == 0:
                return b""
            if head[0] == 1:
                return head + self._read(struct.unpack_from("<4xI", head)[0] * 4)

    def _send(self, request: bytes) -> None:
        try:
            self._sock.sendall(request)
        except OSError:
            raise NoDisplay("the display is gone") from None

    def _read(self, length: int) -> bytes:
        if length > _LONGEST_ANSWER:
            raise NoDisplay("the display says too much")
        got = b""
        while len(got) < length:
            try:
                more = self._sock.recv(length - len(got))
            except OSError:
                more = b""
            if not more:
                raise NoDisplay("the display is gone")
            got += more
        return got


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:  # the older property of a title is Latin-1
        return raw.decode("latin-1")


def _padded(*parts: bytes) -> bytes:
    return b"".join(part + bytes(-len(part) % 4) for part in parts)


def _cookie(environment: Mapping[str, str], number: str) -> bytes:
    """What lets us in, from the person's Xauthority file; empty where none is needed."""
    place = environment.get("XAUTHORITY") or f"{environment.get('HOME', '')}/.Xauthority"
    try:
        raw = Path(place).read_bytes()
    except OSError:
        return b""
    at = 0
    while at + 2 <= len(raw):
        family = int.from_bytes(raw[at : at + 2], "big")
        at += 2
        fields = []
        for _ in range(4):
            length = int.from_bytes(raw[at : at + 2], "big")
            fields.append(raw[at + 2 : at + 2 + length])
            at += 2 + length
        address, display, name, data = fields
        is_here = family == _WILD or (family == _LOCAL and address == os.fsencode(socket.gethostname()))
        if is_here and display in (b"", number.encode()) and name == b"MIT-MAGIC-COOKIE-1":
            return data
    return b""
