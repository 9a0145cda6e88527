"""The fake screen saver answers and speaks as one of a desktop does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.fakes import private_bus, screen_saver
from tests.fakes.private_bus import Daemon, PrivateBus

NAME = "org.gnome.ScreenSaver"


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    with private_bus.running(tmp_path) as found:
        yield found


def test_it_says_how_the_screen_is_and_follows_orders(bus: PrivateBus) -> None:
    saver = Daemon(bus, NAME, "--active", program=screen_saver.__file__)
    with open_dbus_connection(bus.address) as person:
        asks = new_method_call(screen_saver.saver_address(NAME), "GetActive")

        before = person.send_and_get_reply(asks).body
        saver.do(active=False)
        after = person.send_and_get_reply(asks).body
    saver.stop()

    assert (before, after) == ((True,), (False,))
