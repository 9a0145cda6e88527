"""``agent-tray demo``: every phase in a home of its own, and nothing of it left behind."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop.app import demo_actor
from desktop.app.agents import load_agents
from desktop.app.commands import demo
from desktop.domain.phase import Phase
from desktop.formats import hook_wire
from tests.fakes.hook_agent import until


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary directories are made; short, since a socket's path is."""
    made = Path(tempfile.mkdtemp(prefix="d-"))
    monkeypatch.setenv("TMPDIR", str(made))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def demonstration(place: Path) -> Iterator["subprocess.Popen[str]"]:
    """The command, running."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "desktop", "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    left = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    for one in (*left, process):
        one.kill()
    process.communicate()


def root_of(place: Path) -> Path:
    until(lambda: list(place.glob("agent-tray-demo-*")), 20)
    return next(place.glob("agent-tray-demo-*"))


def status(root: Path) -> dict[str, object]:
    """What the tray of the demo sees; nothing while it is not there."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(5)
            sock.connect(str(root / "run" / "agent-tray" / "tray.sock"))
            sock.sendall(hook_wire.header(hook_wire.Verb.STATUS))
            with sock.makefile("rb") as answer:
                return dict(json.loads(answer.readline()))
    except (OSError, ValueError):
        return {}


def phases(root: Path) -> set[str]:
    counts = status(root).get("counts", {})
    assert isinstance(counts, dict)
    return set(counts)


def test_its_sessions_are_listed_without_starting_any(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    assert demo.run(is_listed=True) == 0

    names = [part["name"] for part in demo_actor.load_script()["sessions"]]  # type: ignore[attr-defined]
    assert [line.partition("  (")[0] for line in capsys.readouterr().out.splitlines()] == names
    assert list(place.iterdir()) == []


def test_it_shows_every_phase_and_what_waits_can_be_answered_and_the_end_leaves_nothing(
    demonstration: "subprocess.Popen[str]", place: Path, home_of_its_own: Path
) -> None:
    root = root_of(place)
    wanted = {str(phase) for phase in Phase} - {str(Phase.WASTING_TIME)}  # that takes minutes to be sure of
    seen: set[str] = set()

    def has_shown() -> bool:
        seen.update(phases(root))
        return wanted <= seen

    with contextlib.suppress(AssertionError):
        until(has_shown, 40)
    assert wanted - seen == set()
    sessions = status(root)["sessions"]
    assert isinstance(sessions, list)
    asking = [session["request"] for session in sessions if session["request"] is not None]
    assert any(request["answerable"] for request in asking)
    assert all(session["cwd"].startswith(str(root)) for session in sessions)
    started = psutil.Process(demonstration.pid).children(recursive=True)
    assert len(started) > len(sessions)

    demonstration.send_signal(signal.SIGTERM)

    assert demonstration.wait(20) == 0
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started), 10)
    assert list(place.iterdir()) == []
    assert list(home_of_its_own.rglob("*")) == []
    assert demonstration.stderr is not None
    assert "Traceback" not in demonstration.stderr.read()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_end_it_as_well(
    demonstration: "subprocess.Popen[str]", place: Path, how: signal.Signals
) -> None:
    root = root_of(place)
    until(lambda: status(root), 30)

    demonstration.send_signal(how)

    assert demonstration.wait(20) == 0
    assert list(place.iterdir()) == []


# -- the environment of the demo


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def test_every_home_is_below_its_own_root(root: Path) -> None:
    made = demo._environment(root)

    homes = {
        name: made[name] for name in made if name == "HOME" or (name.startswith("XDG_") and name.endswith("_HOME"))
    }
    assert set(homes) >= {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}
    assert all(Path(home).is_relative_to(root) and Path(home).is_dir() for home in homes.values())
    assert (root / "run").stat().st_mode & 0o777 == 0o700
    assert made["AGENT_TRAY_DEMO"] == str(os.getpid())


def test_a_home_of_the_persons_own_agents_is_not_passed_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [agent.home_variable for agent in load_agents() if agent.home_variable]
    for name in variables:
        monkeypatch.setenv(name, "/home/dev/real")

    assert variables
    made = demo._environment(root)
    assert [made[name] for name in variables if name in made and not Path(made[name]).is_relative_to(root)] == []


def test_the_desktop_of_the_person_is_found_though_the_directories_are_others(
    root: Path, monkeypatch: pytest.MonkeyPatch, home_of_its_own: Path
) -> None:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    (runtime / "bus").touch()
    (home_of_its_own / ".Xauthority").touch()
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XAUTHORITY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")

    made = demo._environment(root)

    assert made["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={runtime}/bus"
    assert made["WAYLAND_DISPLAY"] == f"{runtime}/wayland-1"
    assert made["XAUTHORITY"] == str(home_of_its_own / ".Xauthority")


def test_what_is_named_in_full_already_stays_as_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/somewhere/bus")
    monkeypatch.setenv("WAYLAND_DISPLAY", "/somewhere/wayland-1")
    monkeypatch.setenv("XAUTHORITY", "/somewhere/authority")

    made = demo._environment(root)

    assert [made[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XAUTHORITY")] == [
        "unix:path=/somewhere/bus",
        "/somewhere/wayland-1",
        "/somewhere/authority",
    ]


def test_the_hook_of_the_demo_is_in_the_demo_alone(root: Path, home_of_its_own: Path) -> None:
    root.mkdir()
    script = demo_actor.load_script()

    command = demo._relay_command(root, str(script["home"]), str(script["agent"]))

    assert [Path(part).is_relative_to(root) for part in command if part.endswith("relay.py")] == [True]
    assert list((root / str(script["home"])).iterdir())
    assert list(home_of_its_own.rglob("*")) == []
