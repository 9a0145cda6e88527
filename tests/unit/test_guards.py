"""The fixtures that guard every test, tried on tests that break their rules."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

OFFENCES = {
    "threads left running: ['forgotten']": """
import threading, conftest
conftest.THREAD_GRACE_S = 0.2
def test_it():
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()
""",
    "timers left running: ['forgotten of None, 5000 ms']": """
from PySide6.QtCore import QTimer
def test_it(qapp):
    global timer
    timer = QTimer(objectName="forgotten", interval=5000)
    timer.start()
""",
    "errors logged: ['x: broken']": """
import logging
def test_it():
    logging.getLogger("x").error("broken")
""",
    "a test tried to reach ('192.0.2.1', 80)": """
import socket
def test_it():
    with socket.socket() as sock:
        sock.connect(("192.0.2.1", 80))
""",
}
INNOCENT = """
import logging, os, pathlib, pytest, socket, threading
from PySide6.QtCore import QTimer

def test_threads_and_timers_that_end(qapp):
    thread = threading.Thread(target=lambda: None)
    thread.start()
    timer = QTimer(interval=5000)
    timer.start()
    timer.stop()

@pytest.mark.logs_errors
def test_an_error_that_is_meant():
    logging.getLogger("x").error("meant")

def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass

def test_home_and_runtime_are_private_and_short():
    assert pathlib.Path.home() != pathlib.Path(os.environ["REAL_HOME"])
    assert list(pathlib.Path.home().iterdir()) == []
    assert os.stat(os.environ["XDG_RUNTIME_DIR"]).st_mode & 0o777 == 0o700
    assert len(os.environ["XDG_RUNTIME_DIR"]) < 60
"""


def _run(tmp_path: Path, source: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, tmp_path / "conftest.py")
    (tmp_path / "test_it.py").write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\nmarkers =\n    logs_errors: as ours\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "REAL_HOME": os.environ["HOME"], "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.parametrize("complaint", OFFENCES)
def test_an_offence_is_found_and_named(tmp_path: Path, complaint: str) -> None:
    done = _run(tmp_path, OFFENCES[complaint])

    assert done.returncode == 1
    assert complaint in done.stdout


def test_the_innocent_pass(tmp_path: Path) -> None:
    done = _run(tmp_path, INNOCENT)

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
