"""Which agents run, and since when: births by comparing lists of pids, exits by pidfd where there is one.

A pid alone names nobody: it is believed only together with the time its process started.
"""

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from typing import Protocol

from desktop.domain.record import dataclass
from desktop.formats import proc_stat

# An environment or a command line longer than this is not one of an agent.
_LONGEST = 256 * 1024
# For so many scans a new pid is looked at again: a shell forks first and becomes the agent a moment later.
_LOOKS = 4
_BOOTED = re.compile(rb"^btime (\d{1,12})$", re.MULTILINE)
# An agent at work holds some fifty files open; who holds thousands is not listed further.
MOST_OPEN_FILES = 1024


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this user, as far as we may look."""

    pid: int
    started: str  # on Linux ticks since boot, field 22 of its stat
    exe: str
    argv: tuple[str, ...]
    parent: int = 0  # 0 when it is not known


class ProcessTable(Protocol):
    """What the operating system knows of processes."""

    def pids(self) -> list[int]: ...

    def look(self, pid: int) -> Process | None:
        """The process, if it lives and belongs to this user."""

    def started(self, pid: int) -> str | None:
        """When it started, if it lives and belongs to this user."""

    def environment(self, pid: int) -> Mapping[str, str]: ...

    def cwd(self, pid: int) -> str: ...

    def is_here(self, pid: int) -> bool:
        """Whether its files and numbers are ours; those of a container are another machine's."""

    def begun_at(self, pid: int) -> float | None:
        """When it started, by the wall clock, to a second or so; None when nobody can tell."""

    def open_files(self, pid: int) -> list[str]:
        """The files it holds open; none where this cannot be told for little."""


class LinuxProcesses:
    """Reads /proc itself: psutil costs forty times a directory listing."""

    def __init__(self, root: str = "/proc") -> None:
        self._root = root
        self._uid = str(os.getuid()).encode()

    def pids(self) -> list[int]:
        return [int(name) for name in os.listdir(self._root) if name.isdigit()]

    def look(self, pid: int) -> Process | None:
        known = self._known(pid)
        if known is None:
            return None
        try:
            # Of a program that was updated while it runs; it is the same program still.
            exe = os.readlink(f"{self._root}/{pid}/exe").removesuffix(" (deleted)")
        except OSError:
            exe = ""  # a kernel thread, or one that hides itself
        argv = self._read(pid, "cmdline").rstrip(b"\0")
        words = tuple(os.fsdecode(part) for part in argv.split(b"\0")) if argv else ()
        return Process(pid, str(known.started), exe, words, known.parent)

    def started(self, pid: int) -> str | None:
        known = self._known(pid)
        return str(known.started) if known is not None else None

    def environment(self, pid: int) -> Mapping[str, str]:
        pairs = (part.partition(b"=") for part in self._read(pid, "environ").split(b"\0"))
        return {os.fsdecode(name): os.fsdecode(value) for name, equals, value in pairs if equals}

    def cwd(self, pid: int) -> str:
        try:
            return os.readlink(f"{self._root}/{pid}/cwd")
        except OSError:
            return ""  # it ended, or hides itself

    def is_here(self, pid: int) -> bool:
        try:
            return os.readlink(f"{self._root}/{pid}/ns/pid") == os.readlink(f"{self._root}/self/ns/pid")
        except OSError:
            return True  # it is gone, or this system has no namespaces

    def begun_at(self, pid: int) -> float | None:
        known = proc_stat.parse(self._read(pid, "stat"))
        booted = _BOOTED.search(self._read("", "stat"))
        return int(booted[1]) + known.started / os.sysconf("SC_CLK_TCK") if known and booted else None

    def open_files(self, pid: int) -> list[str]:
        folder = f"{self._root}/{pid}/fd"
        files: list[str] = []
        try:
            for number in os.listdir(folder)[:MOST_OPEN_FILES]:
                with contextlib.suppress(OSError):  # closed in between
                    path = os.readlink(f"{folder}/{number}")
                    if path.startswith("/"):
                        files.append(path)
        except OSError:
            pass  # gone, or not ours to look into
        return files

    def _known(self, pid: int) -> proc_stat.ProcStat | None:
        """What its stat says; None when it is gone or not ours."""
        stat = self._read(pid, "stat")
        known = proc_stat.parse(stat)
        # A zombie has ended; it only waits to be fetched.
        if known is None or stat.rpartition(b")")[2].split()[:1] in ([b"Z"], [b"X"]) or not self._is_own(pid):
            return None
        return known

    def _is_own(self, pid: int) -> bool:
        for line in self._read(pid, "status").split(b"\n"):
            if line.startswith(b"Uid:"):
                return line.split()[1:2] == [self._uid]
        return False

    def _read(self, pid: int | str, name: str) -> bytes:
        try:
            descriptor = os.open(f"{self._root}/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.read(descriptor, _LONGEST)  # a file object costs as much again as the reading
        except OSError:
            return b""
        finally:
            os.close(descriptor)


class PortableProcesses:
    """Asks psutil; for systems without /proc."""

    def __init__(self) -> None:
        import psutil  # 48 ms that Linux can do without

        self._psutil = psutil
        self._user = psutil.Process().username()

    def pids(self) -> list[int]:
        return list(self._psutil.pids())

    def look(self, pid: int) -> Process | None:
        started = self.started(pid)
        if started is None:
            return None
        try:
            process = self._psutil.Process(pid)
            return Process(pid, started, process.exe(), tuple(process.cmdline()), process.ppid())
        except (self._psutil.Error, OSError):
            return None

    def started(self, pid: int) -> str | None:
        try:
            process = self._psutil.Process(pid)
            if process.username() != self._user or process.status() == self._psutil.STATUS_ZOMBIE:
                return None
            return str(int(process.create_time() * 1000))
        except (self._psutil.Error, OSError):
            return None

    def environment(self, pid: int) -> Mapping[str, str]:
        try:
            return self._psutil.Process(pid).environ()
        except (self._psutil.Error, OSError):
            return {}

    def cwd(self, pid: int) -> str:
        try:
            return self._psutil.Process(pid).cwd()
        except (self._psutil.Error, OSError):
            return ""

    def is_here(self, pid: int) -> bool:
        return True

    def begun_at(self, pid: int) -> float | None:
        try:
            return self._psutil.Process(pid).create_time()
        except (self._psutil.Error, OSError):
            return None

    def open_files(self, pid: int) -> list[str]:
        return []  # to list them takes a thread of psutil's on Windows, and was never tried on macOS


class ChildrenOf:
    """The processes that one process started, and no others: for a demo that must not touch what is real."""

    def __init__(self, table: ProcessTable, parent: int) -> None:
        self._table = table
        self._parent = parent

    def pids(self) -> list[int]:
        import psutil

        try:
            return [child.pid for child in psutil.Process(self._parent).children(recursive=True)]
        except psutil.Error:
            return []

    def look(self, pid: int) -> Process | None:
        return self._table.look(pid)

    def started(self, pid: int) -> str | None:
        return self._table.started(pid)

    def environment(self, pid: int) -> Mapping[str, str]:
        return self._table.environment(pid)

    def cwd(self, pid: int) -> str:
        return self._table.cwd(pid)

    def is_here(self, pid: int) -> bool:
        return self._table.is_here(pid)

    def begun_at(self, pid: int) -> float | None:
        return self._table.begun_at(pid)

    def open_files(self, pid: int) -> list[str]:
        return self._table.open_files(pid)


def process_table() -> ProcessTable:
    """The one for this system."""
    return LinuxProcesses() if sys.platform == "linux" else PortableProcesses()


def says_started(said: str, known: str) -> bool:
    """Whether the start that an agent wrote down is that of the process; elsewhere than on Linux units differ."""
    return said == known if sys.platform == "linux" else True


class NewPids:
    """Tells the pids that were not there before, for the price of one directory listing."""

    def __init__(self, table: ProcessTable) -> None:
        self._table = table
        self._seen: frozenset[int] = frozenset()
        self._looks: dict[int, int] = {}

    def scan(self) -> list[int]:
        """Pids worth a look: new ones, a few times over."""
        now = frozenset(self._table.pids())
        first = not self._seen
        new = now - self._seen
        self._seen = now
        young = {pid: looks - 1 for pid, looks in self._looks.items() if looks > 1 and pid in now}
        self._looks = young if first else young | dict.fromkeys(new, _LOOKS - 1)
        return sorted(new | young.keys())

    def forget(self, pid: int) -> None:
        """The process is gone; whatever has its pid next is new."""
        self._seen -= {pid}
        self._looks.pop(pid, None)

    def settle(self, pid: int) -> None:
        """Look no more at *pid*: it is known for what it is."""
        self._looks.pop(pid, None)


def open_exit(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where there is no such thing."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # gone already, or out of descriptors: the reconcile sees to it
