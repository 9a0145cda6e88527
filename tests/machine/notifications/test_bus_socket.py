"""The line to a bus, against a listener that says whatever a test wants it to say."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jeepney import HeaderFields, Message, new_signal
from jeepney.wrappers import DBusAddress
from pytestqt.qtbot import QtBot

from desktop.notifications.bus_socket import BusSocket

WELCOME = b"OK 1234deadbeef\r\n"
NEWS = new_signal(DBusAddress("/news", interface="example.News"), "Told", "s", ("hello",))
# A signal with header field 200, which the specification says to ignore.
_FIELDS = bytes([200]) + b"\x01s\x00" + (1).to_bytes(4, "little") + b"x\x00"
FUTURE = b"l\x04\x00\x01" + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
FUTURE += len(_FIELDS).to_bytes(4, "little") + _FIELDS
FUTURE += b"\0" * (-len(FUTURE) % 8)


class End:
    """Our end of the line, and what it told."""

    def __init__(self, address: str) -> None:
        self.opened = 0
        self.messages: list[Message] = []
        self.losses: list[str] = []
        self.line = BusSocket(self._open, self.messages.append, self._lose)
        self.refusal = self.line.connect_to(address)

    def _open(self) -> None:
        self.opened += 1

    def _lose(self, reason: str) -> None:
        self.losses.append(reason)
        self.line.hang_up()


class Listener:
    """Takes one caller, and says what it is told to."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix:path={path}"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._peer: socket.socket | None = None

    def say(self, words: bytes) -> None:
        if self._peer is None:
            self._peer, _ = self._socket.accept()
        self._peer.sendall(words)

    def hear(self, words: bytes) -> None:
        assert self._peer is not None
        heard = b""
        while words not in heard:
            heard += self._peer.recv(1000)

    def hang_up(self) -> None:
        for end in (self._peer, self._socket):
            if end is not None:
                end.close()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    found = Listener(tmp_path / "bus")
    yield found
    found.hang_up()


@pytest.fixture
def call(qtbot: QtBot, listener: Listener) -> Iterator[Callable[[], End]]:
    ends: list[End] = []

    def connect() -> End:
        ends.append(End(listener.address))
        return ends[-1]

    yield connect
    for end in ends:
        end.line.hang_up()


def test_whole_messages_come_out_however_the_stream_is_cut(
    qtbot: QtBot, listener: Listener, call: Callable[[], End]
) -> None:
    end = call()
    raw = NEWS.serialise(7)

    listener.say(WELCOME)
    qtbot.waitUntil(lambda: end.opened == 1)
    listener.say(raw[:10])
    listener.say(raw[10:] + raw)

    qtbot.waitUntil(lambda: len(end.messages) == 2)
    assert [message.header.fields[HeaderFields.member] for message in end.messages] == ["Told", "Told"]
    assert end.messages[0].body == ("hello",)


def test_a_message_from_the_future_is_counted_and_the_next_one_read(
    qtbot: QtBot, listener: Listener, call: Callable[[], End]
) -> None:
    end = call()
    listener.say(WELCOME)
    qtbot.waitUntil(lambda: end.opened == 1)

    listener.say(FUTURE + NEWS.serialise(8))

    qtbot.waitUntil(lambda: len(end.messages) == 1)
    assert (end.line.skipped, end.losses) == (1, [])


def test_rubbish_in_the_stream_ends_the_line(qtbot: QtBot, listener: Listener, call: Callable[[], End]) -> None:
    end = call()
    listener.say(WELCOME)
    qtbot.waitUntil(lambda: end.opened == 1)

    listener.say(b"?" * 64)

    qtbot.waitUntil(lambda: bool(end.losses))
    assert end.losses == ["the session bus speaks something else"]
    assert not end.line.is_connected


@pytest.mark.parametrize("said", [b"REJECTED KERBEROS\r\n", b"x" * 9000 + b"\r\n"])
def test_a_listener_that_does_not_welcome_us_is_left(
    qtbot: QtBot, listener: Listener, call: Callable[[], End], said: bytes
) -> None:
    end = call()

    listener.say(said)

    qtbot.waitUntil(lambda: bool(end.losses))
    assert (end.opened, end.losses) == (0, ["the session bus does not know us"])


def test_the_end_of_the_stream_is_told_once(qtbot: QtBot, listener: Listener, call: Callable[[], End]) -> None:
    end = call()
    listener.say(WELCOME)
    qtbot.waitUntil(lambda: end.opened == 1)

    listener.hang_up()

    qtbot.waitUntil(lambda: bool(end.losses))
    # Which of the two depends on whether the other side had read all we said.
    assert end.losses in (
        ["the session bus closed the connection"],
        ["the session bus is gone: Connection reset by peer"],
    )
    assert not end.line.is_connected


def test_what_the_bus_does_not_take_is_kept_up_to_a_limit(
    qtbot: QtBot, listener: Listener, call: Callable[[], End]
) -> None:
    end = call()
    listener.say(WELCOME)
    qtbot.waitUntil(lambda: end.opened == 1)

    end.line.send(b"x" * (1 << 20))
    assert end.line.has_unsent
    assert not end.line.pump(lambda: not end.line.has_unsent, 50)
    end.line.send(b"x" * (8 << 20))

    qtbot.waitUntil(lambda: bool(end.losses))
    assert end.losses == ["the session bus takes no more messages"]


def test_it_can_be_served_without_the_loop(listener: Listener, call: Callable[[], End]) -> None:
    end = call()

    def speak() -> None:
        listener.say(WELCOME)
        listener.hear(b"BEGIN")
        listener.say(NEWS.serialise(9))

    speaker = threading.Thread(target=speak)
    speaker.start()

    assert end.line.pump(lambda: bool(end.messages), 5000)

    speaker.join(5)


@pytest.mark.parametrize("address", ["", "nonsense", "tcp:host=localhost,port=1", "unix:", ";;"])
def test_an_address_nobody_can_use_is_a_reason(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)

    assert "session bus" in End(address).refusal
