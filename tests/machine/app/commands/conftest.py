"""For the command line: no tray but our own, no agent but the fake one, and a tray's socket with a board behind it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.app import headless
from desktop.app.commands import connect, doctor
from desktop.app.front import SocketFront
from desktop.app.inbox import Inbox
from desktop.domain.board import Board
from desktop.storage import paths
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import asking_agent
from tests.fakes.fake_agent_record import Started
from tests.fakes.hook_agent import Events


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another tray of this person, or another agent, is none of these tests' business."""
    runtime = Path(os.environ["XDG_RUNTIME_DIR"]) / "agent-tray"
    runtime.mkdir(mode=0o700)
    monkeypatch.setattr(paths, "runtime_candidates", lambda: (runtime,))
    for module in (headless, connect, doctor):
        monkeypatch.setattr(module, "load_agents", lambda: (asking_agent.AGENT,))
    return runtime


@pytest.fixture
def agent(home_of_its_own: Path, tmp_path: Path) -> Iterator[Started]:
    """A running agent at rest."""
    (tmp_path / "shop").mkdir()
    started = Started(home_of_its_own / ".fake", "one", tmp_path / "shop")
    yield started
    started.close()


@pytest.fixture
def tray(nobody_else: Path) -> Iterator[Callable[[Board], HookSocket]]:
    """Have a tray run that sees this board."""
    running: list[HookSocket] = []
    inbox = Inbox(lambda _: None, lambda: None)
    front = SocketFront(inbox, lambda: None, lambda _: None, lambda *_: None)

    def show(board: Board) -> HookSocket:
        lines = front.show_board(board)
        if not running:
            running.append(HookSocket([], Events(), nobody_else, front))
            running[0].start()
        running[0].publish(lines)
        return running[0]

    yield show
    for socket in running:
        socket.stop(5)
