"""Read an agent's own SQLite database: which conversations there are, and what one of them did. Nothing is written.

A database that is locked, damaged or newer than we know costs its own news and nothing else.
"""

import contextlib
import os
import sqlite3
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field

from desktop.domain.agent import Agent, AgentDatabase, Row, StoredSession
from desktop.domain.events import Event
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.record import dataclass
from desktop.watchers import log_discovery, own_files
from desktop.watchers.catch_up import BAD_RECORD

# Nobody has more conversations open at once, and of one the latest tell where it stands.
MOST_SESSIONS = 50
MOST_RECORDS = 80
# A writer holds its lock for milliseconds; who waits longer is looked at again with the next change.
LOCKED_S = 0.05
# So many steps of the database's own machine are a fraction of a second: a query that needs more is given up.
MOST_STEPS = 2_000_000
_BETWEEN_LOOKS = 10_000
# <https://www.sqlite.org/fileformat.html>: two bytes of the header say that writes go to a log beside it.
_WRITE_VERSION, _WITH_WAL = 18, b"\2\2"

Skip = Callable[[AgentKind, str, int], None]


def place_of(database: AgentDatabase, environment: Mapping[str, str]) -> str:
    """Where the database of a process with this environment lies; empty when nobody can tell."""
    found = (log_discovery.expanded(place, environment) for place in database.places)
    return next((os.path.normpath(path) for path in found if os.path.isabs(path)), "")


Mark = tuple[tuple[int, int, int], ...]
"""What a database's files look like: while it stays so, nothing was written."""


@dataclass(slots=True)
class _Kept:
    """What was read last, and when it was so."""

    sessions: tuple[StoredSession, ...] = ()
    read_at: Mark = ()
    news: dict[SessionId, tuple[Mark, tuple[Event, ...]]] = field(default_factory=dict)


class Databases:
    """Every database that is looked at. Lives on the watching thread."""

    def __init__(self, skip: Skip) -> None:
        self._skip = skip
        self._kept: dict[str, _Kept] = {}

    def sessions(self, agent: Agent, path: str, since: float) -> tuple[StoredSession, ...]:
        """The conversations that changed since then (seconds), the latest first."""
        database, mark = agent.database, _mark(path)
        kept = self._kept.setdefault(path, _Kept())
        if database is None or not mark:
            return ()
        if kept.read_at != mark:
            kept.read_at = mark
            rows = self._rows(agent, path, database.sessions, {"since": int(since * 1000), "limit": MOST_SESSIONS})
            kept.sessions = tuple(self._sessions(agent, database, rows))
        return kept.sessions

    def news(self, agent: Agent, path: str, session: SessionId, native: str) -> tuple[Event, ...]:
        """What *session* did, when any of it is new since the last call."""
        database, mark = agent.database, _mark(path)
        kept = self._kept.setdefault(path, _Kept())
        last_mark, last_told = kept.news.get(session, ((), ()))
        if database is None or not mark or mark == last_mark:
            return ()
        rows = self._rows(agent, path, database.records, {"session": native, "limit": MOST_RECORDS})
        try:
            told = tuple(database.read_records(session, rows))
        except BAD_RECORD:
            self._skip(agent.kind, "", len(rows))
            told = ()
        kept.news[session] = (mark, told)
        return told if told != last_told else ()

    def keep_only(self, sessions: Collection[SessionId]) -> None:
        """Forget what was read of any other session."""
        for kept in self._kept.values():
            for session in kept.news.keys() - set(sessions):
                del kept.news[session]

    def _sessions(self, agent: Agent, database: AgentDatabase, rows: Sequence[Row]) -> Iterator[StoredSession]:
        for row in rows:
            try:
                found = database.read_session(row)
            except BAD_RECORD:
                found = None
            if found is None or not log_discovery.is_plain_id(found.native):
                self._skip(agent.kind, "", 1)
            else:
                yield found

    def _rows(self, agent: Agent, path: str, query: str, given: Mapping[str, object]) -> list[Row]:
        try:
            with _opened(path) as connection:
                cursor = connection.execute(query, given)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(MOST_RECORDS)]
        except (sqlite3.Error, sqlite3.Warning, OSError, OverflowError, UnicodeDecodeError):
            self._skip(agent.kind, "", 1)
            return []


@contextlib.contextmanager
def _opened(path: str) -> Iterator[sqlite3.Connection]:
    # Its shared memory is opened for reading too, and so never made; and one that nobody has open stands still: else
    # even a reader would make the file for the writes to come.
    how = "immutable=1" if _is_at_rest(path) else "readonly_shm=1"
    where = f"file:{urllib.parse.quote(path)}?mode=ro&{how}"
    connection = sqlite3.connect(where, uri=True, timeout=LOCKED_S, isolation_level=None)
    steps = iter(range(MOST_STEPS // _BETWEEN_LOOKS))
    try:
        connection.set_progress_handler(lambda: next(steps, None) is None, _BETWEEN_LOOKS)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA trusted_schema = 0")
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield connection
    finally:
        connection.close()


def _is_at_rest(path: str) -> bool:
    if os.path.lexists(f"{path}-wal"):
        return False
    descriptor, _ = own_files.open_own(path)
    try:
        return own_files.read_at(descriptor, 2, _WRITE_VERSION) == _WITH_WAL
    finally:
        os.close(descriptor)


def _mark(path: str) -> Mark:
    """What the database and its log of writes look like; empty when it is not there, or not this user's."""
    found = []
    for each in (path, f"{path}-wal"):
        try:
            status = os.stat(each, follow_symlinks=False)
        except OSError:
            continue
        if not own_files.is_own(status):
            return ()
        found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)
