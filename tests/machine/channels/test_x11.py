"""The few words of X11 that we speak, to a real display."""

import os
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels.x11 import Display, NoDisplay
from tests.fakes.hook_agent import until
from tests.machine.channels.conftest import Desktop, needs

pytestmark = [needs("Xvfb"), needs("xfwm4"), needs("xterm"), needs("xprop")]
COOKIE = bytes(range(16))


@pytest.fixture
def desktop(home_of_its_own: Path) -> Iterator[Desktop]:
    desktop = Desktop(Path(os.environ["XDG_RUNTIME_DIR"]), "xfwm4")
    yield desktop
    desktop.end()


def test_windows_are_listed_with_their_processes_and_titles_and_brought_forward(desktop: Desktop) -> None:
    terminals = [desktop.start("xterm", "-T", f"grüße {number}", "-e", "sleep", "60") for number in range(2)]
    with Display({"DISPLAY": desktop.display}) as display:
        until(lambda: len(display.windows()) == 2)
        windows = {window.pid: window for window in display.windows()}

        assert {windows[each.pid].title for each in terminals} == {"grüße 0", "grüße 1"}
        for each in (*terminals, terminals[0]):
            display.activate(windows[each.pid].id)
            until(lambda wanted=windows[each.pid].id: display.active() == wanted)  # type: ignore[misc]


def test_a_window_that_is_gone_is_no_trouble(desktop: Desktop) -> None:
    with Display({"DISPLAY": f"unix{desktop.display}.0"}) as display:
        display.activate(0x12345678)

        assert display.windows() == []
        assert display._property(0x12345678, "_NET_WM_NAME") == b""


@pytest.mark.parametrize("named", ["", ":", "elsewhere:0", "localhost:10.0", "127.0.0.1:0", ":99999", ":0;x", ":-1"])
def test_a_display_that_is_not_here_is_none(named: str) -> None:
    with pytest.raises(NoDisplay):
        Display({"DISPLAY": named})


def entry(family: int, *fields: bytes) -> bytes:
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(field)) + field for field in fields)


def test_a_display_that_wants_a_cookie_gets_the_one_of_its_number(tmp_path: Path) -> None:
    read, write = os.pipe()
    secret = tmp_path / "auth"
    host = socket.gethostname().encode()
    allowed = entry(256, host, b"", b"MIT-MAGIC-COOKIE-1", COOKIE)
    secret.write_bytes(allowed)
    command = ["Xvfb", "-displayfd", str(write), "-auth", str(secret), "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        mine = tmp_path / "mine"
        other = entry(256, b"elsewhere", number.encode(), b"MIT-MAGIC-COOKIE-1", bytes(16))
        older = entry(256, host, number.encode(), b"XDM-AUTHORIZATION-1", bytes(16))
        mine.write_bytes(other + older + entry(256, host, number.encode(), b"MIT-MAGIC-COOKIE-1", COOKIE))

        with Display({"DISPLAY": f":{number}", "XAUTHORITY": str(mine)}) as display:
            assert display.windows() == []  # no window manager lists any
        mine.write_bytes(other + b"\x01")
        with pytest.raises(NoDisplay):
            Display({"DISPLAY": f":{number}", "XAUTHORITY": str(mine)})
        with pytest.raises(NoDisplay):
            Display({"DISPLAY": f":{number}", "HOME": str(tmp_path)})
        server.kill()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 8,
        b"\x01\x00\x0b\x00\x00\x00\x01\x00" + b"\x00" * 4,
        b"\x01\x00\x0b\x00\x00\x00\xff\xff" + b"\xff" * 0x3FFFC,
        os.urandom(4096),
    ],
)
def test_attack_a_display_that_answers_nonsense_can_at_worst_be_no_display(answer: bytes) -> None:
    at = f"/tmp/.X11-unix/X{60000 + os.getpid() % 5000}"
    Path(at).parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(at)
        listener.listen()

        def serve() -> None:
            with listener.accept()[0] as peer:
                peer.recv(4096)
                peer.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        try:
            with pytest.raises(NoDisplay), Display({"DISPLAY": f":{at.rpartition('X')[2]}"}) as display:
                display.windows()
        finally:
            server.join(10)
            os.unlink(at)
