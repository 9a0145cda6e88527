"""Cursors of transcripts over restarts, in a ledger on disk."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app.remembered import ForgetfulCursors, LedgerCursors
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
