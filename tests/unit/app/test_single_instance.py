import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.app import single_instance

ROOT = Path(__file__).parents[3]
HOLD = (
    "import sys; from pathlib import Path; from desktop.app import single_instance\n"
    "lock = single_instance.take(Path(sys.argv[1])); print('first' if lock else 'second', flush=True)\n"
    "sys.stdin.read()\n"
)


def start(directory: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )


def says(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_taker_gets_nothing_until_the_first_lets_go(tmp_path: Path) -> None:
    first = single_instance.take(tmp_path)
    assert first is not None
    assert single_instance.take(tmp_path) is None

    first.release()

    second = single_instance.take(tmp_path)
    assert second is not None
    second.release()


def test_fault_26_of_twenty_starts_at_once_exactly_one_is_first(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(20)]

    told = [says(process) for process in processes]

    assert sorted(told) == [b"first"] + [b"second"] * 19
    for process in processes:
        process.communicate(timeout=10)


def test_fault_26_the_lock_of_a_killed_tray_is_free(tmp_path: Path) -> None:
    killed = start(tmp_path)
    assert says(killed) == b"first"

    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=10)

    lock = single_instance.take(tmp_path)
    assert lock is not None
    lock.release()


def test_attack_24_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")

    with pytest.raises(OSError, match="symbolic"):
        single_instance.take(tmp_path)

    assert not os.path.lexists(tmp_path / "victim")
