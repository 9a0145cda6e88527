"""Who shows notifications: found, missed and found again, on a real bus."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from desktop.notifications.server_watch import Patience, ServerWatch, in_words
from desktop.notifications.session_bus import DISCONNECTED, TIMED_OUT, Reply, SessionBus
from tests.fakes.private_bus import Daemon, PrivateBus

HASTE = Patience(start=3000, notify=400, absence=150, excess=60, retry=300)


class Desk:
    """A watch, and what it told."""

    def __init__(self, bus: PrivateBus) -> None:
        self.told: list[str] = []
        self.changes: list[str] = []
        self.bus = SessionBus(bus.address)
        self.watch = ServerWatch(
            self.bus, lambda: self.told.append("found"), lambda: self.told.append("other"), HASTE, self.bus
        )

    def start(self) -> str:
        return self.watch.start(self.changes.append)


@pytest.fixture
def desk(qtbot: QtBot, bus: PrivateBus) -> Iterator[Desk]:
    found = Desk(bus)
    yield found
    found.watch.stop()
    found.bus.close()


def test_a_server_is_known_with_what_it_can_do_when_the_start_returns(
    desk: Desk, daemon: Callable[..., Daemon]
) -> None:
    daemon()

    assert desk.start() == ""

    assert desk.watch.server is not None
    assert desk.watch.server.name == "fake"
    assert desk.watch.server.has_buttons
    assert desk.changes == [], "what the start returns is not told a second time"


def test_without_a_server_the_start_says_so_and_a_later_one_is_found(
    qtbot: QtBot, desk: Desk, daemon: Callable[..., Daemon]
) -> None:
    assert desk.start() == "no notification service runs"
    assert desk.watch.server is None

    daemon()

    qtbot.waitUntil(lambda: desk.changes == [""])
    assert desk.watch.server is not None


def test_a_server_that_goes_is_forgotten_at_once_and_missed_after_a_moment(
    qtbot: QtBot, desk: Desk, daemon: Callable[..., Daemon]
) -> None:
    server = daemon()
    desk.start()
    epoch = desk.watch.epoch

    server.stop()

    qtbot.waitUntil(lambda: desk.watch.server is None)
    assert desk.told[-1] == "other"
    assert desk.watch.epoch > epoch
    qtbot.waitUntil(lambda: desk.changes == ["the notification service went away"])


def test_a_server_that_does_not_listen_yet_is_asked_again_soon(
    qtbot: QtBot, bus: PrivateBus, daemon: Callable[..., Daemon]
) -> None:
    session = SessionBus(bus.address)
    patience = replace(HASTE, first_retry=300, retry=3_600_000)
    watch = ServerWatch(session, lambda: None, lambda: None, patience, session)
    daemon("--lose", "1")

    watch.start(lambda reason: None)

    qtbot.waitUntil(lambda: watch.server is not None)
    watch.stop()
    session.close()


def test_giving_up_is_told_once_and_looked_into_again(qtbot: QtBot, desk: Desk, daemon: Callable[..., Daemon]) -> None:
    daemon()
    desk.start()

    desk.watch.give_up("it hangs")
    desk.watch.give_up("it still hangs")

    assert desk.changes == ["it hangs"]
    assert desk.watch.server is None
    qtbot.waitUntil(lambda: desk.changes == ["it hangs", ""])


def test_after_the_stop_nothing_is_told(qtbot: QtBot, desk: Desk, daemon: Callable[..., Daemon]) -> None:
    daemon()
    desk.start()

    desk.watch.stop()
    desk.watch.give_up("it hangs")

    assert desk.watch.server is None
    assert desk.changes == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("org.freedesktop.DBus.Error.ServiceUnknown", "no notification service runs"),
        (TIMED_OUT, "the notification service does not answer"),
        (DISCONNECTED, "not connected to the session bus"),
        ("", "the notification service answers with something else than it should"),
        ("org.example.Error.No\nWay", "the notification service refuses: No Way"),
    ],
)
def test_why_there_is_no_server_is_told_in_words(error: str, words: str) -> None:
    assert in_words(Reply(error=error)) == words
