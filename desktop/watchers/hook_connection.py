"""One connection to our socket: its bytes in both directions and where it stands. Never blocks."""

import socket
from dataclasses import field
from enum import Enum, auto

from desktop.domain.agent import HookCall
from desktop.domain.events import Event
from desktop.domain.ids import SessionId
from desktop.domain.record import dataclass
from desktop.domain.requests import Request
from desktop.formats import hook_wire
from desktop.watchers.hook_peer import Peer

MOST_UNSENT = 4 << 20  # a client that does not read this much is not coming back


class Stage(Enum):
    """Where a connection stands."""

    READING = auto()  # header and payload come in
    CHECKING = auto()  # an ask: whose session it names is not known yet
    HELD = auto()  # a person may answer
    LISTENING = auto()  # its session takes a person's words
    SAYING = auto()  # the reply is on its way
    WATCHING = auto()  # told of every change until it leaves
    CLOSING = auto()  # the last bytes go out
    GONE = auto()


@dataclass(slots=True, eq=False)
class Connection:
    """What we know of one client."""

    sock: socket.socket
    peer: Peer
    deadline: float | None
    host: str = ""  # whose socket it came by; empty for our own
    stage: Stage = Stage.READING
    received: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    header: hook_wire.Header | None = None
    call: HookCall | None = None
    events: tuple[Event, ...] = ()  # what the call means
    request: Request | None = None
    line: SessionId | None = None  # the session that takes words on it
    decide_by: float = 0.0

    @property
    def size(self) -> int:
        """How many bytes it makes us keep."""
        return len(self.received) + (len(self.call.payload) if self.call is not None else 0)

    def receive(self) -> bytes | None:
        """Take what has come; None when the other end is gone."""
        try:
            got = self.sock.recv(65536)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            return None
        return got or None

    def take_call(self) -> bytes | None:
        """The payload once all of it is here; None while it is not.

        Raises ValueError for anything that is not our language.
        """
        if self.header is None:
            line, newline, _ = bytes(self.received[: hook_wire.LONGEST_HEADER]).partition(b"\n")
            if not newline:
                if len(line) >= hook_wire.LONGEST_HEADER:
                    raise ValueError("no header")
                return None
            self.header = hook_wire.parse_header(line)
            if self.header is None:
                raise ValueError("not our language")
            del self.received[: len(line) + 1]
        if len(self.received) > self.header.length:
            raise ValueError("more than announced")
        return bytes(self.received) if len(self.received) == self.header.length else None

    def send(self, data: bytes) -> None:
        """Queue bytes and send what the system takes; what is left goes out when it can."""
        self.unsent += data
        self.flush()

    def flush(self) -> None:
        """Send what the system takes; a broken connection is noticed by reading."""
        while self.unsent:
            try:
                sent = self.sock.send(self.unsent)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.unsent.clear()
                return
            del self.unsent[:sent]
