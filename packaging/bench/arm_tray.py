"""G10, G12, G13: what the running tray costs, against a bare tray of the same toolkit started beside it.

Both run without a screen, in a home of their own: 500 old transcripts, 20 sessions whose processes live.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import corpus
from measure import Row

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop.agents.claude_code import AGENT
from desktop.watchers.process_scan import LinuxProcesses

FILES = 500
LIVE = 20
HERE = Path(__file__).parent
# After a minute without news the program looks about less often.
SETTLE_S = float(os.environ.get("AGENT_TRAY_BENCH_SETTLE_S", "75"))
IDLE_S = float(os.environ.get("AGENT_TRAY_BENCH_IDLE_S", "60"))
_IN_ACCESS, _IN_OPEN = 1, 32


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Make the home and its live sessions."""
    home = work / "home"
    with _Home(home) as made:
        idle = _Idle(made)
        memory = _Growth()
        start = _Starts(made)
        yield [
            Row("G13 start to tray icon / bare tray", start.ours, 1.3, start.bare, rounds=5),
            Row(f"G13 first full state after the icon, {LIVE} live", start.until_known, 100, rounds=5),
            Row("G10 idle: CPU above the bare tray", idle.cpu, 0.1, idle.bare_cpu, unit="%", is_difference=True,
                rounds=1),
            Row("G10 idle: wake-ups above the bare tray", idle.wakes, 0.5, idle.bare_wakes, unit="/s",
                is_difference=True, rounds=1),
            Row("G10 idle: transcripts opened or read", idle.reads, 0, unit="", rounds=1),
            Row("G10 idle: child processes", idle.children, 0, unit="", rounds=1),
            Row("G12 memory (PSS) above the bare tray", idle.pss, 20, idle.bare_pss, unit="MB", is_difference=True,
                rounds=1),
            Row("G12 memory (PSS) / bare tray", idle.pss, 1.6, idle.bare_pss, unit="MB", rounds=1),
            Row("G12 growth from 500 to 5,000 sessions", memory, 10, unit="MB", rounds=1),
        ]  # fmt: skip
        idle.close()


class _Home:
    """A person's home with a history and sessions that live."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.transcripts: list[Path] = []
        self._live: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "_Home":
        claude = self.path / ".claude"
        corpus.write(claude / "projects", files=FILES, megabytes=64)
        self.transcripts = sorted((claude / "projects").glob("*/*.jsonl"))
        (claude / "sessions").mkdir()
        for transcript in self.transcripts[:: FILES // LIVE][:LIVE]:
            process = subprocess.Popen(["/bin/sleep", "3600"])
            self._live.append(process)
            native = transcript.stem
            proper = Path(AGENT.transcript_paths(str(claude), native, corpus.CWD)[0])
            proper.parent.mkdir(exist_ok=True)
            transcript.rename(proper)
            state = {
                "pid": process.pid,
                "sessionId": native,
                "cwd": corpus.CWD,
                "procStart": LinuxProcesses().started(process.pid),
                "status": "busy",
                "kind": "interactive",
                "version": "2.1.330",
                "statusUpdatedAt": int(time.time() * 1000),
            }
            (claude / "sessions" / f"{process.pid}.json").write_text(json.dumps(state), encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._live:
            process.kill()
            process.wait()

    def environment(self) -> dict[str, str]:
        runtime = self.path / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        return {
            "HOME": str(self.path),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(runtime),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/none",
            "QT_QPA_PLATFORM": "offscreen",
        }


class _Tray:
    """One of the two programs, running."""

    def __init__(self, script: str, environment: dict[str, str], *arguments: str) -> None:
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self.pid = self._process.pid
        self._buffer = b""

    def said(self, word: str, seconds: float = 30.0) -> float:
        """When it said *word*, in milliseconds after its start."""
        assert self._process.stdout is not None
        until = time.monotonic() + seconds
        while f"{word}\n".encode() not in self._buffer:
            if not select.select([self._process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                raise RuntimeError(f"did not say {word}")
            more = os.read(self._process.stdout.fileno(), 4096)
            if not more:
                raise RuntimeError(f"ended before it said {word}")
            self._buffer += more
        return (time.perf_counter() - self.began) * 1000

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class _Starts:
    def __init__(self, home: _Home) -> None:
        self._home = home
        self._known: list[float] = []

    def bare(self) -> float:
        tray = _Tray("bare_tray.py", self._home.environment())
        try:
            return tray.said("shown")
        finally:
            tray.stop()

    def ours(self) -> float:
        tray = _Tray("our_tray.py", self._home.environment(), str(LIVE))
        try:
            shown = tray.said("shown")
            self._known.append(tray.said("known") - shown)
            return shown
        finally:
            tray.stop()

    def until_known(self) -> float:
        """Of the start just measured."""
        return self._known.pop() if self._known else self._again()

    def _again(self) -> float:
        self.ours()
        return self._known.pop()


class _Idle:
    """Both programs at once, left alone."""

    def __init__(self, home: _Home) -> None:
        self._home = home
        self._trays: dict[str, _Tray] = {}
        self._told: dict[str, dict[str, float]] = {}

    def cpu(self) -> float:
        return self._measured("ours")["cpu"]

    def bare_cpu(self) -> float:
        return self._measured("bare")["cpu"]

    def wakes(self) -> float:
        return self._measured("ours")["wakes"]

    def bare_wakes(self) -> float:
        return self._measured("bare")["wakes"]

    def pss(self) -> float:
        return self._measured("ours")["pss"]

    def bare_pss(self) -> float:
        return self._measured("bare")["pss"]

    def reads(self) -> float:
        return self._measured("ours")["reads"]

    def children(self) -> float:
        return self._measured("ours")["children"]

    def close(self) -> None:
        for tray in self._trays.values():
            tray.stop()
        self._trays = {}

    def _measured(self, name: str) -> dict[str, float]:
        if self._told:
            return self._told[name]
        environment = self._home.environment()
        self._trays = {
            "bare": _Tray("bare_tray.py", environment),
            "ours": _Tray("our_tray.py", environment, str(LIVE), "alone"),
        }
        self._trays["bare"].said("shown")
        self._trays["ours"].said("known")
        time.sleep(SETTLE_S)
        with _Ears(self._home.path / ".claude" / "projects") as ears:
            before = {name: _spent(tray.pid) for name, tray in self._trays.items()}
            begin = time.perf_counter()
            time.sleep(IDLE_S)
            took = time.perf_counter() - begin
            after = {name: _spent(tray.pid) for name, tray in self._trays.items()}
            heard = ears.count()
        for each, tray in self._trays.items():
            cpu, wakes, children = (late - soon for soon, late in zip(before[each], after[each], strict=True))
            self._told[each] = {
                "cpu": cpu / took * 100,
                "wakes": wakes / took,
                "children": children,
                "pss": _pss(tray.pid),
                "reads": heard,
            }
        self.close()
        return self._told[name]


class _Ears:
    """Counts who opens or reads a transcript."""

    def __init__(self, projects: Path) -> None:
        self._libc = ctypes.CDLL(None)
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK)
        for folder in projects.iterdir():
            self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _IN_ACCESS | _IN_OPEN)

    def __enter__(self) -> "_Ears":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def count(self) -> int:
        heard = 0
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._descriptor, 65536):
                offset = 0
                while offset < len(data):
                    _, mask, _, length = struct.unpack_from("iIII", data, offset)
                    offset += 16 + length
                    heard += length > 0 and bool(mask & (_IN_ACCESS | _IN_OPEN))
        return heard


def _spent(pid: int) -> tuple[float, int, int]:
    """Seconds of processor and voluntary switches of all threads, and page faults of children that ended."""
    cpu, switches = 0.0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        cpu += int((task / "schedstat").read_text().split()[0]) / 1e9
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                switches += int(line.split()[1])
    faults = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[8])
    running = (Path(f"/proc/{pid}/task/{pid}/children").read_text()).split()
    return cpu, switches, faults + len(running)


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no PSS")


_GROW = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
import arm_hub, arm_tray, os, gc
live = arm_hub._Live(500)
live.events_and_boards()
gc.collect()
before = arm_tray._pss(os.getpid())
more = arm_hub._Live(4500)
more.events_and_boards()
gc.collect()
print(arm_tray._pss(os.getpid()) - before)
"""


class _Growth:
    """How much more memory 4,500 more sessions take; in a process of its own."""

    def __call__(self) -> float:
        script = _GROW.format(root=str(HERE.parents[1]), here=str(HERE))
        return float(subprocess.check_output([sys.executable, "-c", script]))
