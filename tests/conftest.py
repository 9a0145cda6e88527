"""What holds for every test: a home of its own, no network, and nothing left behind."""

import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from desktop.app.lasting_singletons import keep_singletons

keep_singletons()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A shared machine is slow at times; a property's truth does not depend on it.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

THREADS_THAT_STAY = ("pytest_timeout", "execnet", "asyncio_", "Dummy-")  # the tools' own, and Qt's seen from Python
THREAD_GRACE_S = 5.0  # a thread that was told to stop may need a moment on a busy machine


@pytest.fixture(autouse=True)
def home_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test reads or writes what belongs to the person who runs it."""
    # Not in tmp_path: a socket's path may have some 100 bytes, and tmp_path alone can have that many.
    base = Path(tempfile.mkdtemp(prefix="agt-"))
    home, runtime = base / "home", base / "run"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in [name for name in os.environ if name.startswith(("AGENT_TRAY_", "CLAUDE", "TMUX"))]:
        monkeypatch.delenv(name)
    yield home
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect to this machine alone."""

    def guard(connect: object) -> object:
        def connect_here(self: socket.socket, address: object) -> object:
            is_remote = self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple)
            if is_remote and address[0] not in ("127.0.0.1", "::1", "localhost"):  # type: ignore[index]
                raise AssertionError(f"a test tried to reach {address}")
            return connect(self, address)  # type: ignore[operator]

        return connect_here

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guard(getattr(socket.socket, name)))


@pytest.fixture(autouse=True)
def no_leaked_thread() -> Iterator[None]:
    """Every thread that a test starts ends with it."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_GRACE_S
    while left := _started_since(before):
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {sorted(thread.name for thread in left)}")
        left[0].join(0.05)


def _started_since(before: set[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before and not thread.name.startswith(THREADS_THAT_STAY)
    ]


@pytest.fixture(autouse=True)
def no_live_timer() -> Iterator[None]:
    """A timer that still ticks would fire inside the next test."""
    before = {id(timer) for timer in _live_timers()}
    yield
    left = [timer for timer in _live_timers() if id(timer) not in before]
    names = [f"{timer.objectName() or 'unnamed'} of {timer.parent()!r}, {timer.interval()} ms" for timer in left]
    for timer in left:
        timer.stop()
    if left:
        pytest.fail(f"timers left running: {names}")


def _live_timers() -> list:  # type: ignore[type-arg]
    if "PySide6.QtCore" not in sys.modules:
        return []
    import shiboken6
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer

    if (application := QCoreApplication.instance()) is not None:
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return [
        wrapper for wrapper in shiboken6.getAllValidWrappers() if isinstance(wrapper, QTimer) and wrapper.isActive()
    ]


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_error_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """An error in the log is our bug, unless the test is marked ``logs_errors``."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    yield
    logging.getLogger().removeHandler(errors)
    if errors.messages and request.node.get_closest_marker("logs_errors") is None:
        pytest.fail(f"errors logged: {errors.messages}")
