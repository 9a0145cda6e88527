import os
import selectors
import socket
from pathlib import Path

import pytest

from desktop.watchers import server_link
from desktop.watchers.server_link import Lost, Wire


def test_a_wire_sends_the_rest_when_the_other_side_takes_it_and_tells_its_end() -> None:
    ours, theirs = socket.socketpair()
    with selectors.DefaultSelector() as selector, theirs:
        wire = Wire(ours, selector, "owner")
        wire.register()
        wire.send(b"x" * (1 << 20))
        assert selector.get_key(ours).events & selectors.EVENT_WRITE

        theirs.settimeout(10)
        got = 0
        while got < 1 << 20:
            got += len(theirs.recv(1 << 20))
            wire.flush()

        assert selector.get_key(ours).events == selectors.EVENT_READ
        assert wire.receive() is None
        theirs.shutdown(socket.SHUT_WR)
        assert wire.receive() == b""
        wire.close()


def test_a_wire_whose_other_side_is_gone_is_lost() -> None:
    ours, theirs = socket.socketpair()
    with selectors.DefaultSelector() as selector:
        wire = Wire(ours, selector, "owner")
        wire.register()
        theirs.close()

        with pytest.raises(Lost):
            wire.send(b"x")
        wire.close()


def test_a_socket_whose_process_is_another_users_is_not_spoken_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        monkeypatch.setattr(server_link.server_peer, "check_socket", lambda _: None)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

        with pytest.raises(PermissionError):
            server_link.unix_socket(str(tmp_path / "s"))
