import socket
from pathlib import Path

import pytest

from desktop.watchers.hook_listener import Listener


def test_it_replaces_a_dead_socket_and_takes_its_own_away(tmp_path: Path) -> None:
    place = tmp_path / "tray.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(place))
    dead.close()

    listener = Listener(place)

    assert place.stat().st_mode & 0o777 == 0o600
    assert listener.accept() is None
    listener.close()
    assert not place.exists()


def test_it_leaves_what_is_no_socket(tmp_path: Path) -> None:
    place = tmp_path / "tray.sock"
    place.write_text("precious")

    with pytest.raises(OSError, match="not our socket"):
        Listener(place)

    assert place.read_text() == "precious"


def test_attack_24_a_path_longer_than_a_socket_can_have_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        Listener(tmp_path / ("x" * 120))
