"""The tray as a process of its own on a real display: no tray host, and one that starts again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop.app import asking
from desktop.storage import paths
from tests.fakes import private_bus, tray_host
from tests.fakes.hook_agent import until
from tests.journeys.stage import Program

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20.0


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A display without a panel and a session bus; where the display's pixels are."""
    missing = [program for program in ("Xvfb", "dbus-daemon") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed, so nothing about the tray's host is tested: {', '.join(missing)}")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "800x600x24", "-fbdir", str(tmp_path)]
    with (
        private_bus.running(tmp_path) as bus,
        subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=(writer,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server,
    ):
        os.close(writer)
        with os.fdopen(reader) as told:
            monkeypatch.setenv("DISPLAY", f":{told.readline().strip()}")
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield tmp_path / "Xvfb_screen0"
        server.kill()


@pytest.fixture
def host(screen: Path) -> Iterator[Callable[[], Program]]:
    """Start a tray host; all are stopped at the end."""
    with ExitStack() as running:

        def start() -> Program:
            made = Program(tray_host.__file__, dict(os.environ))
            running.callback(made.stop)
            return made

        yield start


@pytest.fixture
def tray(screen: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A tray that does not run for the first time."""
    paths.places().settings.parent.mkdir(parents=True, exist_ok=True)
    paths.places().settings.write_text("version = 1\n")
    program = ROOT / "tests" / "fakes" / "asking_agent.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen([sys.executable, str(program)], cwd=ROOT, env=environment) as process:
        until(lambda: asking.ask("status") is not None, PATIENCE_S)
        yield process
        process.kill()


def shows_something(screen: Path) -> bool:
    """Whether the display is not all black: without a panel that is a window of ours."""
    raw = screen.read_bytes()
    return len(set(raw[-800 * 600 * 4 :])) > 1


def items(host: Program) -> list[object]:
    """The items that a host shows."""
    host.read()
    return [report["item"] for report in host.reports if "item" in report]


def test_fault_18_without_a_host_the_window_is_shown_by_itself(screen: Path, tray: "subprocess.Popen[bytes]") -> None:
    assert not shows_something(screen)

    until(lambda: shows_something(screen), PATIENCE_S)

    assert tray.poll() is None


def test_fault_18_a_host_that_starts_again_gets_the_icon_again(
    host: Callable[[], Program], screen: Path, request: pytest.FixtureRequest
) -> None:
    first = host()
    tray = request.getfixturevalue("tray")
    until(lambda: items(first), PATIENCE_S)

    first._process.kill()
    first._process.wait(PATIENCE_S)
    second = host()

    until(lambda: items(second), PATIENCE_S)
    assert tray.poll() is None
