"""Its own tables, filled as it fills them, read with our queries."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desktop.agents.goose_database import DATABASE, KIND, read_records, read_session
from desktop.domain.agent import Row, StoredSession
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import session_id
from desktop.domain.session import Claim, NameSource
from tests.helpers import recorded

NATIVE = "20261130_1"
SESSION = session_id(KIND, NATIVE)
SCHEMA = recorded.DATA / "goose" / "1.52.0" / "database" / "schema.sql"
BEGAN = datetime(2026, 11, 30, 18, 45, 58, tzinfo=UTC)
SECOND = int(BEGAN.timestamp())


class Store:
    """A database as the agent leaves it."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(SCHEMA.read_text())

    def session(self, native: str = NATIVE, **columns: object) -> None:
        self._insert(
            "sessions",
            {
                "id": native, "name": "Fix the till", "working_dir": "/home/dev/shop",
                "created_at": "2026-11-30 18:45:58", "updated_at": "2026-11-30 18:46:16",
                "model_config_json": '{"model_name":"m"}', **columns,
            },
        )  # fmt: skip

    def message(self, role: str, *parts: object, after_s: int = 0, shown: bool = True) -> None:
        row = {
            "session_id": NATIVE, "role": role, "content_json": json.dumps(parts),
            "created_timestamp": SECOND + after_s, "metadata_json": json.dumps({"userVisible": shown}),
        }  # fmt: skip
        self._insert("messages", row)

    def says(self, role: str, words: str, after_s: int = 0, *, shown: bool = True) -> None:
        self.message(role, {"type": "text", "text": words}, after_s=after_s, shown=shown)

    def calls(self, tool: str, after_s: int = 1, **given: object) -> None:
        value = {"status": "success", "value": {"name": tool, "arguments": given}}
        self.message("assistant", {"type": "toolRequest", "id": "c1", "toolCall": value}, after_s=after_s)

    def returns(self, after_s: int = 2, **value: object) -> None:
        result = {"status": "success", "value": value}
        self.message("user", {"type": "toolResponse", "id": "c1", "toolResult": result}, after_s=after_s)

    def read(self) -> list[Event]:
        return read_records(SESSION, self.rows(DATABASE.records, session=NATIVE))

    def listed(self, since: float = 0) -> list[StoredSession | None]:
        return [read_session(row) for row in self.rows(DATABASE.sessions, since=int(since * 1000))]

    def rows(self, query: str, **given: object) -> list[Row]:
        return [dict(row) for row in self.connection.execute(query, {"limit": 80, **given})]

    def _insert(self, table: str, row: dict[str, object]) -> None:
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.connection.close()


def test_a_conversation_is_listed_with_its_name_directory_model_and_times(store: Store) -> None:
    store.session()
    store.says("user", "hello")

    (found,) = store.listed()

    assert found is not None
    assert (found.native, found.cwd, found.started_at) == (NATIVE, "/home/dev/shop", BEGAN)
    (described,) = found.events
    assert isinstance(described, SessionDescribed)
    assert (described.name, described.model) == ((NameSource.TITLE, "Fix the till"), "m")


def test_one_without_a_message_rests(store: Store) -> None:
    store.session(name="CLI Session", model_config_json="not json")

    (found,) = store.listed()

    assert found is not None
    described, given = found.events
    assert isinstance(described, SessionDescribed)
    assert (described.name, described.model) == (None, None)
    assert isinstance(given, EvidenceGiven)
    assert given.evidence.claim is Claim.RESTING


def test_old_ones_archived_ones_and_those_of_helpers_are_left_out(store: Store) -> None:
    store.session("helper", parent_session_id=NATIVE)
    store.session("archived", archived_at="2026-11-30 18:47:00")
    store.session("errand", session_type="hidden")
    store.session("old", updated_at="2026-11-29 18:46:16")
    store.session("odd", created_at="no time")

    assert store.listed(SECOND) == [None]


def test_a_prompt_begins_a_turn_and_words_end_it(store: Store) -> None:
    store.says("user", "tidy up")
    store.says("user", "<turn-context>…", shown=False)

    assert [event for event in store.read() if isinstance(event, TurnStarted | TurnFinished)] == [
        TurnStarted(SESSION, BEGAN, "tidy up")
    ]

    store.says("assistant", "Done.", 3)

    (finished,) = (event for event in store.read() if isinstance(event, TurnFinished))
    assert (finished.last_words, finished.at) == ("Done.", datetime.fromtimestamp(SECOND + 3, UTC))


def test_a_call_runs_until_its_result_stands(store: Store) -> None:
    store.says("user", "tidy up")
    store.calls("shell", command="make clean")

    started = store.read()
    store.returns(content=[])
    ended = store.read()

    assert [event.text for event in started if isinstance(event, ActivitySeen)] == ["shell make clean"]
    assert [event.call.id for event in started if isinstance(event, ToolCallStarted)] == ["c1"]
    assert [event.call for event in ended if isinstance(event, ToolCallEnded)] == ["c1"]
    assert not any(isinstance(event, TurnFinished) for event in ended)


@pytest.mark.parametrize(
    ("tool", "value", "paths"),
    [
        ("write", {}, [("a.txt",)]),
        ("edit", {"isError": True}, []),
        ("read", {}, []),
    ],
)
def test_a_file_that_was_written_is_told(
    store: Store, tool: str, value: dict[str, object], paths: list[tuple[str]]
) -> None:
    store.says("user", "write it")
    store.calls(tool, path="a.txt")
    store.returns(**value)

    assert [event.paths for event in store.read() if isinstance(event, FilesChanged)] == paths


def test_what_nobody_can_read_means_nothing(store: Store) -> None:
    assert store.read() == []

    store.connection.execute(
        "INSERT INTO messages (session_id, role, content_json, created_timestamp, metadata_json)"
        f" VALUES ('{NATIVE}', 'user', 'not json', 1, 'nor this')"
    )
    store.message("user", "words alone", {"type": "toolResponse"})

    assert store.read() == []
    assert read_session({}) is None
