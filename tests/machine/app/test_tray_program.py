"""The tray as a process of its own: killed, told to end, started twice, replaced under its feet."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.app import asking
from desktop.storage import paths
from tests.fakes import asking_agent
from tests.fakes.fake_agent_record import Started
from tests.fakes.hook_agent import until
from tests.fakes.private_bus import Daemon, PrivateBus
from tests.machine.app.conftest import decisions, remembered

ROOT = Path(__file__).parents[3]
RELAY_ENDS_S = 2.0


@dataclass
class Site:
    """A home with an agent in it, and trays that come and go."""

    home: Path
    project: Path
    bus_address: str = ""
    trays: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def tray(self, root: Path = ROOT) -> "subprocess.Popen[bytes]":
        """Start a tray and wait until it sees the agent: what a session asks before that is left to its terminal."""
        tray = self.begin(root)
        until(lambda: self.is_seen() or tray.poll() is not None, 20)
        assert tray.poll() is None, "the tray ended"
        return tray

    def begin(self, root: Path = ROOT) -> "subprocess.Popen[bytes]":
        """Start a tray."""
        environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        if self.bus_address:
            environment["DBUS_SESSION_BUS_ADDRESS"] = self.bus_address
        program = root / "tests" / "fakes" / "asking_agent.py"
        self.trays.append(
            subprocess.Popen([sys.executable, str(program)], cwd=root, env=environment, stderr=subprocess.PIPE)
        )
        return self.trays[-1]

    def request(self) -> dict[str, object] | None:
        """The open request, as the tray tells it."""
        answer = asking.ask("status")
        sessions = answer["sessions"] if answer is not None else []
        assert isinstance(sessions, list)
        return next((session["request"] for session in sessions if session["request"] is not None), None)

    def is_seen(self) -> bool:
        """Whether the tray tells of a session."""
        answer = asking.ask("status")
        return answer is not None and bool(answer["sessions"])

    def is_answerable(self) -> bool:
        """Whether a request is open and can be answered from the tray."""
        request = self.request()
        return request is not None and request["answerable"] is True


@pytest.fixture
def site(home_of_its_own: Path, tmp_path: Path) -> Iterator[Site]:
    project = tmp_path / "shop"
    project.mkdir()
    found = Site(home_of_its_own, project)
    yield found
    for tray in found.trays:
        tray.kill()
        tray.wait()
        assert tray.stderr is not None
        tray.stderr.close()


@pytest.fixture
def agent(site: Site) -> Iterator[Started]:
    found = Started(site.home / ".fake", "one", site.project)
    yield found
    found.close()


def test_fault_24_a_killed_tray_lets_the_agent_go_in_time_and_is_told_by_it_after_the_restart(
    site: Site, agent: Started, tmp_path: Path
) -> None:
    tray = site.tray()
    asking_agent.asks(agent, asking_agent.call("make release"), tmp_path / "answer")
    until(site.is_answerable)

    tray.kill()
    killed_at = time.monotonic()
    until((tmp_path / "answer").exists)

    assert time.monotonic() - killed_at < RELAY_ENDS_S
    assert (tmp_path / "answer").read_bytes() == b""
    site.tray()
    until(lambda: site.request() is not None)
    request = site.request()
    assert request is not None
    assert request["answerable"] is False
    assert request["channel"] == "terminal"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_fault_33_a_tray_told_to_end_does_so_in_time_and_decides_nothing(
    site: Site, agent: Started, tmp_path: Path, number: signal.Signals
) -> None:
    tray = site.tray()
    asking_agent.asks(agent, asking_agent.call("make release"), tmp_path / "answer")
    until(site.is_answerable)

    tray.send_signal(number)
    told_at = time.monotonic()
    code = tray.wait(10)

    assert time.monotonic() - told_at < RELAY_ENDS_S
    assert code == 0
    until((tmp_path / "answer").exists)
    assert (tmp_path / "answer").read_bytes() == b""
    assert decisions() == []


def test_fault_26_a_second_start_ends_at_once_and_leaves_the_first_alone(site: Site, agent: Started) -> None:
    first = site.tray()

    second = site.begin()
    _, said = second.communicate(timeout=20)

    assert second.returncode == 0
    assert b"runs already" in said
    assert first.poll() is None
    assert asking.ask("status") is not None


def test_fault_34_a_tray_whose_files_were_replaced_goes_on_with_what_it_has(
    site: Site, agent: Started, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    for part in ("desktop", "tests", "resources"):
        shutil.copytree(ROOT / part, installed / part, ignore=shutil.ignore_patterns("__pycache__"))
    tray = site.tray(installed)

    for module in (installed / "desktop").rglob("*.py"):
        module.write_text("raise SystemExit('this is another version')\n")
    shutil.rmtree(installed / "resources")
    asking_agent.asks(agent, asking_agent.call("make release"), tmp_path / "answer")
    until(site.is_answerable)
    agent.does("status", "busy")
    until(lambda: site.request() is None)

    assert tray.poll() is None
    tray.terminate()
    assert tray.wait(10) == 0


def test_the_log_of_a_tray_holds_no_word_of_what_was_asked(site: Site, agent: Started, tmp_path: Path) -> None:
    tray = site.tray()
    asking_agent.asks(agent, asking_agent.call("deploy --with sk-proj-Zx81qqLm20Pw"), tmp_path / "answer")
    until(site.is_answerable)
    request = site.request()
    assert request is not None
    assert "Zx81" in json.dumps(request)

    tray.terminate()
    tray.wait(10)

    assert tray.stderr is not None
    assert b"Zx81" not in tray.stderr.read()
    kept = b"".join(path.read_bytes() for path in paths.places().state.rglob("*") if path.is_file())
    assert b"Zx81" not in kept


def test_the_notification_of_a_killed_tray_is_taken_back_by_the_next_one(
    site: Site, agent: Started, bus: PrivateBus, tmp_path: Path
) -> None:
    site.bus_address = bus.address
    daemon = Daemon(bus)
    tray = site.tray()
    asking_agent.asks(agent, asking_agent.call("make release"), tmp_path / "answer")
    left = daemon.wait_for("notify")["id"]
    until(lambda: remembered() == [left])

    tray.kill()
    until((tmp_path / "answer").exists)
    assert daemon.of("closed") == []
    site.tray()
    raised = daemon.wait_for("notify", 2)

    said = [report for report in daemon.reports if {"closed", "notify"} & set(report)]
    assert [report.get("closed") for report in said[:3]] == [None, left, None]
    assert raised["id"] != left
    until(lambda: remembered() == [raised["id"]])
    site.trays[-1].terminate()
    site.trays[-1].wait(10)
    assert remembered() == []
    daemon.stop()
