import os
import socket
from pathlib import Path

import pytest

from desktop.watchers import server_peer

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def listening(port: int, uid: int, state: str = "0A") -> str:
    return f"   0: 0100007F:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 {uid:5d} 0 1 1 0\n"


def test_a_socket_of_this_user_is_good_also_behind_a_link(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        (tmp_path / "link").symlink_to(tmp_path / "s")

        server_peer.check_socket(str(tmp_path / "link"))


def test_what_is_no_socket_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for name in ("file", "nothing"):
        with pytest.raises(OSError):
            server_peer.check_socket(str(tmp_path / name))


def test_a_socket_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

        with pytest.raises(PermissionError):
            server_peer.check_socket(str(tmp_path / "s"))


def test_only_addresses_of_this_machine_are_read() -> None:
    assert server_peer.loopback_port("http://127.0.0.1:4096") == ("127.0.0.1", 4096)
    assert server_peer.loopback_port("http://[::1]:4096/") == ("::1", 4096)
    for address in ("http://example.org:80", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:99999", ""):
        with pytest.raises(OSError):
            server_peer.loopback_port(address)


def test_a_port_is_good_when_this_user_alone_listens_there(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(HEAD + listening(4096, os.geteuid()) + listening(4096, 1, "01") + listening(80, 0))

    server_peer.check_port(4096, tmp_path)


def test_a_port_of_somebody_else_or_of_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tcp6").write_text(HEAD + listening(4096, os.geteuid() + 1) + "torn\n")

    with pytest.raises(PermissionError):
        server_peer.check_port(4096, tmp_path)
    with pytest.raises(ConnectionRefusedError):
        server_peer.check_port(4097, tmp_path)
