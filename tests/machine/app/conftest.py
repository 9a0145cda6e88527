"""A whole tray without a screen: the program itself, a notification daemon, an agent that asks."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.app import beginning, wiring
from desktop.app.beginning import Beginning
from desktop.app.wiring import Program
from desktop.domain.board import Row
from desktop.domain.ids import session_id
from desktop.storage import paths
from tests.fakes import asking_agent, private_bus, screen_saver
from tests.fakes.fake_agent_record import KIND, Started
from tests.fakes.private_bus import Daemon, PrivateBus

PATIENCE_MS = 15_000


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed: nothing about notifications and locked screens is tested")
    with private_bus.running(tmp_path) as found:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", found.address)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", found.address)
        yield found


@dataclass
class Stage:
    """What a person has before them, and the agents behind it."""

    qtbot: QtBot
    bus: PrivateBus
    home: Path
    project: Path
    daemon: Daemon
    program: Program | None = None
    agents: list[Started] = field(default_factory=list)
    services: list[Daemon] = field(default_factory=list)

    def starts(self, *, shows_window: bool = False) -> Program:
        """The person starts the tray."""
        begun = Beginning(paths.make_runtime_dir())
        begun.start()
        begun.first_board()
        self.program = Program(begun, "linux")
        self.program.start(shows_window=shows_window)
        return self.program

    def agent(self, session: str = "one") -> Started:
        """An agent starts, and its row appears."""
        agent = Started(self.home / ".fake", session, self.project)
        self.agents.append(agent)
        if self.program is not None:
            self.until(lambda: self.row(session) is not None)
        return agent

    def screen_saver(self) -> Daemon:
        """A screen saver starts."""
        self.services.append(Daemon(self.bus, "org.freedesktop.ScreenSaver", program=screen_saver.__file__))
        return self.services[-1]

    def asks(self, agent: Started, command: str, session: str = "one", options: tuple[str, ...] = ()) -> Path:
        """An agent asks; where its hook's answer will be."""
        answer = self.project.parent / f"answer-{len(list(self.project.parent.glob('answer-*')))}-{session}"
        asking_agent.asks(agent, asking_agent.call(command, session, options), answer)
        return answer

    def notice(self, count: int = 1) -> dict[str, object]:
        """The *count*-th notification that was shown."""

        self.until(lambda: len(self.notices()) >= count)
        return self.notices()[count - 1]

    def notices(self) -> list[dict[str, object]]:
        """Every notification that was shown until now."""
        self.daemon.read()
        return self.daemon.of("notify")

    def closed(self, notice: dict[str, object]) -> None:
        """Wait until a notification was taken back."""

        def is_closed() -> bool:
            self.daemon.read()
            return {"closed": notice["id"]} in self.daemon.reports

        self.until(is_closed)

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the program run until *holds*."""
        self.qtbot.waitUntil(holds, timeout=PATIENCE_MS)

    def row(self, session: str = "one") -> Row | None:
        """What the board tells of a session."""
        assert self.program is not None
        return self.program._hub.board(wiring.clock.now()).row(session_id(KIND, session))

    def request_is_open(self, session: str = "one") -> None:
        """Wait until the request of a session can be answered here."""

        def is_open() -> bool:
            row = self.row(session)
            return row is not None and row.request is not None and row.request.is_answerable

        self.until(is_open)

    def stops(self) -> None:
        """The person ends the tray."""
        if self.program is not None:
            self.program.stop()
            self.program.deleteLater()
            self.program = None


def decisions() -> list[tuple[str, str]]:
    """What the ledger has on record: verdict and surface."""
    with sqlite3.connect(paths.places().ledger) as database:
        found = database.execute("SELECT verdict, surface FROM decisions ORDER BY number").fetchall()
    database.close()
    return found


def remembered() -> list[object]:
    """The notifications that stand on the screen, as the ledger has it; the last thing written of a new request."""
    with sqlite3.connect(paths.places().ledger) as ledger:
        found = [shown_id for (shown_id,) in ledger.execute("SELECT id FROM shown")]
    ledger.close()
    return found


@pytest.fixture
def stage(
    qtbot: QtBot, bus: PrivateBus, home_of_its_own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    monkeypatch.setattr(beginning, "load_agents", lambda: (asking_agent.AGENT,))
    project = tmp_path / "shop"
    project.mkdir()
    found = Stage(qtbot, bus, home_of_its_own, project, Daemon(bus))
    yield found
    found.stops()
    for agent in found.agents:
        agent.close()
    for service in (found.daemon, *found.services):
        service.stop()
