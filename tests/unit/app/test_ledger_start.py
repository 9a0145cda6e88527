"""Opening the ledger at start, and what is said when it stays shut."""

import sqlite3

import pytest

from desktop.app.ledger_start import open_ledger
from desktop.app.scribe import PART
from desktop.domain.events import HealthReported
from desktop.storage import paths
from desktop.storage.ledger import Ledger
from tests.fakes.hook_agent import Events


@pytest.fixture
def events() -> Events:
    return Events()


def test_a_ledger_is_opened_without_a_word(events: Events) -> None:
    ledger = open_ledger(events)

    assert ledger is not None
    assert ledger.path == paths.places().ledger
    assert events.all == []
    ledger.close()


def test_fault_20_a_ledger_that_could_not_be_read_is_said_to_have_been_put_aside(events: Events) -> None:
    place = paths.places().ledger
    place.parent.mkdir(parents=True)
    place.write_bytes(b"not a ledger" * 1000)

    ledger = open_ledger(events)

    assert ledger is not None
    told = events.wait(HealthReported)
    assert str(ledger.moved_aside) in told.text
    assert told.part != PART  # the new one works: its first good entry must not wipe this away
    assert told.remedy == "A new, empty one is in use."
    ledger.close()


@pytest.mark.logs_errors
def test_fault_22_a_newer_ledger_stays_shut_and_the_window_says_why(events: Events) -> None:
    Ledger(paths.places().ledger).close()
    with sqlite3.connect(paths.places().ledger) as other:
        other.execute("PRAGMA user_version=9")
    other.close()

    assert open_ledger(events) is None
    told = events.wait(HealthReported)
    assert (told.part, told.remedy) == (PART, "Until then answers are given in the terminals.")
    assert "newer version" in told.text


@pytest.mark.logs_errors
def test_a_place_that_cannot_be_made_is_said_too(events: Events) -> None:
    state = paths.places().state
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("a file in the place of our folder")

    assert open_ledger(events) is None
    assert str(state) in events.wait(HealthReported).text
