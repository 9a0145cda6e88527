"""The ledger: one SQLite file with waits, decisions, notices, cursors and what the person named and saw.

No text of a request or a reply is kept: digests, kinds, stamps and surfaces are enough for sums and for proof. The
decisions form a hash chain and are on disk before an answer leaves. Every method may be called from one thread at a
time; the program keeps one thread for it.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from desktop.domain.record import dataclass

BUSY_TIMEOUT_S = 2.0
GENESIS = "0" * 64

_SCHEMA = """
CREATE TABLE waits (
    request TEXT PRIMARY KEY, session TEXT NOT NULL, agent TEXT NOT NULL, kind TEXT NOT NULL, tool TEXT NOT NULL,
    project TEXT NOT NULL, opened_at TEXT NOT NULL, first_seen_at TEXT, answered_at TEXT, surface TEXT,
    closed_at TEXT, how TEXT, state TEXT NOT NULL DEFAULT 'open');
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, request TEXT NOT NULL UNIQUE, session TEXT NOT NULL,
    verdict TEXT NOT NULL, digest TEXT NOT NULL, answer_digest TEXT NOT NULL, surface TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE notices (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, class TEXT NOT NULL, raised_at TEXT NOT NULL,
    withdrawn_at TEXT, acted_at TEXT);
CREATE TABLE cursors (path TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE sessions (session TEXT PRIMARY KEY, name TEXT, seen_at TEXT);
CREATE INDEX waits_opened ON waits (opened_at);
CREATE INDEX notices_raised ON notices (raised_at);
"""

# The first takes version 1 to 2. What is new goes here, at the end, and never into the schema above.
_MIGRATIONS = (
    "ALTER TABLE sessions ADD COLUMN task TEXT;",
    "CREATE TABLE shown (server TEXT NOT NULL, id INTEGER NOT NULL);",
)
SCHEMA_VERSION = 1 + len(_MIGRATIONS)


class LedgerError(Exception):
    """The ledger cannot be used; the message says which file, why, and what helps."""


class AlreadyDecidedError(Exception):
    """A decision about this request is on record."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, without the words of it."""

    at: datetime
    request: str
    session: str
    verdict: str
    digest: str  # of what was shown and asked
    answer_digest: str  # of the bytes that leave
    surface: str


class Ledger:
    """Opens, or makes, the ledger at a path; one that cannot be read makes room for a new one if it *repairs*."""

    def __init__(self, path: Path, *, repairs: bool = True) -> None:
        self.path = path
        self.moved_aside: Path | None = None
        """Where a ledger that could not be read was put; the new one starts empty."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                is_busy = error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                remedy = "Close what uses it" if is_busy else "Free space or make the folder writable"
                raise LedgerError(f"{path}: {error}. {remedy}.") from error
            if not repairs:
                raise LedgerError(f"{path}: {error}. At the next start it is put aside and a new one begun.") from error
            self.moved_aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            for suffix in ("", "-wal", "-shm"):
                broken = path.with_name(path.name + suffix)
                if broken.exists():
                    broken.rename(self.moved_aside.with_name(self.moved_aside.name + suffix))
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        made = os.open(self.path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
        os.close(made)
        database = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        try:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise LedgerError(
                    f"{self.path}: written by a newer version ({version}, this one knows {SCHEMA_VERSION}). "
                    "Update Agent Tray; nothing was changed."
                )
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            if version < SCHEMA_VERSION:
                steps = [_SCHEMA, *_MIGRATIONS][version:]
                script = f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
                database.executescript(script)
            database.execute("SELECT count(*) FROM waits").fetchone()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextlib.contextmanager
    def _all_or_none(self) -> Iterator[None]:
        """Put all that is written within on disk when it ends well, none of it otherwise."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself: on a full disk it does. A failed COMMIT leaves all pending.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _write(self, statement: str, *values: str | int | None) -> int:
        """Run *statement* and return how many rows it touched. What agents send may hold what is no Unicode."""
        plain = [_plain(value) if isinstance(value, str) else value for value in values]
        return self._db.execute(statement, plain).rowcount

    # -- waits and decisions ---------------------------------------------------------------------------------------

    def note_opened(
        self, request: str, session: str, agent: str, kind: str, tool: str, project: str, at: datetime
    ) -> None:
        """Write down a request; one that is known is left as it is, but open again unless it was ever decided.

        Some agents ask a tray that comes later the same as before, under the same name.
        """
        self._write(
            "INSERT INTO waits (request, session, agent, kind, tool, project, opened_at) VALUES (?,?,?,?,?,?,?)"
            " ON CONFLICT (request) DO UPDATE SET state='open', closed_at=NULL, how=NULL"
            " WHERE state='closed' AND answered_at IS NULL",
            *(request, session, agent, kind, tool, project, _stamp(at)),
        )

    def note_seen(self, request: str, at: datetime) -> None:
        """Write down when a person first had a request before them."""
        self._write("UPDATE waits SET first_seen_at=? WHERE request=? AND first_seen_at IS NULL", _stamp(at), request)

    def note_closed(self, request: str, at: datetime, how: str) -> None:
        """Write down that a request is open no more."""
        self._write(
            "UPDATE waits SET closed_at=?, how=?, state='closed' WHERE request=? AND closed_at IS NULL",
            *(_stamp(at), how, request),
        )

    def decide(self, decision: Decision) -> None:
        """Put *decision* on disk, once; when this returns, the answer may leave.

        Raises AlreadyDecidedError for a second decision about the request, LedgerError when nothing can be written.
        """
        try:
            with self._all_or_none():
                self._append(decision)
        except sqlite3.IntegrityError as error:
            raise AlreadyDecidedError(decision.request) from error
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: {error}") from error

    def _append(self, decision: Decision) -> None:
        changed = self._write(
            "UPDATE waits SET state='answered', answered_at=?, surface=? WHERE request=? AND state='open'",
            *(_stamp(decision.at), decision.surface, decision.request),
        )
        if changed != 1:
            if self._db.execute("SELECT 1 FROM waits WHERE request=?", (_plain(decision.request),)).fetchone() is None:
                # Its own entry was lost, on a disk that was full then: that is no answer given before.
                raise LedgerError(f"{self.path}: a request is not on record")
            raise AlreadyDecidedError(decision.request)
        last = self._db.execute("SELECT number, hash FROM decisions ORDER BY number DESC LIMIT 1").fetchone()
        number, previous = (last[0] + 1, last[1]) if last is not None else (1, GENESIS)
        fields = _fields(decision)
        self._write(
            "INSERT INTO decisions"
            " (number, at, request, session, verdict, digest, answer_digest, surface, previous, hash)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            *(number, *fields, previous, _link(number, fields, previous)),
        )

    def verify(self) -> str:
        """Check the chain of decisions; empty when it is whole, else what is wrong."""
        previous, expected = GENESIS, 1
        rows = self._db.execute(
            "SELECT number, at, request, session, verdict, digest, answer_digest, surface, previous, hash"
            " FROM decisions ORDER BY number"
        )
        for number, *fields, recorded_previous, recorded in rows:
            if number != expected:
                return f"decision {expected} is missing"
            if recorded_previous != previous or recorded != _link(number, tuple(fields), previous):
                return f"decision {number} was changed after it was written"
            previous, expected = recorded, expected + 1
        answered = self._db.execute("SELECT count(*) FROM waits WHERE answered_at IS NOT NULL").fetchone()[0]
        if answered > expected - 1:
            return f"{answered} requests were answered, {expected - 1} decisions are on record"
        return ""

    def count_decisions(self) -> int:
        """How many decisions are on record."""
        return int(self._db.execute("SELECT count(*) FROM decisions").fetchone()[0])

    # -- the rest --------------------------------------------------------------------------------------------------

    def note_raised(self, key: str, kind: str, at: datetime) -> None:
        """Write down that a notification was shown."""
        self._write("INSERT INTO notices (key, class, raised_at) VALUES (?,?,?)", key, kind, _stamp(at))

    def note_withdrawn(self, key: str, at: datetime) -> None:
        """Write down that a notification was taken back."""
        self._write("UPDATE notices SET withdrawn_at=? WHERE key=? AND withdrawn_at IS NULL", _stamp(at), key)

    def note_acted(self, key: str, at: datetime) -> None:
        """Write down that a person used a notification."""
        self._write("UPDATE notices SET acted_at=? WHERE key=? AND acted_at IS NULL", _stamp(at), key)

    def save_shown(self, server: str, ids: Iterable[int]) -> None:
        """Remember which notifications stand on the screen, in place of those before."""
        with self._all_or_none():
            self._write("DELETE FROM shown")
            for shown_id in ids:
                self._write("INSERT INTO shown (server, id) VALUES (?,?)", server, shown_id)

    def shown(self) -> tuple[str, frozenset[int]]:
        """Which notifications stood on the screen when this was last written, and the server that showed them."""
        rows = self._db.execute("SELECT server, id FROM shown").fetchall()
        return (rows[0][0] if rows else "", frozenset(shown_id for _, shown_id in rows))

    def save_seen(self, session: str, at: datetime) -> None:
        """Remember when the person looked at a session."""
        self._write(
            "INSERT INTO sessions (session, seen_at) VALUES (?,?)"
            " ON CONFLICT (session) DO UPDATE SET seen_at=excluded.seen_at",
            *(session, _stamp(at)),
        )

    def save_name(self, session: str, name: str) -> None:
        """Remember what the person calls a session."""
        self._write(
            "INSERT INTO sessions (session, name) VALUES (?,?) ON CONFLICT (session) DO UPDATE SET name=excluded.name",
            *(session, name or None),
        )

    def save_task(self, session: str, task: str) -> None:
        """Remember which task the person put a session into."""
        self._write(
            "INSERT INTO sessions (session, task) VALUES (?,?) ON CONFLICT (session) DO UPDATE SET task=excluded.task",
            *(session, task or None),
        )

    def tasks(self) -> dict[str, str]:
        """Which task the person put sessions into."""
        return dict(self._db.execute("SELECT session, task FROM sessions WHERE task IS NOT NULL"))

    def names(self) -> dict[str, str]:
        """What the person calls sessions."""
        return dict(self._db.execute("SELECT session, name FROM sessions WHERE name IS NOT NULL"))

    def seen(self) -> dict[str, datetime]:
        """When the person last looked at sessions."""
        rows = self._db.execute("SELECT session, seen_at FROM sessions WHERE seen_at IS NOT NULL")
        return {session: datetime.fromisoformat(at) for session, at in rows}

    def cursors(self) -> dict[str, dict[str, object]]:
        """How far each transcript was read."""
        return {path: json.loads(state) for path, state in self._db.execute("SELECT path, state FROM cursors")}

    def save_cursors(self, cursors: Mapping[str, Mapping[str, object]]) -> None:
        """Remember how far transcripts were read, all or none."""
        with self._all_or_none():
            for path, state in cursors.items():
                self._write(
                    "INSERT INTO cursors (path, state) VALUES (?,?)"
                    " ON CONFLICT (path) DO UPDATE SET state=excluded.state",
                    *(path, json.dumps(state)),
                )

    def waited(self, since: datetime, now: datetime) -> tuple[float, int]:
        """Seconds that sessions stood blocked since then, and how many notifications were shown."""
        total = 0.0
        rows = self._db.execute(
            "SELECT opened_at, coalesce(answered_at, closed_at) AS ended FROM waits WHERE ended IS NULL OR ended >= ?",
            (_stamp(since),),
        )
        for opened, ended in rows:
            until = datetime.fromisoformat(ended) if ended else now
            total += max(0.0, (until - max(since, datetime.fromisoformat(opened))).total_seconds())
        shown = self._db.execute("SELECT count(*) FROM notices WHERE raised_at >= ?", (_stamp(since),)).fetchone()[0]
        return total, int(shown)

    def close_left_open(self, at: datetime) -> None:
        """Close what an earlier run left open: whether it still waits, the agents will say."""
        self._write(
            "UPDATE waits SET closed_at=?, how='the tray ended', state='closed' WHERE closed_at IS NULL", _stamp(at)
        )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _plain(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _fields(decision: Decision) -> tuple[str, ...]:
    fields = (
        _stamp(decision.at),
        decision.request,
        decision.session,
        decision.verdict,
        decision.digest,
        decision.answer_digest,
        decision.surface,
    )
    return tuple(map(_plain, fields))  # as they are read back: the hash is over these


def _link(number: int, fields: tuple[str, ...], previous: str) -> str:
    return hashlib.sha256(json.dumps([number, *fields, previous]).encode()).hexdigest()
