"""A home for fake agents and a Sight that watches it; and a hook socket with all that it needs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.domain.agent import Agent
from desktop.watchers.hook_socket import HookSocket
from desktop.watchers.pace import Pace
from desktop.watchers.sight import Sight
from tests.fakes import hook_agent
from tests.fakes.fake_agent_record import FAKE, Heard, MemoryCursors, Started
from tests.fakes.hook_agent import SESSION, Events, Front

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


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def front() -> Front:
    return Front({SESSION: (os.getpid(),)})


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tray(runtime: Path, front: Front, events: Events) -> Iterator[HookSocket]:
    tray = HookSocket(
        [hook_agent.AGENT, Agent(kind=hook_agent.KIND, label="no hooks")], events, runtime / "agent-tray", front
    )
    front.on_pulse = tray.beat
    tray.start()
    yield tray
    tray.stop(5)
