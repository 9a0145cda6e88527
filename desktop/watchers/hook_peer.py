"""Who is at the other end of a unix socket, and what the system tells of that process."""

import os
import socket
import struct
import sys
from collections.abc import Collection
from pathlib import Path

from desktop.domain.agent import Agent
from desktop.domain.record import dataclass
from desktop.formats import proc_stat
from desktop.formats.proc_stat import ProcStat
from desktop.watchers.catch_up import BAD_RECORD

_LARGEST_ENVIRONMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that opened a connection."""

    pid: int
    uid: int


def peer_of(sock: socket.socket) -> Peer | None:
    """Ask the system who connected; None when it will not say."""
    try:
        if sys.platform == "linux":
            raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            pid, uid, _ = struct.unpack("3i", raw)
            return Peer(pid, uid)
        # macOS, not run: SOL_LOCAL with LOCAL_PEERCRED (struct xucred) and LOCAL_PEERPID.
        uid = struct.unpack_from("II", sock.getsockopt(0, 1, 76))[1]
        return Peer(struct.unpack("i", sock.getsockopt(0, 2, 4))[0], uid)
    except (OSError, struct.error):
        return None


def look_up(pid: int) -> ProcStat | None:
    """Tell of a process; None when there is none of that number."""
    if sys.platform == "linux":
        try:
            return proc_stat.parse(Path(f"/proc/{pid}/stat").read_bytes())
        except OSError:
            return None
    import psutil  # 14 ms and 4 MB that Linux can do without

    try:
        process = psutil.Process(pid)
        return ProcStat(process.name(), process.ppid(), int(process.create_time() * 100))
    except psutil.Error:
        return None


def environment_of(pid: int, names: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Read only the named variables of a process: the rest of an environment is full of secrets."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            raw = file.read(_LARGEST_ENVIRONMENT)
    except OSError:
        return ()
    found = []
    for entry in raw.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and os.fsdecode(name) in names:
            found.append((os.fsdecode(name), os.fsdecode(value)))
    return tuple(found)


def agent_above(pid: int, agent: Agent) -> int:
    """The nearest process above *pid* that holds a session of *agent*; 0 for none, or where something else tells it."""
    if agent.is_session_process is None or agent.live_state_dir or agent.native_of_open_file is not None:
        return 0
    for above in proc_stat.ancestors(pid, look_up)[1:]:
        try:
            exe = os.readlink(f"/proc/{above}/exe")
            raw = Path(f"/proc/{above}/cmdline").read_bytes().rstrip(b"\0")
            if agent.is_session_process(exe, tuple(os.fsdecode(word) for word in raw.split(b"\0"))):
                return above
        except (OSError, *BAD_RECORD):
            continue
    return 0
