"""Whether the desktop holds notifications back."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from desktop.notifications.dnd import is_do_not_disturb
from desktop.notifications.session_bus import SessionBus
from tests.fakes.private_bus import Daemon, PrivateBus


@pytest.mark.parametrize(("options", "expected"), [(["--inhibited"], True), ([], False)])
def test_a_server_that_tells_is_believed(
    qtbot: QtBot, bus: PrivateBus, daemon: Callable[..., Daemon], options: list[str], expected: bool
) -> None:
    daemon(*options)
    line = SessionBus(bus.address)
    line.open(lambda reason: None)

    assert is_do_not_disturb(line) is expected
    line.close()


def test_nobody_to_ask_is_unknown(qtbot: QtBot, bus: PrivateBus) -> None:
    line = SessionBus(bus.address)
    line.open(lambda reason: None)

    assert is_do_not_disturb(line) is None
    line.close()
