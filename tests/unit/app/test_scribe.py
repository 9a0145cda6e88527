"""The thread that owns the ledger: what leaves only after it is written, and what is said when it cannot be."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app import scribe as scribe_module
from desktop.app.scribe import NOT_RECORDED, PART, Scribe
from desktop.domain.events import HealthReported
from desktop.storage import ledger as ledger_module
from desktop.storage.ledger import Decision, Ledger
from tests.fakes.hook_agent import Events

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
DECISION = Decision(NOON, "r1", "example:one", "allow", "d", "a", "window")


class Desk:
    """A scribe with a ledger on disk, what it reports, and what became of answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = Events()
        self.ledger = Ledger(path)
        self.scribe = Scribe(self.ledger, self.events, lambda: NOON)
        self.said: list[str] = []
        self.scribe.start()

    def opens(self, request: str = "r1") -> None:
        self.scribe.note(lambda ledger: ledger.note_opened(request, "example:one", "example", "k", "Bash", "p", NOON))

    def decides(self, decision: Decision = DECISION) -> None:
        self.scribe.decide(decision, self.lets_go, self.said.append)

    def lets_go(self) -> None:
        """Note what another program finds on disk at the moment the answer leaves."""
        other = sqlite3.connect(self.path)
        count = other.execute("SELECT count(*) FROM decisions").fetchone()[0]
        other.close()
        self.said.append(f"left with {count} on disk by {threading.current_thread().name}")

    def settles(self) -> None:
        """Wait until all that was given is done."""
        done = threading.Event()
        self.scribe.note(lambda _: done.set())
        assert done.wait(10)

    @property
    def health(self) -> list[str]:
        return [event.text for event in self.events.of(HealthReported) if event.part == PART]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger.sqlite3")
    yield made
    made.scribe.stop(5)


def test_an_answer_leaves_only_when_its_decision_is_on_disk(desk: Desk) -> None:
    desk.opens()
    desk.decides()
    desk.settles()

    assert desk.said == ["left with 1 on disk by scribe"]
    assert desk.health == []


def test_a_second_answer_is_refused_with_a_sentence_and_is_no_illness(desk: Desk) -> None:
    desk.opens()
    desk.decides()
    desk.decides()
    desk.settles()

    assert desk.said[1:] == ["Nothing was sent: this request was already answered."]
    assert desk.health == []


def test_attack_53_no_log_no_allow_while_the_ledger_is_locked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.opens()
    desk.settles()
    desk.ledger._db.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    desk.decides()
    desk.events.wait(HealthReported)
    other.execute("ROLLBACK")
    other.close()
    desk.decides()
    desk.settles()

    assert desk.said == [NOT_RECORDED, "left with 1 on disk by scribe"]
    assert [bool(text) for text in desk.health] == [True, False]
    trouble = desk.events.of(HealthReported)[0]
    assert "database is locked" in trouble.text
    assert trouble.remedy
    assert trouble.at == NOON


def test_a_row_of_failures_is_told_once_and_the_first_success_clears_it(desk: Desk) -> None:
    def fails(_: Ledger) -> None:
        raise OSError("no room")

    for _ in range(3):
        desk.scribe.note(fails)
    desk.settles()
    desk.settles()

    assert desk.health == ["no room", ""]
    assert desk.events.of(HealthReported)[1].remedy == ""


@pytest.mark.logs_errors
def test_a_bug_in_one_entry_does_not_end_the_thread(desk: Desk) -> None:
    desk.scribe.note(lambda ledger: ledger.save_name(1 / 0, "x"))  # type: ignore[arg-type]
    desk.scribe.note(lambda ledger: ledger.save_name("example:one", "Refunds"))
    desk.settles()

    assert desk.ledger.names() == {"example:one": "Refunds"}
    assert desk.health == ["An entry could not be written.", ""]


def test_entries_are_written_in_order_and_all_that_waits_is_written_at_the_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite3")
    for number in range(200):
        desk.scribe.note(lambda ledger, number=number: ledger.save_name("example:one", str(number)))  # type: ignore[misc]

    desk.scribe.stop(10)

    again = Ledger(desk.path)
    assert again.names() == {"example:one": "199"}
    again.close()


def test_ending_closes_the_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "ledger.sqlite3")

    desk.scribe.stop(5)

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        desk.ledger.count_decisions()


def test_without_a_ledger_nothing_is_allowed_and_nothing_is_kept() -> None:
    events = Events()
    said: list[str] = []
    scribe = Scribe(None, events, lambda: NOON)
    scribe.start()

    scribe.note(lambda _: said.append("written"))
    scribe.decide(DECISION, lambda: said.append("left"), said.append)
    scribe.stop(1)

    assert said == [scribe_module.NOT_RECORDED]
    assert events.all == []


def test_the_timeout_of_the_ledger_is_shorter_than_what_a_relay_waits_for() -> None:
    assert ledger_module.BUSY_TIMEOUT_S < 5  # without a sign of life for that long, it lets go
