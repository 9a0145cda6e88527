"""Watching without a tray: real sessions, no trace of the look left behind."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from desktop.app import headless as headless_module
from desktop.app.headless import Headless
from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.storage import paths
from tests.fakes import asking_agent
from tests.fakes.fake_agent_record import Started


class Seen(Exception):
    """Ends a look that would go on for ever."""


@pytest.fixture
def agent(home_of_its_own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    monkeypatch.setattr(headless_module, "load_agents", lambda: (asking_agent.AGENT,))
    (tmp_path / "shop").mkdir()
    started = Started(home_of_its_own / ".fake", "one", tmp_path / "shop")
    yield started
    started.close()


@pytest.fixture
def headless(agent: Started) -> Iterator[Headless]:
    made = Headless()
    made.start()
    yield made
    made.stop()


def phases(board: Board) -> dict[str, Phase]:
    return {row.session: row.phase for row in board.rows}


def test_the_first_look_sees_what_runs(headless: Headless, agent: Started) -> None:
    board = headless.first_look()

    assert list(phases(board)) == ["fake:one"]
    assert board.rows[0].pid == agent.pid


def test_the_first_look_is_short_though_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headless_module, "load_agents", lambda: (asking_agent.AGENT,))
    headless = Headless()
    headless.start()
    begun = time.monotonic()

    board = headless.first_look()

    assert board.rows == ()
    assert time.monotonic() - begun < 5
    headless.stop()


def test_following_tells_changes_as_they_come(headless: Headless, agent: Started) -> None:
    seen: list[Phase] = []

    def changed(board: Board, now: datetime) -> None:
        assert now.tzinfo is not None
        phase = phases(board).get("fake:one")
        if phase is not None and (not seen or seen[-1] is not phase):
            seen.append(phase)
            if phase is Phase.WORKING:
                agent.kill()
            else:
                agent.does("status", "busy") if phase is not Phase.ENDED else None
        if phase is Phase.ENDED:
            raise Seen

    with pytest.raises(Seen):
        headless.follow(changed)

    assert seen[-2:] == [Phase.WORKING, Phase.ENDED]


def test_a_look_leaves_nothing_on_disk_and_no_thread(agent: Started) -> None:
    before = threading.active_count()
    headless = Headless()
    headless.start()
    headless.first_look()

    headless.stop()

    assert threading.active_count() == before
    places = paths.places()
    assert not any(place.exists() for place in (places.ledger, places.settings, places.state, places.relay))
