"""G1 to G4, G6, G7, G11: reading, following and seeing processes, each against the least the system asks for it.

``AGENT_TRAY_BENCH_MB`` sets the size of the history; without it 1 GB in 500 files.
"""

import bisect
import contextlib
import json
import mmap
import os
import select
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import corpus
from measure import Row

sys.path.insert(0, str(Path(__file__).parents[2]))

from watchdog.observers.inotify_c import inotify_add_watch, inotify_init

from desktop.agents.claude_code import AGENT
from desktop.domain.events import (
    ActivitySeen,
    Event,
    ProcessEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import SessionId, session_id
from desktop.watchers import catch_up, own_files
from desktop.watchers.log_follow import Follow
from desktop.watchers.log_tail import Checkpoint, Tail
from desktop.watchers.process_scan import LinuxProcesses, NewPids, Process
from desktop.watchers.sight import Sight

FILES = 500
MEGABYTES = int(os.environ.get("AGENT_TRAY_BENCH_MB", "1024"))
LIVE = 20
_IN_MODIFY = 2


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Write the history, start what is to be measured, and give the rows."""
    history = work / "history"
    endings = corpus.write(history, files=FILES, megabytes=MEGABYTES)
    _read_all(history)  # everything below is measured with a warm cache
    with _Stage(work / "stage") as stage, _Stage(work / "busy", sessions=LIVE, padding=3_500_000) as busy:
        small, large = _Appending(work / "small.jsonl", 1), _Appending(work / "large.jsonl", 1024)
        yield [
            Row(f"G1 state of {FILES} / walk, stat, pread 16K", lambda: _derive(history, endings), 2.5,
                lambda: _timed(lambda: _floor(history))),
            Row("G1 mean bytes read a file", lambda: _mean_kib(history), 32, unit="KiB", rounds=1),
            Row(f"G2 state of {FILES} / read all {MEGABYTES} MB", lambda: _derive(history, endings), 0.2,
                lambda: _timed(lambda: _read_all(history))),
            Row("G3 warm restart / walk, stat", lambda: _restart(history), 1.5,
                lambda: _timed(lambda: _walk(history)), note=f"{LIVE} live of {FILES}; the others are not touched"),
            Row("G4 append to event / raw inotify to bytes", stage.append_to_event, 2.0,
                _RawInotify(work / "raw"), unit="us"),
            Row("G4 append to event / pipe wake", stage.append_to_event, 4.0, _pipe_wake, unit="us"),
            Row("G6 append to 1 GB / to 1 MB", large, 1.3, small, unit="us"),
            Row("G6 bytes read / appended", large.bytes_ratio, 1.1, unit="", rounds=3),
            Row(f"G7 CPU, {LIVE} sessions x 5 rows/s", lambda: busy.cpu_percent(3.0), 5.0, unit="%", rounds=3),
            Row("G7 the same / reading whole files", lambda: busy.cpu_percent(3.0), 0.05,
                lambda: busy.reread_percent(), unit="%", rounds=3),
            Row("G11 look for new processes / listdir(/proc)", _Scanning(), 1.5,
                lambda: _repeated(lambda: os.listdir("/proc")), note=f"{len(NewPids(LinuxProcesses()).scan())} pids"),
            Row("G11 exit to event", stage.exit_to_event, 10.0, rounds=5),
        ]  # fmt: skip
        small.close()
        large.close()


# Reading


def _timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000


def _repeated(run: Callable[[], object], times: int = 50) -> float:
    return statistics.median(_timed(run) for _ in range(times))


def _walk(history: Path) -> list[tuple[str, os.stat_result]]:
    found = []
    with os.scandir(history) as folders:
        for folder in folders:
            with os.scandir(folder.path) as entries:
                found += [(entry.path, entry.stat(follow_symlinks=False)) for entry in entries]
    return found


def _floor(history: Path) -> None:
    for path, status in _walk(history):
        descriptor = os.open(path, os.O_RDONLY)
        os.pread(descriptor, 16384, max(0, status.st_size - 16384))
        os.close(descriptor)


def _read_all(history: Path) -> None:
    # Page-aligned: a buffer 8 or 16 bytes past a page is read into at a quarter of the speed on some processors.
    with mmap.mmap(-1, 1 << 20) as buffer:
        for path, _ in _walk(history):
            descriptor = os.open(path, os.O_RDONLY)
            while os.readv(descriptor, [buffer]):
                pass
            os.close(descriptor)


def _derive(history: Path, endings: Mapping[str, corpus.Ending]) -> float:
    told: dict[str, list[Event]] = {}
    begin = time.perf_counter()
    for path, _ in _walk(history):
        session = session_id(AGENT.kind, os.path.basename(path)[:-6])
        told[path] = catch_up.derive(path, lambda session=session: AGENT.open_transcript(session))
    took = (time.perf_counter() - begin) * 1000
    wrong = [path for path, ending in endings.items() if _ending(told[path]) != ending]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(endings)} states are wrong, the first in {wrong[0]}")
    return took


def _ending(events: list[Event]) -> corpus.Ending:
    finished, calls = False, {}
    for event in events:
        if isinstance(event, TurnStarted | TurnFinished):
            finished = isinstance(event, TurnFinished)
        elif isinstance(event, ToolCallStarted):
            calls[event.call.id] = True
        elif isinstance(event, ToolCallEnded):
            calls.pop(event.call, None)
    return corpus.Ending(finished, tuple(calls))


def _mean_kib(history: Path) -> float:
    read = 0
    real = own_files.read_at

    def counting(descriptor: int, size: int, offset: int) -> bytes:
        nonlocal read
        data = real(descriptor, size, offset)
        read += len(data)
        return data

    own_files.read_at = counting
    try:
        paths = [path for path, _ in _walk(history)]
        for path in paths:
            catch_up.derive(path, lambda: AGENT.open_transcript(SessionId("x:y")))
    finally:
        own_files.read_at = real
    return read / len(paths) / 1024


def _restart(history: Path) -> float:
    live = [path for path, _ in _walk(history)[:: FILES // LIVE]]
    places: dict[str, Checkpoint | None] = {}
    for path in live:
        tail = Tail(path)
        tail.poll()
        while tail.has_more:
            tail.poll()
        places[path] = tail.checkpoint()
        tail.close()

    def restart() -> None:
        for path in live:
            native = os.path.basename(path)[:-6]
            follow = Follow(AGENT, session_id(AGENT.kind, native), native, "", corpus.CWD)
            follow.attach(path, places[path], datetime.now(UTC))
            follow.close()

    return _timed(restart)


class _Appending:
    """Appends a row to one file and reads it back as events."""

    def __init__(self, path: Path, megabytes: int) -> None:
        self._path = path
        with path.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)  # a hole costs no disk, and nobody may read it
            file.seek(0, os.SEEK_END)
            file.write(b"\n" + corpus.prompt("s", "p"))
        self._tail = Tail(str(path))
        self._tail.poll()
        self._reader = AGENT.open_transcript(SessionId("x:s"))
        self._row = corpus.result("s", "t", 500)

    def __call__(self) -> float:
        return statistics.median(self._append() for _ in range(300))

    def bytes_ratio(self) -> float:
        before = self._tail.bytes_read
        for _ in range(300):
            self._append()
        return (self._tail.bytes_read - before) / (300 * len(self._row))

    def close(self) -> None:
        self._tail.close()

    def _append(self) -> float:
        with self._path.open("ab") as file:
            file.write(self._row)
        begin = time.perf_counter()
        catch_up.feed(self._reader, self._tail.poll())
        return (time.perf_counter() - begin) * 1e6


# Following


# The writer is a process of its own, as an agent is: it tells when it wrote, on the clock that all processes share.
_WRITER = """
import os, sys, time
target, row, count = int(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
sent = []
for _ in range(count):
    time.sleep(0.004)
    sent.append(time.perf_counter())
    os.write(target, row)
print(*sent)
"""
_ROWS = 200


@contextlib.contextmanager
def _writing(target: int, row: bytes) -> Iterator[list[float]]:
    """Let another process write *row* many times; fills the list with when it did."""
    sent: list[float] = []
    command = [sys.executable, "-c", _WRITER, str(target), row.hex(), str(_ROWS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[target], text=True) as writer:
        yield sent
        assert writer.stdout is not None
        sent += map(float, writer.stdout.read().split())


def _latency(sent: list[float], came: list[float]) -> float:
    """The median of how long after each write the next thing came, in microseconds."""
    came = sorted(came)
    pairs = [(went, bisect.bisect(came, went)) for went in sent]
    missed = sum(index == len(came) for _, index in pairs)
    if missed > 2:
        raise RuntimeError(f"{missed} of {len(sent)} did not come")
    return statistics.median((came[index] - went) * 1e6 for went, index in pairs if index < len(came))


class _Listening(threading.Thread):
    """Sleeps on a descriptor and notes when it is done with each wake-up."""

    def __init__(self, descriptor: int, take: Callable[[], bool]) -> None:
        super().__init__()
        self.came: list[float] = []
        self._descriptor = descriptor
        self._take = take
        self._is_done = False

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        while not self._is_done:
            if poll.poll(200) and self._take():
                self.came.append(time.perf_counter())

    def end(self) -> list[float]:
        time.sleep(0.05)
        self._is_done = True
        self.join()
        return self.came


def _pipe_wake() -> float:
    """Another process writes a byte, we are awake."""
    inward, outward = os.pipe()
    listening = _Listening(inward, lambda: bool(os.read(inward, 1)))
    listening.start()
    with _writing(outward, b"!") as sent:
        pass
    came = listening.end()
    os.close(inward)
    os.close(outward)
    return _latency(sent, came)


class _RawInotify:
    """The least there is: one inotify descriptor, one thread, one read of what was appended."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._path = directory / "log"
        self._path.touch()

    def __call__(self) -> float:
        ears = inotify_init()
        inotify_add_watch(ears, os.fsencode(self._path.parent), _IN_MODIFY)
        log = os.open(self._path, os.O_RDONLY)
        os.lseek(log, 0, os.SEEK_END)
        listening = _Listening(ears, lambda: bool(os.read(ears, 65536)) and bool(os.read(log, 262144)))
        listening.start()
        with self._path.open("ab") as file, _writing(file.fileno(), corpus.call("s", "t", "make test")) as sent:
            pass
        came = listening.end()
        os.close(ears)
        os.close(log)
        return _latency(sent, came)


class _NoCursors:
    def load(self) -> Mapping[str, Checkpoint]:
        return {}

    def save(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        pass


class _MadeUp(LinuxProcesses):
    """Real processes where they are named, and made-up ones that live for ever; nothing else on the machine."""

    made_up: dict[int, str]

    def pids(self) -> list[int]:
        return list(self.made_up)

    def look(self, pid: int) -> Process | None:
        return None

    def started(self, pid: int) -> str | None:
        return self.made_up.get(pid) or super().started(pid)


class _Stage:
    """A Sight at work, with live sessions that we write for."""

    def __init__(self, home: Path, sessions: int = 1, padding: int = 0) -> None:
        self._home = home
        self._came = threading.Event()
        self._at = 0.0
        self._times: list[float] = []
        self._wanted: type[Event] = ActivitySeen
        table = _MadeUp()
        table.made_up = {}
        self.logs: list[Path] = []
        for number in range(sessions):
            pid = 2**22 + 1 + number  # no real process has it
            table.made_up[pid] = "7"
            self._write_state(pid, f"live-{number}", "7")
            folder = home / "projects" / AGENT.transcript_paths(str(home), "x", corpus.CWD)[0].split("/")[-2]
            folder.mkdir(parents=True, exist_ok=True)
            log = folder / f"live-{number}.jsonl"
            row = corpus.result("s", "t", 600)
            log.write_bytes(row * (padding // len(row)) + corpus.prompt("s", "p"))
            self.logs.append(log)
        self._sight = Sight(
            [_with_home(home)], self._sink, store=_NoCursors(), environment={"HOME": str(home)}, table=table
        )

    def __enter__(self) -> Self:
        self._wanted = TurnStarted
        self._sight.start()
        if not self._came.wait(10):
            raise RuntimeError("the session was not seen")
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._sight.stop(5.0)

    def append_to_event(self) -> float:
        self._wanted = ActivitySeen
        self._times.clear()
        with self.logs[0].open("ab") as file, _writing(file.fileno(), corpus.call("s", "t", "make test")) as sent:
            pass
        time.sleep(0.1)
        return _latency(sent, list(self._times))

    def exit_to_event(self) -> float:
        self._wanted = ProcessEnded
        times = []
        for _ in range(5):
            child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
            self._write_state(child.pid, f"child-{child.pid}", LinuxProcesses().started(child.pid) or "")
            time.sleep(0.3)
            self._came.clear()
            begin = time.perf_counter()
            child.kill()
            if not self._came.wait(5.0):
                raise RuntimeError("the exit was not seen")
            times.append((self._at - begin) * 1000)
            child.communicate()
        return statistics.median(times)

    def cpu_percent(self, seconds: float) -> float:
        before = self._cpu()
        begin = time.perf_counter()
        self._write_rows(seconds)
        return (self._cpu() - before) / (time.perf_counter() - begin) * 100

    def reread_percent(self, seconds: float = 3.0) -> float:
        """What it would cost to read each file again for each row."""
        begin, spent, count = time.perf_counter(), 0.0, 0
        while time.perf_counter() - begin < seconds / 2:
            one = time.thread_time()
            reader = AGENT.open_transcript(SessionId("x:s"))
            catch_up.feed(reader, self.logs[count % len(self.logs)].read_bytes().split(b"\n"))
            spent += time.thread_time() - one
            count += 1
        return spent / count * len(self.logs) * 5 * 100

    def _write_rows(self, seconds: float) -> None:
        row = corpus.call("s", "t", "make test")
        rounds = int(seconds * 5)
        for _ in range(rounds):
            for log in self.logs:
                with log.open("ab") as file:
                    file.write(row)
                time.sleep(0.2 / len(self.logs))

    def _cpu(self) -> float:
        """Seconds of processor that the watching thread took."""
        stat = Path(f"/proc/self/task/{self._sight._thread.native_id}/schedstat").read_text()
        return int(stat.split()[0]) / 1e9

    def _write_state(self, pid: int, session: str, started: str) -> None:
        state = {"pid": pid, "sessionId": session, "cwd": corpus.CWD, "procStart": started, "status": "busy"}
        path = self._home / "sessions" / f"{pid}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**state, "kind": "interactive", "version": "2.1.330"}), encoding="utf-8")

    def _sink(self, event: Event) -> None:
        if isinstance(event, self._wanted):
            self._at = time.perf_counter()
            self._times.append(self._at)
            self._came.set()


def _with_home(home: Path):
    from dataclasses import replace

    return replace(AGENT, default_home=str(home), birth_dirs=())


class _Scanning:
    """Looking for new processes when there are none."""

    def __init__(self) -> None:
        self._news = NewPids(LinuxProcesses())
        for _ in range(5):
            self._news.scan()

    def __call__(self) -> float:
        return _repeated(self._news.scan)
