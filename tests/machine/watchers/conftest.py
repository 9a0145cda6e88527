"""A home for fake agents and a Sight that watches it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.domain.agent import Agent
from desktop.watchers.pace import Pace
from desktop.watchers.sight import Sight
from tests.fakes.fake_agent_record import FAKE, Heard, MemoryCursors, Started

Begin = Callable[..., Sight]
Launch = Callable[..., Started]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The fake agent's default home, not made yet."""
    (tmp_path / "user").mkdir()
    return tmp_path / "user" / ".fake"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory to work in."""
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest.fixture
def heard() -> Heard:
    """All events."""
    return Heard()


@pytest.fixture
def cursors() -> MemoryCursors:
    """Checkpoints."""
    return MemoryCursors()


@pytest.fixture
def begin(home: Path, heard: Heard, cursors: MemoryCursors) -> Iterator[Begin]:
    """Start watching."""
    sights: list[Sight] = []

    def make(agent: Agent = FAKE, pace: Pace | None = None, **environment: str) -> Sight:
        sight = Sight([agent], heard, store=cursors, environment={"HOME": str(home.parent), **environment}, pace=pace)
        sights.append(sight)
        sight.start()
        return sight

    yield make
    for sight in sights:
        sight.stop(5.0)


@pytest.fixture
def launch(home: Path, project: Path) -> Iterator[Launch]:
    """Start a fake agent."""
    agents: list[Started] = []

    def make(session: str = "one", *options: str, at: Path | None = None, **environment: str) -> Started:
        agent = Started(at or home, session, project, *options, environment=environment)
        agents.append(agent)
        return agent

    yield make
    for agent in agents:
        agent.close()
