import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels import sockets
from desktop.channels.refusal import Refused


@pytest.fixture
def listening() -> Iterator[Path]:
    place = Path(os.environ["XDG_RUNTIME_DIR"]) / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        yield place


def test_who_listens_is_told(listening: Path) -> None:
    sockets.require_own(str(listening), "server")

    assert sockets.listener(str(listening)) == os.getpid()


def test_an_abstract_socket_has_a_listener_too() -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0agent-tray-test-{os.getpid()}")
        listener.listen()

        assert sockets.listener(f"\0agent-tray-test-{os.getpid()}") == os.getpid()


@pytest.mark.parametrize("path", ["/nowhere/s", "", "a\0b", "/" + "x" * 200])
def test_where_nobody_listens_there_is_nobody(path: str) -> None:
    assert sockets.listener(path) == 0
    with pytest.raises(Refused, match=r"gone|not yours"):
        sockets.require_own(path, "server")


def test_a_link_or_a_file_in_place_of_a_socket_is_refused(listening: Path) -> None:
    link, file = listening.with_name("link"), listening.with_name("file")
    link.symlink_to(listening)
    file.touch()

    for path in (link, file):
        with pytest.raises(Refused, match="not yours"):
            sockets.require_own(str(path), "server")
