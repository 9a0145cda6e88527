"""A private bus, notification daemons on it, and our backend beside them."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop
from pytestqt.qtbot import QtBot

from desktop.domain.notices import NoticeActed
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.server_watch import ADDRESS, Patience
from desktop.notifications.session_bus import SessionBus
from tests.fakes import private_bus
from tests.fakes.private_bus import Daemon, PrivateBus

HASTE = Patience(start=3000, notify=400, absence=150, excess=60, retry=300)


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed: nothing about notifications on Linux is tested")
    with private_bus.running(tmp_path) as found:
        yield found


@pytest.fixture
def daemon(bus: PrivateBus) -> Iterator[Callable[..., Daemon]]:
    """Start notification daemons with options; all are stopped at the end."""
    running: list[Daemon] = []

    def start(*options: str) -> Daemon:
        running.append(Daemon(bus, *options))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@dataclass
class Desk:
    """Our side: a notifier, and what it told us."""

    notifier: FreedesktopNotifier
    acted: list[NoticeActed] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    refusal: str = ""

    def start(self) -> None:
        self.refusal = self.notifier.start(self.acted.append, self.changes.append)

    def until(self, holds: Callable[[], bool], timeout_s: float = 8.0) -> None:
        """Turn the Qt loop until *holds*."""
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end, "waited in vain"
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    def until_told(self, daemon: Daemon, kind: str, count: int = 1) -> dict[str, object]:
        """Turn the Qt loop until *daemon* has reported *count* of a kind; return the last of them."""

        def is_told() -> bool:
            daemon.read()
            return len(daemon.of(kind)) >= count

        self.until(is_told)
        return daemon.of(kind)[count - 1]

    def settle(self, daemon: Daemon) -> None:
        """Turn the Qt loop until everything sent so far, in both directions, has arrived."""
        answered: list[object] = []
        bus = self.notifier._bus
        bus.call(ADDRESS, "GetServerInformation", on_reply=answered.append)
        self.until(lambda: bool(answered))
        daemon.read(0.02)


@pytest.fixture
def desk(qtbot: QtBot, bus: PrivateBus) -> Iterator[Desk]:
    found = Desk(FreedesktopNotifier(SessionBus(bus.address), patience=HASTE))
    yield found
    found.notifier.stop()
