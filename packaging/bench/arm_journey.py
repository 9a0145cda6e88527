"""G4 and G5 as a person meets them: from the agent's append to the hub's row, and on to the server's Notify reply.

Thread, inbox, hub and notifications are those of the program, on a Qt loop; so are the floors.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import corpus
from arm_notify import _Bare
from arm_watching import _ROWS, _WRITER, _latency, _MadeUp, _NoCursors, _with_home
from measure import Row
from PySide6.QtCore import QCoreApplication, QEventLoop, QSocketNotifier, QTimer
from watchdog.observers.inotify_c import inotify_add_watch, inotify_init

from desktop.agents.claude_code import AGENT
from desktop.app.inbox import Inbox
from desktop.app.lasting_singletons import keep_singletons
from desktop.domain.events import ActivitySeen, Event, SessionDescribed, ToolCallEnded
from desktop.domain.notices import Notice
from desktop.domain.settings import Notifications, Settings
from desktop.hub.effects import Raise, Withdraw
from desktop.hub.hub import Hub
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.server_watch import Patience
from desktop.notifications.session_bus import SessionBus
from desktop.watchers.sight import Sight
from tests.fakes.private_bus import Daemon, PrivateBus, running

CALLS = 5  # a round's number is the median of so many
# A second notification of one session is held back so long, on purpose: servers refuse what comes too fast.
PACE_S = 1.4
_IN_MODIFY = 2
_PID = 2**22 + 77  # no real process has it


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Start a bus of our own, with a server on it that answers at once."""
    keep_singletons()
    application = QCoreApplication.instance() or QCoreApplication([])
    numbers = iter(range(10_000))

    def stage(bus: PrivateBus | None = None) -> "_Stage":
        return _Stage(work / f"stage-{next(numbers)}", application, bus)

    def state() -> float:
        with stage() as one:
            return one.append_to_row()

    with running(work) as bus:
        daemon = Daemon(bus)
        bare = _Bare(bus)
        told: list[float] = []

        def notified() -> float:
            with stage(bus) as one:
                told[:] = one.append_to_notify()
            daemon.read()
            return statistics.median(told)

        yield [
            Row("G4 append to hub row / raw inotify in the same loop", state, 2.0, lambda: _raw(work), unit="us"),
            Row("G4 append to hub row / pipe wake in the same loop", state, 4.0, _pipe, unit="us"),
            Row("G5 append to Notify replied / state and bare round trip", notified, 1.5,
                lambda: state() / 1000 + bare(), rounds=3),
            Row("G5 append to Notify replied, p50", lambda: statistics.median(told), 20, rounds=3),
            Row("G5 append to Notify replied, slowest", lambda: max(told), 100, rounds=3),
        ]  # fmt: skip
        daemon.stop()


def _spin(is_done: Callable[[], bool], seconds: float = 10.0) -> None:
    application = QCoreApplication.instance()
    assert application is not None
    ticking = QTimer()
    ticking.start(50)
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            raise RuntimeError("did not happen")
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _written(target: int, row: bytes) -> list[float]:
    """Let another process write while our loop runs; when it wrote."""
    command = [sys.executable, "-c", _WRITER, str(target), row.hex(), str(_ROWS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[target], text=True) as writer:
        _spin(lambda: writer.poll() is not None)
        assert writer.stdout is not None
        return [float(word) for word in writer.stdout.read().split()]


def _notified(descriptor: int, take: Callable[[], object], target: int, row: bytes) -> float:
    came: list[float] = []

    def ready() -> None:
        if take():
            came.append(time.perf_counter())

    notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Read)
    notifier.activated.connect(ready)
    sent = _written(target, row)
    notifier.setEnabled(False)
    return _latency(sent, came)


def _raw(work: Path) -> float:
    directory = work / "raw"
    directory.mkdir(exist_ok=True)
    ears = inotify_init()
    inotify_add_watch(ears, os.fsencode(directory), _IN_MODIFY)
    with (directory / "log").open("ab") as file:
        log = os.open(file.name, os.O_RDONLY)
        os.lseek(log, 0, os.SEEK_END)
        try:
            row = corpus.call("s", "t", "make test")
            return _notified(ears, lambda: os.read(ears, 65536) and os.read(log, 262144), file.fileno(), row)
        finally:
            os.close(log)
            os.close(ears)


def _pipe() -> float:
    inward, outward = os.pipe()
    try:
        return _notified(inward, lambda: os.read(inward, 1), outward, b"!")
    finally:
        os.close(inward)
        os.close(outward)


class _Stage:
    """One session that is watched, and all that is between its transcript and the screen."""

    def __init__(self, home: Path, application: QCoreApplication, bus: PrivateBus | None) -> None:
        self._application = application
        self._home = home
        settings = Settings(notifications=Notifications(settle_ms=0, per_hour=200))
        self._hub = Hub([AGENT], settings, datetime.now(UTC))
        self._came: list[float] = []
        self._ended = 0
        self._inbox = Inbox(self._take, lambda: None)
        self._notifier: FreedesktopNotifier | None = None
        self._raised: list[Notice] = []
        if bus is not None:
            self._notifier = FreedesktopNotifier(SessionBus(bus.address), patience=Patience(start=5000))
            if reason := self._notifier.start(lambda _: None, lambda _: None):
                raise RuntimeError(reason)
        state = {"pid": _PID, "sessionId": "live", "cwd": corpus.CWD, "procStart": "7", "kind": "interactive"}
        (home / "sessions").mkdir(parents=True)
        (home / "sessions" / f"{_PID}.json").write_text(json.dumps(state), encoding="utf-8")
        self._log = Path(AGENT.transcript_paths(str(home), "live", corpus.CWD)[0])
        self._log.parent.mkdir(parents=True)
        self._append(corpus.prompt("s", "p"))
        table = _MadeUp()
        table.made_up = {_PID: "7"}
        self._is_seen = False
        self._sight = Sight(
            [_with_home(home)], self._inbox.put, store=_NoCursors(), environment={"HOME": str(home)}, table=table
        )

    def __enter__(self) -> "_Stage":
        self._sight.start()
        _spin(lambda: self._is_seen)
        if self._notifier is not None:
            self._perform(self._hub.equip(self._notifier.capabilities(), datetime.now(UTC)))
        settled = time.monotonic() + 0.5
        _spin(lambda: time.monotonic() > settled)
        return self

    def __exit__(self, *_: object) -> None:
        self._sight.stop(5.0)
        if self._notifier is not None:
            self._notifier.stop()

    def append_to_row(self) -> float:
        self._came.clear()
        with self._log.open("ab") as file:
            sent = _written(file.fileno(), corpus.call("s", "t", "make test"))
        return _latency(sent, self._came)

    def append_to_notify(self) -> list[float]:
        return [self._append_to_notify(number) for number in range(CALLS)]

    def _append_to_notify(self, number: int) -> float:
        ended = self._ended
        self._append(corpus.prompt("s", f"prompt {number}"))
        self._append(corpus.write_call("s", f"t{number}", f"{corpus.CWD}/file"))
        self._append(corpus.result("s", f"t{number}", 100))
        _spin(lambda: self._ended > ended)
        settled = time.monotonic() + PACE_S
        _spin(lambda: time.monotonic() > settled)
        self._raised.clear()
        row = _now_stamped(corpus.words("s", "All done."))
        begin = time.perf_counter()
        with self._log.open("ab") as file:
            file.write(row)
        _spin(lambda: bool(self._raised) and self._is_shown(self._raised[-1]))
        return (time.perf_counter() - begin) * 1000

    def _is_shown(self, notice: Notice) -> bool:
        assert self._notifier is not None
        return self._notifier.is_shown(notice)

    def _append(self, row: bytes) -> None:
        with self._log.open("ab") as file:
            file.write(_now_stamped(row))

    def _take(self, event: Event) -> None:
        self._perform(self._hub.observe(event, datetime.now(UTC)))
        if isinstance(event, ActivitySeen):
            self._came.append(time.perf_counter())
        elif isinstance(event, ToolCallEnded):
            self._ended += 1
        elif isinstance(event, SessionDescribed) and event.transcript:
            self._is_seen = True

    def _perform(self, effects: list[object]) -> None:
        if self._notifier is None:
            return
        for effect in effects:
            match effect:
                case Raise(notice=notice):
                    self._raised.append(notice)
                    self._notifier.raise_notice(notice)
                case Withdraw(key=key):
                    self._notifier.withdraw(key)


def _now_stamped(row: bytes) -> bytes:
    return row.replace(corpus.AT.encode(), datetime.now(UTC).isoformat(timespec="milliseconds").encode())
