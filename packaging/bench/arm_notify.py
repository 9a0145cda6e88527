"""G5, the notification's part: from a notice to the server's reply, against a bare blocking round trip."""

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from jeepney import new_method_call
from jeepney.io.blocking import open_dbus_connection
from measure import Row
from PySide6.QtCore import QCoreApplication, QEventLoop

from desktop.app.lasting_singletons import keep_singletons
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.notify_call import SIGNATURE, Server, notify_call
from desktop.notifications.server_watch import Patience
from desktop.notifications.session_bus import SessionBus
from tests.fakes.notices import decision
from tests.fakes.notification_server import ADDRESS
from tests.fakes.private_bus import Daemon, PrivateBus, running

CALLS = 40  # a round's number is the median of so many calls


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Prepare a bus of our own with a server on it that answers at once."""
    keep_singletons()
    application = QCoreApplication.instance() or QCoreApplication([])
    with running(work) as bus, contextlib.closing(_Ours(bus, application)) as ours:
        floor = _Bare(bus)
        yield [
            Row("G5 part: notice -> Notify replied, p50 / bare round trip", ours.median, 1.5, floor),
            Row("G5 part: notice -> Notify replied, slowest", ours.slowest, 100),
        ]


class _Bare:
    """The same call over a blocking connection."""

    def __init__(self, bus: PrivateBus) -> None:
        self._bus = bus

    def __call__(self) -> float:
        times: list[float] = []
        with open_dbus_connection(self._bus.address) as connection:
            for number in range(CALLS):
                begin = time.perf_counter()
                body = notify_call(decision(str(number)), Server("fake", "1", frozenset({"actions"})), 0).body
                connection.send_and_get_reply(new_method_call(ADDRESS, "Notify", SIGNATURE, body))
                times.append((time.perf_counter() - begin) * 1000)
        return statistics.median(times)


class _Ours:
    """The backend on the Qt loop, a new request each time."""

    def __init__(self, bus: PrivateBus, application: QCoreApplication) -> None:
        self._application = application
        self._daemon = Daemon(bus)
        self._notifier = FreedesktopNotifier(SessionBus(bus.address), patience=Patience(start=5000))
        if reason := self._notifier.start(_ignore, _ignore):
            raise RuntimeError(reason)
        self._count = 0

    def median(self) -> float:
        return statistics.median(self._times())

    def slowest(self) -> float:
        return max(self._times())

    def close(self) -> None:
        self._notifier.stop()
        self._daemon.stop()

    def _times(self) -> list[float]:
        return [self._time() for _ in range(CALLS)]

    def _time(self) -> float:
        self._count += 1
        notice = decision(str(self._count), request=f"r{self._count}")
        begin = time.perf_counter()
        self._notifier.raise_notice(notice)
        while not self._notifier.is_shown(notice):
            self._application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        took = (time.perf_counter() - begin) * 1000
        self._daemon.read()
        return took


def _ignore(_told: object) -> None:
    pass
