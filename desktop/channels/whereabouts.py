"""Where a process runs: its controlling terminal, who leads it and which program holds the other end of it.

The environment of a process is inherited, so it tells of every terminal above it and may be stale: it only says where
to ask. What binds a session to a pane is its controlling terminal and the process that holds that.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop.channels.refusal import Refused
from desktop.formats import proc_stat
from desktop.formats.proc_stat import ProcStat

GONE = "The session's process has ended."
_NAMES = frozenset(
    {
        "DISPLAY", "GNOME_TERMINAL_SCREEN", "GNOME_TERMINAL_SERVICE", "ITERM_SESSION_ID", "KITTY_LISTEN_ON",
        "KITTY_WINDOW_ID", "KONSOLE_DBUS_SERVICE", "KONSOLE_DBUS_SESSION", "SCREENDIR", "STY", "TERM_PROGRAM",
        "TERM_SESSION_ID", "TMUX", "TMUX_PANE", "WAYLAND_DISPLAY", "WEZTERM_PANE", "WEZTERM_UNIX_SOCKET", "WINDOW",
        "WINDOWID", "WT_SESSION", "XAUTHORITY", "ZELLIJ_PANE_ID", "ZELLIJ_SESSION_NAME",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of the place of one process; *tty* is empty for one without a terminal."""

    pid: int
    started: int
    tty: str  # /dev/pts/3
    leader: int  # the first process on that terminal
    host: int  # the parent of the leader: what holds the terminal
    ancestors: tuple[int, ...]
    environment: Mapping[str, str]
    cwd: str = ""

    def variable(self, name: str) -> str:
        """What the process inherited under *name*; empty for nothing."""
        return self.environment.get(name, "")


def of(pid: int, started: str = "") -> Whereabouts:
    """Look at *pid*; refuse when it is gone, or not the one that began at *started* (where that is known)."""
    found = look_up(pid) if pid > 1 else None
    if found is None or (started and sys.platform == "linux" and str(found.started) != started):
        raise Refused(GONE)
    leader = _leader_of(pid)
    tty = tty_of(pid)
    led = look_up(leader) if leader > 0 and tty and tty_of(leader) == tty else None
    place = Whereabouts(
        pid=pid,
        started=found.started,
        tty=tty,
        leader=leader if led is not None else 0,
        host=led.parent if led is not None else 0,
        ancestors=proc_stat.ancestors(pid, look_up),
        environment=environment_of(pid),
        cwd=_cwd(pid),
    )
    again = look_up(pid)
    if again is None or again.started != found.started:
        raise Refused(GONE)
    return place


def require(place: Whereabouts) -> None:
    """Refuse unless the process of *place* still runs and still has that very terminal."""
    now = look_up(place.pid)
    if now is None or now.started != place.started:
        raise Refused(GONE)
    if tty_of(place.pid) != place.tty:
        raise Refused("The session has left the terminal it ran in.")


def look_up(pid: int) -> ProcStat | None:
    """Identify a process; None when there is none of that number, or one that has ended and waits to be fetched."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return None
        return proc_stat.parse(raw) if raw.rpartition(b")")[2].split()[:1] not in ([b"Z"], [b"X"]) else None
    import psutil  # 14 ms and 4 MB that Linux can do without

    try:
        process = psutil.Process(pid)
        return ProcStat(process.name(), process.ppid(), int(process.create_time() * 1000))
    except psutil.Error:
        return None


def program_of(pid: int) -> str:
    """The file name of the program that *pid* runs; empty when that is not to be known."""
    if sys.platform == "linux":
        try:
            return os.readlink(f"/proc/{pid}/exe").rpartition("/")[2].removesuffix(" (deleted)")
        except OSError:
            return ""
    import psutil

    try:
        return psutil.Process(pid).exe().replace("\\", "/").rpartition("/")[2]
    except (psutil.Error, OSError):
        return ""


def of_program(name: str, *, but: int) -> tuple[int, ...]:
    """The person's processes called *name*, other than *but*, that have a terminal; a name proves nothing."""
    if sys.platform != "linux":
        return ()
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != but:
            known = look_up(int(entry.name))
            if known is not None and known.name == name and _is_own(entry.path) and tty_of(int(entry.name)):
                found.append(int(entry.name))
    return tuple(found)


def terminals_held_by(pid: int) -> int:
    """How many terminals *pid* has begun a first process on; 0 where that is not to be known."""
    if sys.platform != "linux":
        return 0
    held = set()
    for entry in os.scandir("/proc"):
        known = look_up(int(entry.name)) if entry.name.isdigit() else None
        if known is not None and known.parent == pid and _leader_of(int(entry.name)) == int(entry.name):
            held.add(tty_of(int(entry.name)))
    return len(held - {""})


def _is_own(path: str) -> bool:
    try:
        return os.stat(path).st_uid == os.geteuid()
    except OSError:
        return False


def _leader_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (OSError, AttributeError):  # Windows has neither terminals of this kind nor leaders
        return 0


def tty_of(pid: int) -> str:
    """The controlling terminal of a process; empty when it has none."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/stat").read_bytes()
            device = int(raw.rpartition(b")")[2].split()[4])
        except (OSError, IndexError, ValueError):
            return ""
        # A device number as the kernel packs it; pseudo terminals have the majors 136 to 143, 256 minors each.
        major, minor = device >> 8 & 0xFFF, (device & 0xFF) | (device >> 12 & 0xFFF00)
        if 136 <= major <= 143:
            return f"/dev/pts/{(major - 136) * 256 + minor}"
        return f"/dev/tty{minor}" if major == 4 else ""
    import psutil

    try:
        terminal = getattr(psutil.Process(pid), "terminal", None)  # not on Windows
        return str(terminal() or "") if terminal is not None else ""
    except psutil.Error:
        return ""


def environment_of(pid: int) -> dict[str, str]:
    """What of the terminals above it a process was started with."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return {}
        pairs = (os.fsdecode(entry).partition("=") for entry in raw.split(b"\0"))
        return {name: value for name, _, value in pairs if name in _NAMES}
    import psutil

    try:
        return {name: value for name, value in psutil.Process(pid).environ().items() if name in _NAMES}
    except (psutil.Error, OSError):
        return {}


def _cwd(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""
