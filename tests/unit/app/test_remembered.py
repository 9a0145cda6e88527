"""Places in transcripts, and what stands on the screen, over restarts, in a ledger on disk."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app.remembered import ForgetfulCursors, LedgerCursors, screen_memory
from desktop.app.scribe import Scribe
from desktop.storage.ledger import Ledger
from desktop.watchers.log_tail import Checkpoint
from tests.fakes.hook_agent import Events

AT_7 = Checkpoint(device=1, inode=2, prefix_length=3, prefix_hash="ab", offset=7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def cursors(path: Path, events: Events) -> Iterator[tuple[LedgerCursors, Scribe]]:
    ledger = Ledger(path)
    scribe = Scribe(ledger, events, lambda: datetime.now(UTC))
    scribe.start()
    yield LedgerCursors(ledger, scribe), scribe
    scribe.stop(5)


def loaded(path: Path) -> dict[str, Checkpoint]:
    """What a later start finds."""
    ledger = Ledger(path)
    found = LedgerCursors(ledger, Scribe(ledger, Events(), lambda: datetime.now(UTC))).load()
    ledger.close()
    return dict(found)


def test_a_place_is_found_again_after_a_restart(path: Path, cursors: tuple[LedgerCursors, Scribe]) -> None:
    assert cursors[0].load() == {}

    cursors[0].save({"/a.jsonl": AT_7})
    cursors[1].stop(5)

    assert loaded(path) == {"/a.jsonl": AT_7}


@pytest.mark.parametrize(
    "state",
    [
        "{}",
        '{"device": 1}',
        '{"device": "1", "inode": 2, "prefix_length": 3, "prefix_hash": "ab", "offset": 7}',
        '{"device": 1, "inode": 2, "prefix_length": 3, "prefix_hash": "ab", "offset": 7, "of a later version": 1}',
    ],
)
def test_a_place_that_makes_no_sense_is_forgotten_and_the_others_are_kept(path: Path, state: str) -> None:
    ledger = Ledger(path)
    ledger.save_cursors({"/good": {"device": 1, "inode": 2, "prefix_length": 3, "prefix_hash": "ab", "offset": 7}})
    ledger.close()
    with sqlite3.connect(path) as other:
        other.execute("INSERT INTO cursors VALUES ('/bad', ?)", (state,))
    other.close()

    assert loaded(path) == {"/good": AT_7}


@pytest.mark.parametrize("state", ["", "{", "[" * 10])
def test_a_row_that_is_no_json_costs_the_places_and_nothing_else(
    path: Path, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as other:
        other.execute("INSERT INTO cursors VALUES ('/bad', ?)", (state,))
    other.close()

    assert loaded(path) == {}
    assert "read from their ends again" in caplog.text


@pytest.mark.parametrize("state", ["[]", "3", '"x"', "null"])
def test_a_row_of_another_shape_is_forgotten(path: Path, state: str) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as other:
        other.execute("INSERT INTO cursors VALUES ('/bad', ?)", (state,))
    other.close()

    assert loaded(path) == {}


def test_a_look_without_a_tray_keeps_nothing() -> None:
    cursors = ForgetfulCursors()

    cursors.save({"/a.jsonl": AT_7})

    assert cursors.load() == {}


# -- what stands on the screen


@pytest.fixture
def scribe(path: Path, events: Events) -> Iterator[tuple[Ledger, Scribe]]:
    ledger = Ledger(path)
    scribe = Scribe(ledger, events, lambda: datetime.now(UTC))
    yield ledger, scribe
    scribe.stop(5)


def left(path: Path, server: str = "bus :1.5") -> frozenset[int]:
    """What a later start finds left on the screen."""
    ledger = Ledger(path)
    found = screen_memory(ledger, Scribe(ledger, Events(), lambda: datetime.now(UTC))).left_on(server)
    ledger.close()
    return found


def test_what_stands_on_the_screen_is_found_again_after_a_restart(path: Path, scribe: tuple[Ledger, Scribe]) -> None:
    memory = screen_memory(*scribe)
    scribe[1].start()

    memory.note("bus :1.5", frozenset({7, 8}))
    scribe[1].stop(5)

    assert left(path) == {7, 8}
    assert left(path, "bus :1.6") == frozenset()


def test_what_was_taken_back_is_not_found_again(path: Path, scribe: tuple[Ledger, Scribe]) -> None:
    memory = screen_memory(*scribe)
    scribe[1].start()

    memory.note("bus :1.5", frozenset({7, 8}))
    memory.note("bus :1.5", frozenset())
    scribe[1].stop(5)

    assert left(path) == frozenset()


def test_a_ledger_that_cannot_say_what_was_left_costs_only_that(path: Path, scribe: tuple[Ledger, Scribe]) -> None:
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE shown")
        other.execute("CREATE TABLE shown (other TEXT)")
    other.close()

    assert screen_memory(*scribe).left_on("bus :1.5") == frozenset()
    scribe[1].start()


def test_without_a_ledger_nothing_is_left(events: Events) -> None:
    memory = screen_memory(None, Scribe(None, events, lambda: datetime.now(UTC)))
    memory.note("bus :1.5", frozenset({7}))

    assert events.all == []
    assert memory.left_on("bus :1.5") == {7}
