"""Which process shows which conversation of a database."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import Agent, AgentDatabase, StoredSession
from desktop.domain.events import ActivitySeen, Event, SessionDescribed
from desktop.domain.ids import AgentKind, SessionId
from desktop.watchers.process_scan import Process
from desktop.watchers.runner import Runner
from desktop.watchers.stored_sessions import StoredSessions

KIND = AgentKind("fake")
AGENT = Agent(
    kind=KIND,
    label="Fake",
    database=AgentDatabase(("~/x.db",), "", "", lambda row: None, lambda session, rows: []),
)
NOW = time.time()


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


@dataclass
class Table:
    """Processes that all began when they were told to."""

    begun: dict[int, float] = field(default_factory=dict)
    cwds: dict[int, str] = field(default_factory=dict)

    def begun_at(self, pid: int) -> float:
        return NOW + self.begun[pid]

    def cwd(self, pid: int) -> str:
        return self.cwds.get(pid, "/shop")

    def environment(self, pid: int) -> Mapping[str, str]:
        return {"HOME": "/home/dev"}

    def look(self, pid: int) -> Process | None:
        return None


class Shelf:
    """A database with these conversations."""

    def __init__(self) -> None:
        self.stored: list[StoredSession] = []

    def sessions(self, agent: Agent, path: str, since: float) -> tuple[StoredSession, ...]:
        return tuple(self.stored)

    def news(self, agent: Agent, path: str, session: SessionId, native: str) -> tuple[Event, ...]:
        return (ActivitySeen(session, at(0), f"news of {native}"),)

    def keep_only(self, sessions: object) -> None:
        pass


class Desk:
    """The thing under test, with all that it touches."""

    def __init__(self) -> None:
        self.table, self.shelf = Table(), Shelf()
        self.events: list[Event] = []
        self.left: list[str] = []
        self.told: dict[int, list[SessionId]] = {}
        self.runners: list[Runner] = []
        self.stored = StoredSessions(
            self.table,  # type: ignore[arg-type]
            self.shelf,  # type: ignore[arg-type]
            self.events.append,
            lambda session, runner, why: self.left.append(session),
            lambda pid: self.told.get(pid, []),
        )

    def runs(self, pid: int, begun: float = 0.0, cwd: str = "/shop", *, is_host: bool = False) -> Runner:
        self.table.begun[pid], self.table.cwds[pid] = begun, cwd
        runner = Runner(AGENT, pid, "1", "", 0.0, NOW + begun, is_listed=True, is_host=is_host)
        self.runners.append(runner)
        return runner

    def stores(self, native: str, begun: float, changed: float | None = None, cwd: str = "/shop") -> None:
        described = SessionDescribed(SessionId(f"fake:{native}"), KIND, at(0))
        changed = begun if changed is None else changed
        self.shelf.stored = [each for each in self.shelf.stored if each.native != native]
        self.shelf.stored.append(StoredSession(native, cwd, at(begun), at(changed), (described,)))

    def looks(self) -> list[str]:
        self.stored.look(self.runners)
        return [runner.native for runner in self.runners]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_process_without_a_conversation_stands_for_itself(desk: Desk) -> None:
    runner = desk.runs(7)

    assert desk.looks() == [""]
    assert runner.sessions() == {"fake:pid-7"}


def test_a_process_shows_what_was_begun_after_it(desk: Desk) -> None:
    desk.runs(7)
    desk.looks()
    desk.stores("one", 5)

    assert desk.looks() == ["one"]
    assert desk.left == ["fake:pid-7"]
    assert ActivitySeen(SessionId("fake:one"), at(0), "news of one") in desk.events


def test_what_was_left_before_it_began_is_not_its_own(desk: Desk) -> None:
    desk.runs(7)
    desk.stores("old", -500, -400)

    assert desk.looks() == [""]


def test_an_old_conversation_that_was_taken_up_again_is_its_own(desk: Desk) -> None:
    desk.runs(7)
    desk.stores("old", -500, 10)

    assert desk.looks() == ["old"]


def test_alone_in_its_directory_it_goes_on_to_the_next(desk: Desk) -> None:
    desk.runs(7)
    desk.stores("one", 5)
    desk.looks()
    desk.stores("two", 20)

    assert desk.looks() == ["two"]
    assert desk.left == ["fake:one"]


def test_two_of_one_directory_keep_what_each_began(desk: Desk) -> None:
    desk.runs(7)
    desk.runs(8, 10)
    desk.stores("first", 5)
    desk.looks()
    desk.stores("second", 20)
    desk.stores("first", 5, 30)

    assert desk.looks() == ["first", "second"]


def test_another_directory_is_another_conversation(desk: Desk) -> None:
    desk.runs(7)
    desk.stores("there", 5, cwd="/elsewhere")

    assert desk.looks() == [""]


def test_what_a_process_says_of_itself_is_believed_first(desk: Desk) -> None:
    desk.runs(7)
    desk.runs(8)
    desk.stores("one", 5)
    desk.stores("two", 6)
    desk.told[8] = [SessionId("fake:pid-8"), SessionId("fake:one")]

    assert desk.looks() == ["two", "one"]


def test_a_process_that_has_only_said_that_it_lives_is_looked_for(desk: Desk) -> None:
    desk.runs(7)
    desk.told[7] = [SessionId("fake:pid-7")]
    desk.stores("one", 5)

    assert desk.looks() == ["one"]


def test_a_process_that_serves_others_shows_none(desk: Desk) -> None:
    desk.runs(7, is_host=True)
    desk.stores("one", 5)

    assert desk.looks() == [""]
    assert desk.events == []


def test_a_name_is_told_once(desk: Desk) -> None:
    desk.runs(7)
    desk.stores("one", 5)
    desk.looks()
    desk.events.clear()

    desk.looks()

    assert not [event for event in desk.events if isinstance(event, SessionDescribed)]
