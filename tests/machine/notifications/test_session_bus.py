"""The connection itself, on a real bus."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress
from pytestqt.qtbot import QtBot

from desktop.notifications.session_bus import DISCONNECTED, DRIVER, TIMED_OUT, Reply, SessionBus
from tests.fakes.notification_server import ADDRESS
from tests.fakes.private_bus import Daemon, PrivateBus

DRIVER_ADDRESS = DBusAddress("/org/freedesktop/DBus", bus_name=DRIVER, interface=DRIVER)


@pytest.fixture
def line(qtbot: QtBot, bus: PrivateBus) -> Iterator[SessionBus]:
    found = SessionBus(bus.address)
    assert found.open(lambda reason: None) == ""
    qtbot.waitUntil(lambda: found.is_ready)
    yield found
    found.close()


def test_a_call_is_answered_through_the_qt_loop(qtbot: QtBot, line: SessionBus) -> None:
    replies: list[Reply] = []

    line.call(DRIVER_ADDRESS, "GetNameOwner", "s", (DRIVER,), replies.append)

    assert replies == []
    qtbot.waitUntil(lambda: bool(replies))
    assert replies == [Reply((DRIVER,))]


def test_a_bus_that_starts_again_has_another_name_for_itself(qtbot: QtBot, line: SessionBus, bus: PrivateBus) -> None:
    before = line.bus_id
    assert re.fullmatch("[0-9a-f]{32}", before)

    bus.stop()
    bus.start()

    qtbot.waitUntil(lambda: line.is_ready and line.bus_id != before)
    assert re.fullmatch("[0-9a-f]{32}", line.bus_id)


def test_an_error_is_an_answer(qtbot: QtBot, line: SessionBus) -> None:
    replies: list[Reply] = []

    line.call(ADDRESS, "GetServerInformation", on_reply=replies.append)

    qtbot.waitUntil(lambda: bool(replies))
    assert replies[0].error == "org.freedesktop.DBus.Error.ServiceUnknown"


def test_an_answer_after_the_deadline_is_late(qtbot: QtBot, line: SessionBus, daemon: Callable[..., Daemon]) -> None:
    server = daemon("--hang")
    replies: list[Reply] = []
    late: list[Reply] = []

    line.call(ADDRESS, "GetServerInformation", None, (), replies.append, on_late=late.append, timeout_ms=50)
    qtbot.waitUntil(lambda: bool(replies))
    server.do(hang=False)
    qtbot.waitUntil(lambda: bool(late))

    assert [reply.error for reply in replies] == [TIMED_OUT]
    assert late[0].body[0] == "fake"


def test_the_second_answer_to_one_call_is_ignored(
    qtbot: QtBot, line: SessionBus, daemon: Callable[..., Daemon]
) -> None:
    daemon("--double")
    replies: list[Reply] = []

    line.call(ADDRESS, "GetCapabilities", on_reply=replies.append)
    line.call(ADDRESS, "GetServerInformation", on_reply=replies.append)

    qtbot.waitUntil(lambda: len(replies) == 2)
    assert [reply.error for reply in replies] == ["", ""]


def test_what_cannot_be_said_is_refused_before_it_is_sent(line: SessionBus) -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        line.call(DRIVER_ADDRESS, "GetNameOwner", "s", (7,))

    assert line.is_ready


def test_without_connection_a_call_fails_from_the_loop(qtbot: QtBot, tmp_path: Path) -> None:
    line = SessionBus(f"unix:path={tmp_path}/none")
    replies: list[Reply] = []
    assert line.open(lambda reason: None) == "the session bus does not take us: No such file or directory"

    line.call(DRIVER_ADDRESS, "GetId", on_reply=replies.append)

    assert replies == []
    qtbot.waitUntil(lambda: bool(replies))
    assert replies[0].error == DISCONNECTED
    line.close()


@pytest.mark.parametrize("address", ["", "nonsense", "tcp:host=localhost,port=1", "unix:", ";;"])
def test_an_address_nobody_can_use_is_a_reason(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    line = SessionBus(address)

    assert "session bus" in line.open(lambda reason: None)
    line.close()


def test_open_calls_are_told_when_the_bus_goes(
    qtbot: QtBot, line: SessionBus, bus: PrivateBus, daemon: Callable[..., Daemon]
) -> None:
    daemon("--hang")
    replies: list[Reply] = []
    line.call(ADDRESS, "GetServerInformation", on_reply=replies.append, timeout_ms=20_000)

    bus.stop()

    qtbot.waitUntil(lambda: bool(replies))
    assert replies[0].error == DISCONNECTED


@pytest.mark.parametrize("said", [b"", b"REJECTED KERBEROS\r\n", b"x" * 9000, b"OK 12\r\n"])
def test_a_listener_that_is_no_bus_never_holds_the_loop(qtbot: QtBot, tmp_path: Path, said: bytes) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    done = threading.Event()

    def answer() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(said)
            done.wait(10)

    thread = threading.Thread(target=answer)
    thread.start()
    line = SessionBus(f"unix:path={tmp_path}/s")
    began = time.monotonic()

    assert line.open(lambda reason: None) == ""
    assert not line.pump(lambda: line.is_ready, 100)

    assert time.monotonic() - began < 2
    line.close()
    done.set()
    thread.join(5)
    listener.close()
