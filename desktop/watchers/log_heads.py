"""Logs found by looking where an agent writes them: which there are, by their heads, and which process writes which.

For agents whose processes say nothing of themselves. Bounded: however much lies there, little of it is looked at.
"""

import fnmatch
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from desktop.domain.agent import Agent, LogHead
from desktop.domain.record import dataclass
from desktop.watchers import log_discovery, own_files
from desktop.watchers.catch_up import BAD_RECORD

# A folder a day, yesterday's and today's; a few more for agents that keep several kinds of log.
MOST_FOLDERS = 8
# Of one folder; a year of daily use leaves less in the flattest layout known.
MOST_ENTRIES = 4096
# The newest of a folder: more sessions than that do not begin while we look for one.
MOST_HEADS = 32
# The longest first line known is 22 KB: the agent's whole system prompt.
HEAD = 64 * 1024
_MOST_REMEMBERED = 1024
# The start of a process is known to a second or so, and stamps are rounded.
SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class Log:
    """A log that may be a process's own."""

    path: str
    native: str
    begun_at: float | None  # None when its head does not tell
    written_at: float


@dataclass(frozen=True, slots=True)
class Seeker:
    """A process whose log is not known."""

    pid: int
    begun_at: float  # the process
    seen_at: float  # by us


def share(seekers: Iterable[Seeker], logs: Iterable[Log]) -> dict[int, Log]:
    """Give each process its log, by pid.

    A log that began after a process is the process's, and of several processes the youngest's: each begins one when it
    starts. What is left over may be an older conversation that was taken up again: then it was written while we looked;
    or it does not tell when it began: then it was written since the process runs.
    """
    shared: dict[int, Log] = {}
    free = {log.path: log for log in logs}
    youngest_first = sorted(seekers, key=lambda seeker: seeker.begun_at, reverse=True)
    for seeker in youngest_first:
        own = [log for log in free.values() if log.begun_at is not None and log.begun_at >= seeker.begun_at - SLACK_S]
        if own:
            shared[seeker.pid] = free.pop(min(own, key=lambda log: log.begun_at or 0.0).path)
    for seeker in youngest_first:
        older = [log for log in free.values() if log.written_at >= _least(seeker, log)]
        if older and seeker.pid not in shared:
            shared[seeker.pid] = free.pop(max(older, key=lambda log: log.written_at).path)
    return shared


def _least(seeker: Seeker, log: Log) -> float:
    return seeker.begun_at if log.begun_at is None else seeker.seen_at


def folders(agent: Agent, home: str, cwd: str, now: datetime) -> list[str]:
    """Where logs of sessions in *cwd* are written; *now* is local time."""
    if agent.log_dirs is not None:
        try:
            named = [os.path.normpath(path) for path in agent.log_dirs(home, cwd, now)]
        except BAD_RECORD:
            return []
        known = dict.fromkeys(path for path in named if os.path.isabs(path) and "\0" not in path)
        return [folder for path in list(known)[:MOST_FOLDERS] for folder in _expanded(path)]
    # Where the agent itself names a log by its session and keeps a folder for each directory.
    return sorted({os.path.dirname(path) for path in log_discovery.candidates(agent, home, "x", cwd)})


def _expanded(path: str) -> list[str]:
    """The folder itself; of one with a ``*`` the folder above and the youngest that it may be: one a conversation."""
    above, star, rest = path.rpartition("*")
    if not star:
        return [path]
    found: list[tuple[float, str]] = []
    try:
        with os.scandir(above) as entries:
            for _, entry in zip(range(MOST_ENTRIES), entries, strict=False):
                if entry.is_dir(follow_symlinks=False):
                    found.append((entry.stat(follow_symlinks=False).st_mtime, entry.path))
    except OSError:
        pass  # not made yet, or away
    return [above.rstrip("/"), *(folder + rest for _, folder in sorted(found, reverse=True)[:MOST_FOLDERS])]


class LogHeads:
    """Reads the head of each log once."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[tuple[int, int], LogHead | None]] = OrderedDict()

    def logs(self, agent: Agent, home: str, cwd: str, now: datetime, since: float) -> list[Log]:
        """The logs of sessions in *cwd* that were written after *since* (seconds); *now* is local time."""
        found: list[Log] = []
        for folder in folders(agent, home, cwd, now):
            entries = _entries(folder, agent.log_names, since)
            for path, status in sorted(entries, key=lambda entry: -entry[1].st_mtime)[:MOST_HEADS]:
                log = self._log(agent, path, status, cwd)
                if log is not None:
                    found.append(log)
        return found

    def is_hidden(self, agent: Agent, path: str) -> bool:
        """Whether the log at *path*, if it is there, is one of the agent's own errands."""
        try:
            head = self._head(agent, path, os.stat(path, follow_symlinks=False))
        except OSError:
            return False
        return head is not None and head.is_hidden

    def _log(self, agent: Agent, path: str, status: os.stat_result, cwd: str) -> Log | None:
        if agent.read_log_head is None:
            native = os.path.basename(path).removesuffix(".jsonl")
            return Log(path, native, None, status.st_mtime) if log_discovery.is_plain_id(native) else None
        head = self._head(agent, path, status)
        if head is None or head.is_hidden or not log_discovery.is_plain_id(head.native):
            return None
        if head.cwd is not None and not _is_same(head.cwd, cwd):
            return None
        begun = head.started_at
        at = (begun if begun.tzinfo is not None else begun.replace(tzinfo=UTC)).timestamp() if begun else None
        return Log(path, head.native, at, status.st_mtime)

    def _head(self, agent: Agent, path: str, status: os.stat_result) -> LogHead | None:
        known = self._known.get(path)
        # A head that tells is told once and for all; one that does not may be half written.
        if known is not None and known[0][0] == status.st_ino and (known[1] or known[0][1] == status.st_size):
            self._known.move_to_end(path)
            return known[1]
        head = _read(agent, path)
        self._known[path] = ((status.st_ino, status.st_size), head)
        self._known.move_to_end(path)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return head


def _entries(folder: str, names: str, since: float) -> list[tuple[str, os.stat_result]]:
    found: list[tuple[str, os.stat_result]] = []
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(MOST_ENTRIES), entries, strict=False):
                if fnmatch.fnmatchcase(entry.name, names):
                    status = entry.stat(follow_symlinks=False)
                    if own_files.is_own(status) and status.st_mtime >= since:
                        found.append((entry.path, status))
    except OSError:
        pass  # not made yet, or away
    return found


def _read(agent: Agent, path: str) -> LogHead | None:
    if agent.read_log_head is None:
        return None
    try:
        descriptor, _ = own_files.open_own(path)
    except OSError:
        return None
    try:
        return agent.read_log_head(own_files.read_at(descriptor, HEAD, 0), path)
    except (OSError, *BAD_RECORD):
        return None
    finally:
        os.close(descriptor)


def _is_same(named: str, cwd: str) -> bool:
    """Whether a log names the directory of a process, which the system always tells without links."""
    return bool(named) and (os.path.normpath(named) == cwd or _unlinked(named) == cwd)


def _unlinked(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def seekers_by_place(places: Sequence[tuple[Seeker, Agent, str, str]]) -> list[tuple[Agent, str, str, list[Seeker]]]:
    """The seekers that may write into the same folders, together: (agent, home, cwd, seekers)."""
    together: dict[tuple[str, str, str], tuple[Agent, list[Seeker]]] = {}
    for seeker, agent, home, cwd in places:
        together.setdefault((agent.kind, home, cwd), (agent, []))[1].append(seeker)
    return [(agent, home, cwd, seekers) for (_, home, cwd), (agent, seekers) in together.items()]
