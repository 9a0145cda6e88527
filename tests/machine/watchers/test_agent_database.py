"""Real database files, written by somebody else while we read."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.domain.agent import Agent, AgentDatabase, Row, StoredSession
from desktop.domain.events import ActivitySeen
from desktop.domain.ids import AgentKind, SessionId
from desktop.watchers import agent_database
from desktop.watchers.agent_database import Databases, place_of

AT = datetime(2026, 11, 24, tzinfo=UTC)
SESSION = SessionId("fake:one")


def _session(row: Row) -> StoredSession | None:
    return StoredSession(str(row["id"]), "/home/dev", AT, AT) if row["id"] != "bad" else None


DATABASE = AgentDatabase(
    places=("$FAKE_DATA/store.db", "~/store.db"),
    sessions="SELECT id FROM session WHERE changed >= :since ORDER BY changed DESC LIMIT :limit",
    records="SELECT words FROM record WHERE session = :session ORDER BY rowid DESC LIMIT :limit",
    read_session=_session,
    read_records=lambda session, rows: [ActivitySeen(session, AT, str(row["words"])) for row in rows],
)
AGENT = Agent(kind=AgentKind("fake"), label="Fake", database=DATABASE)


class Writer:
    """The agent, with its database open."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self("PRAGMA journal_mode=WAL")
        self("CREATE TABLE session (id TEXT, changed INTEGER)")
        self("CREATE TABLE record (session TEXT, words TEXT)")
        self("INSERT INTO session VALUES ('one', 1000)")

    def __call__(self, statement: str) -> None:
        self.connection.execute(statement)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path / "store.db")
    yield writer
    writer.connection.close()


@pytest.fixture
def skipped() -> list[int]:
    return []


@pytest.fixture
def databases(skipped: list[int]) -> Databases:
    return Databases(lambda kind, version, count: skipped.append(count))


def words(databases: Databases, writer: Writer, agent: Agent = AGENT) -> list[str]:
    told = databases.news(agent, writer.path, SESSION, "one")
    return [event.text for event in told if isinstance(event, ActivitySeen)]


def test_a_conversation_is_read_while_the_agent_writes(databases: Databases, writer: Writer) -> None:
    writer("INSERT INTO record VALUES ('one', 'hello')")

    assert [each.native for each in databases.sessions(AGENT, writer.path, 0)] == ["one"]
    assert words(databases, writer) == ["hello"]


def test_nothing_is_told_twice(databases: Databases, writer: Writer) -> None:
    writer("INSERT INTO record VALUES ('one', 'hello')")
    words(databases, writer)

    assert words(databases, writer) == []
    writer("INSERT INTO record VALUES ('another', 'x')")
    assert words(databases, writer) == []
    writer("INSERT INTO record VALUES ('one', 'again')")
    assert words(databases, writer) == ["again", "hello"]


def test_an_unchanged_database_is_not_opened(
    databases: Databases, writer: Writer, skipped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    databases.sessions(AGENT, writer.path, 0)

    monkeypatch.setattr(sqlite3, "connect", None)

    assert [each.native for each in databases.sessions(AGENT, writer.path, 0)] == ["one"]
    assert skipped == []


def test_reading_leaves_no_trace(databases: Databases, writer: Writer, tmp_path: Path) -> None:
    def seen() -> list[tuple[str, int, int]]:
        return [(each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in sorted(tmp_path.iterdir())]

    before = seen()
    databases.sessions(AGENT, writer.path, 0)
    words(databases, writer)

    assert seen() == before


def test_a_closed_database_is_not_opened_for_writing(databases: Databases, writer: Writer, tmp_path: Path) -> None:
    writer.connection.close()

    databases.sessions(AGENT, writer.path, 0)

    assert [each.name for each in tmp_path.iterdir()] == ["store.db"]


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_database_is_counted_and_nothing_more(
    databases: Databases, skipped: list[int], tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(damage)

    assert databases.sessions(AGENT, str(path), 0) == ()
    assert databases.news(AGENT, str(path), SESSION, "one") == ()
    assert skipped == [1, 1]


def test_tables_of_the_future_are_counted_and_nothing_more(
    databases: Databases, writer: Writer, skipped: list[int]
) -> None:
    writer("ALTER TABLE record RENAME COLUMN words TO phrases")

    assert words(databases, writer) == []
    assert skipped == [1]


def test_a_locked_database_is_counted_and_read_with_the_next_change(
    databases: Databases, writer: Writer, skipped: list[int]
) -> None:
    writer("PRAGMA journal_mode=DELETE")
    writer("INSERT INTO record VALUES ('one', 'hello')")
    writer("BEGIN EXCLUSIVE")

    assert words(databases, writer) == []
    assert skipped == [1]
    writer("INSERT INTO record VALUES ('one', 'more')")
    writer("COMMIT")
    assert words(databases, writer) == ["more", "hello"]


def test_a_query_that_never_ends_is_given_up(databases: Databases, writer: Writer, skipped: list[int]) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS words FROM n"
    agent = replace(AGENT, database=replace(DATABASE, records=endless + " WHERE :session <> '' AND :limit > 0"))

    assert words(databases, writer, agent) == []
    assert skipped == [1]


def test_no_more_rows_are_taken_than_are_bearable(databases: Databases, writer: Writer) -> None:
    agent = replace(AGENT, database=replace(DATABASE, records="SELECT words FROM record WHERE session = :session"))
    for _ in range(agent_database.MOST_RECORDS + 20):
        writer("INSERT INTO record VALUES ('one', 'x')")

    assert len(databases.news(agent, writer.path, SESSION, "one")) == agent_database.MOST_RECORDS


def test_a_link_or_another_thing_in_its_place_is_not_read(databases: Databases, writer: Writer, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(writer.path)

    assert databases.sessions(AGENT, str(link), 0) == ()
    assert databases.sessions(AGENT, str(tmp_path), 0) == ()


def test_rows_that_cannot_be_read_are_counted(databases: Databases, writer: Writer, skipped: list[int]) -> None:
    writer("INSERT INTO session VALUES ('bad', 2000)")
    writer("INSERT INTO session VALUES ('../x', 3000)")

    assert [each.native for each in databases.sessions(AGENT, writer.path, 0)] == ["one"]
    assert skipped == [1, 1]


def test_what_nobody_follows_is_forgotten_and_told_anew(databases: Databases, writer: Writer) -> None:
    writer("INSERT INTO record VALUES ('one', 'hello')")
    words(databases, writer)

    databases.keep_only(())

    assert words(databases, writer) == ["hello"]


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"FAKE_DATA": "/data", "HOME": "/home/dev"}, "/data/store.db"),
        ({"HOME": "/home/dev"}, "/home/dev/store.db"),
        ({"FAKE_DATA": "data", "HOME": "/home/dev"}, "/home/dev/store.db"),
    ],
)
def test_its_place_is_the_first_that_the_environment_names(environment: dict[str, str], path: str) -> None:
    assert place_of(DATABASE, environment) == os.path.normpath(path)
