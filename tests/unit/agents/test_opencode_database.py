"""Its own tables, filled as it fills them, read with our queries."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desktop.agents.opencode_database import DATABASE, read_records, read_session
from desktop.domain.agent import Row
from desktop.domain.events import (
    Event,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import SessionId
from desktop.domain.session import Ending
from tests.helpers import recorded

SESSION = SessionId("opencode:ses_1")
SCHEMA = recorded.DATA / "opencode" / "1.18.33" / "database" / "schema.sql"
BEGAN = 1_795_000_000_000


class Store:
    """A database as the agent leaves it."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(SCHEMA.read_text())
        self.count = 0

    def session(self, native: str, **columns: object) -> None:
        row = {
            "id": native, "project_id": "p", "slug": "s", "directory": "/home/dev/shop", "title": "Fix the till",
            "version": "1.18.33", "time_created": BEGAN, "time_updated": BEGAN + 5, **columns,
        }  # fmt: skip
        self._insert("session", row)

    def message(self, role: str, after_s: float = 0, **data: object) -> str:
        native = f"msg_{self.count:03}"
        at = BEGAN + int(after_s * 1000)
        body = json.dumps({"role": role, "time": {"created": at}, **data})
        self._insert(
            "message", {"id": native, "session_id": "ses_1", "time_created": at, "time_updated": at, "data": body}
        )
        return native

    def said(self, after_s: float, *, finish: str = "", **data: object) -> str:
        at = BEGAN + int(after_s * 1000)
        more = {"finish": finish} if finish else {}
        return self.message("assistant", after_s, **{"time": {"created": at, "completed": at + 500}, **more, **data})

    def part(self, message: str, data: object) -> None:
        body = data if isinstance(data, str) else json.dumps(data)
        row = {"id": f"prt_{self.count:03}", "message_id": message, "session_id": "ses_1", "data": body}
        self._insert("part", {**row, "time_created": BEGAN + self.count, "time_updated": BEGAN})

    def tool(self, message: str, tool: str, status: str, **state: object) -> None:
        self.part(message, {"type": "tool", "tool": tool, "state": {"status": status, **state}})

    def read(self) -> list[Event]:
        return read_records(SESSION, self.rows(DATABASE.records, session="ses_1"))

    def rows(self, query: str, **given: object) -> list[Row]:
        return [dict(row) for row in self.connection.execute(query, {"limit": 80, **given})]

    def _insert(self, table: str, row: dict[str, object]) -> None:
        self.count += 1
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.connection.close()


def ending(events: list[Event]) -> TurnFinished | None:
    return next((event for event in events if isinstance(event, TurnFinished)), None)


def test_conversations_are_listed_with_their_names(store: Store) -> None:
    store.session("ses_1")
    store.session("ses_child", parent_id="ses_1")
    store.session("ses_old", time_updated=BEGAN - 1)
    store.session("ses_away", time_archived=BEGAN)

    found = [read_session(row) for row in store.rows(DATABASE.sessions, since=BEGAN)]

    (only,) = found
    assert only is not None
    assert (only.native, only.cwd) == ("ses_1", "/home/dev/shop")
    (described,) = only.events
    assert isinstance(described, SessionDescribed)
    assert described.name is not None
    assert described.name[1] == "Fix the till"


def test_a_name_that_says_nothing_is_none(store: Store) -> None:
    store.session("ses_1", title="New session - 2026-11-24T03:00:00.000Z")

    (found,) = [read_session(row) for row in store.rows(DATABASE.sessions, since=0)]

    assert found is not None
    assert isinstance(found.events[0], SessionDescribed)
    assert found.events[0].name is None


@pytest.mark.parametrize("changed", [{"id": 7}, {"directory": None}, {"time_created": "x"}, {"time_updated": 0}])
def test_a_conversation_that_cannot_be_read_is_none(changed: dict[str, object]) -> None:
    row = {"id": "ses_1", "directory": "/home/dev", "time_created": BEGAN, "time_updated": BEGAN}

    assert read_session({**row, **changed}) is None


def test_a_turn_that_runs_is_not_over(store: Store) -> None:
    store.part(store.message("user"), {"type": "text", "text": "Fix\nit"})
    reply = store.message("assistant", 1)
    store.tool(reply, "bash", "running", input={"command": "make"})

    events = store.read()

    started = events[0]
    assert isinstance(started, TurnStarted)
    assert (started.prompt, started.at) == ("Fix it", datetime.fromtimestamp(BEGAN / 1000, UTC))
    assert [event.call.tool for event in events if isinstance(event, ToolCallStarted)] == ["bash"]
    assert ending(events) is None


def test_a_turn_that_ended_says_its_last_words(store: Store) -> None:
    store.message("user")
    store.part(store.said(1, finish="stop"), {"type": "text", "text": "Done."})

    finished = ending(store.read())

    assert finished is not None
    assert (finished.ending, finished.last_words) == (Ending.FINISHED, "Done.")


def test_between_two_steps_a_turn_goes_on(store: Store) -> None:
    store.message("user")
    reply = store.said(1, finish="tool-calls")
    store.tool(reply, "write", "completed", input={"filePath": "/home/dev/a"}, time={"end": BEGAN + 900})

    events = store.read()

    assert ending(events) is None
    assert [event.paths for event in events if isinstance(event, FilesChanged)] == [("/home/dev/a",)]
    assert [event for event in events if isinstance(event, ToolCallEnded)]


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("The user rejected permission to use this specific tool call.", True),
        ("The user dismissed this question", True),
        ("The user rejected permission to use this specific tool call with the following feedback: no", False),
        ("exit 1", False),
    ],
)
def test_a_call_refused_without_words_ends_the_turn(store: Store, words: str, ends: bool) -> None:
    store.message("user")
    store.tool(store.said(1, finish="tool-calls"), "bash", "error", error=words)

    finished = ending(store.read())

    assert (finished is not None and finished.ending is Ending.INTERRUPTED) is ends


@pytest.mark.parametrize(
    ("name", "expected", "why"),
    [("APIError", Ending.FAILED, "no credit"), ("MessageAbortedError", Ending.INTERRUPTED, "")],
)
def test_an_error_is_told_from_an_interruption(store: Store, name: str, expected: Ending, why: str) -> None:
    store.message("user")
    store.said(1, error={"name": name, "data": {"message": "no credit"}})

    finished = ending(store.read())

    assert finished is not None
    assert (finished.ending, finished.error) == (expected, why)


def test_only_the_last_turn_counts(store: Store) -> None:
    store.message("user")
    store.said(1, error={"name": "APIError"})
    store.message("user", 2)

    events = store.read()

    assert len(events) == 1
    assert isinstance(events[0], TurnStarted)


def test_a_conversation_without_a_prompt_tells_nothing(store: Store) -> None:
    store.said(1, finish="stop")

    assert store.read() == []


def test_damaged_records_hide_nothing_else(store: Store) -> None:
    store.part(store.message("user"), "{not json")
    store.said(1, finish="stop")

    assert ending(store.read()) is not None


def test_what_the_agent_put_in_itself_is_no_prompt(store: Store) -> None:
    store.part(store.message("user"), {"type": "text", "text": "a file", "synthetic": True})

    (started,) = store.read()

    assert isinstance(started, TurnStarted)
    assert started.prompt == ""
