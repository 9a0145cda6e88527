"""The janitor ends what a dead stage left running, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes import janitor
from tests.journeys.real_agent import until

SLEEPS = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def sleeper(**variables: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(SLEEPS, stdin=subprocess.PIPE, env={**os.environ, **variables}, start_new_session=True)


def test_it_ends_what_carries_the_mark_and_nothing_else(tmp_path: Path) -> None:
    directory = tmp_path / "stage"
    directory.mkdir()
    mark = str(directory)
    ours, other = sleeper(A_STAGE=mark), sleeper(A_STAGE="another")
    command = [sys.executable, janitor.__file__, "A_STAGE", mark, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdout.readline()
        assert ours.poll() is None
        keeper.stdin.close()
        keeper.wait(15)

    until(lambda: ours.poll() is not None, "ours to be ended")
    assert other.poll() is None
    assert not directory.exists()
    for process in (ours, other):
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
