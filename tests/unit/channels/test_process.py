import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from desktop.channels import process
from desktop.channels.refusal import Refused


@pytest.fixture
def session() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["/bin/sleep", "60"]) as running:
        yield running
        running.kill()


def test_the_session_is_asked_to_end(session: "subprocess.Popen[bytes]") -> None:
    process.stop(session.pid, process.started_of(session.pid))

    assert session.wait(5) == -signal.SIGTERM


def test_fault_30_another_process_with_its_number_is_left_alone(session: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(Refused, match="another one"):
        process.stop(session.pid, "1")

    assert session.poll() is None


def test_one_that_has_ended_is_said_so(session: "subprocess.Popen[bytes]") -> None:
    started = process.started_of(session.pid)
    session.kill()
    session.wait(5)

    with pytest.raises(Refused, match="ended"):
        process.stop(session.pid, started)
    assert process.started_of(session.pid) == ""


@pytest.mark.parametrize(
    ("pid", "started"), [pytest.param(os.getpid(), "", id="ourselves"), (0, "1"), (-1, "1"), (1, "1")]
)
def test_nobody_is_ended_on_a_guess(pid: int, started: str) -> None:
    with pytest.raises(Refused, match="not known"):
        process.stop(pid, started)
