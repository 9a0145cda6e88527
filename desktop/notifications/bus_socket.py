"""The socket of a message bus: who we are told once, then whole messages out and in, as the Qt loop finds time.

It never hangs up by itself: whoever owns it hears that the line is lost, and decides.
"""

import errno
import os
import re
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator

from jeepney import Message
from jeepney.auth import BEGIN, AuthenticationError, Authenticator
from jeepney.bus import get_connectable_addresses
from jeepney.low_level import calc_msg_size
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Slot

_READ_AT_ONCE = 64 * 1024  # the rest waits for the next turn of the loop, so that a flood cannot hold it
_LARGEST_MESSAGE = 8 * 1024 * 1024  # nothing that we ask for comes near
_MOST_UNSENT = 4 * 1024 * 1024
_HEAD = 16  # bytes of a message that tell how long it is
_TAKEN = re.compile(rb"^OK ([0-9a-f]{32})\r\n", re.MULTILINE)


class BusSocket(QObject):
    """One line to the bus at a time."""

    def __init__(
        self,
        on_open: Callable[[], None],
        on_message: Callable[[Message], None],
        on_lost: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._on_open = on_open
        self._on_message = on_message
        self._on_lost = on_lost
        self._socket: socket.socket | None = None
        self._reader: QSocketNotifier | None = None
        self._writer: QSocketNotifier | None = None
        self._authenticator = Authenticator()
        self._is_open = False
        self._received = bytearray()
        self._unsent = bytearray()
        self.skipped = 0
        """How many messages could not be read."""
        self.bus_id = ""
        """What the bus calls itself, another each time one is started; "" where it does not say."""

    @property
    def is_connected(self) -> bool:
        """Whether there is a line, though the bus may not know yet who we are."""
        return self._socket is not None

    @property
    def has_unsent(self) -> bool:
        """Whether the bus has yet to take some of what was sent."""
        return bool(self._unsent)

    def connect_to(self, address: str | None) -> str:
        """Begin to connect, to the session's own bus if *address* is None; return "" or the reason why not."""
        reason = "no session bus: DBUS_SESSION_BUS_ADDRESS is not set"
        for place in _places(address):
            end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
            try:
                end.connect(place)
            except OSError as error:
                end.close()
                reason = f"the session bus does not take us: {os.strerror(error.errno or errno.EIO)}"
                continue
            self._take(end)
            return ""
        return reason

    def hang_up(self) -> None:
        """Let go of the line, and of what was not sent."""
        for notifier in (self._reader, self._writer):
            if notifier is not None:
                notifier.setEnabled(False)
                notifier.deleteLater()
        self._reader = self._writer = None
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._is_open = False
        self._unsent.clear()
        self._received.clear()

    def send(self, raw: bytes) -> None:
        """Send as soon as the bus takes it."""
        self._unsent += raw
        self._write()

    def pump(self, until: Callable[[], bool], limit_ms: int) -> bool:
        """Serve the line without the Qt loop until *until* holds or the time is up; return whether it holds."""
        end = time.monotonic() + limit_ms / 1000
        while not until():
            left = end - time.monotonic()
            if left <= 0 or self._socket is None:
                return False
            poll = select.poll()
            poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._unsent else 0))
            for _descriptor, what in poll.poll(left * 1000):
                if what & select.POLLOUT:
                    self._write()
                if what & ~select.POLLOUT:
                    self._read()
        return True

    def _take(self, end: socket.socket) -> None:
        self._socket = end
        self._authenticator = Authenticator()
        self._received.clear()
        self._unsent.clear()
        self._is_open = False
        self.bus_id = ""
        self._reader = QSocketNotifier(end.fileno(), QSocketNotifier.Type.Read, self)
        self._reader.activated.connect(self._on_reader_activated)
        self._writer = QSocketNotifier(end.fileno(), QSocketNotifier.Type.Write, self)
        self._writer.setEnabled(False)
        self._writer.activated.connect(self._on_writer_activated)
        self.send(self._authenticator.data_to_send() or b"")

    def _write(self) -> None:
        if self._socket is None:
            return
        try:
            sent = self._socket.send(self._unsent, socket.MSG_NOSIGNAL) if self._unsent else 0
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            # The reading side finds the end of the stream, with all that was said before it.
            self._unsent.clear()
            return
        del self._unsent[:sent]
        if len(self._unsent) > _MOST_UNSENT:
            self._unsent.clear()
            QTimer.singleShot(0, self, lambda: self._on_lost("the session bus takes no more messages"))
        if self._writer is not None:
            self._writer.setEnabled(bool(self._unsent))

    @Slot()
    def _on_writer_activated(self) -> None:
        self._write()

    @Slot()
    def _on_reader_activated(self) -> None:
        self._read()

    def _read(self) -> None:
        if self._socket is None:
            return
        try:
            raw = self._socket.recv(_READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._on_lost(f"the session bus is gone: {os.strerror(error.errno or errno.EIO)}")
            return
        if not raw:
            self._on_lost("the session bus closed the connection")
        elif self._is_open:
            self._received += raw
            self._split()
        else:
            self._authenticate(raw)

    def _authenticate(self, raw: bytes) -> None:
        self._received += raw
        try:
            self._authenticator.feed(raw)
        except AuthenticationError:
            self._on_lost("the session bus does not know us")
            return
        if self._authenticator.authenticated:
            taken = _TAKEN.search(self._received)
            self.bus_id = taken[1].decode() if taken else ""
            self._received.clear()
            self.send(BEGIN)
            self._is_open = True
            self._on_open()

    def _split(self) -> None:
        while self._is_open and len(self._received) >= _HEAD:
            try:
                size = calc_msg_size(bytes(self._received[:_HEAD]))
            except (KeyError, struct.error):
                size = _LARGEST_MESSAGE + 1
            if size > _LARGEST_MESSAGE:
                self._on_lost("the session bus speaks something else")
                return
            if len(self._received) < size:
                return
            raw = bytes(self._received[:size])
            del self._received[:size]
            try:
                message = Message.from_buffer(raw)
            except (ValueError, KeyError, IndexError, TypeError, struct.error, RecursionError):
                # A header field or type from after our library was written: not ours, and the next message may be.
                self.skipped += 1
                continue
            self._on_message(message)


def _places(address: str | None) -> Iterator[str]:
    if address is None:
        address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if not address and (runtime := os.environ.get("XDG_RUNTIME_DIR")):
        address = f"unix:path={runtime}/bus"
    try:
        yield from get_connectable_addresses(address)
    except (ValueError, RuntimeError):
        return
