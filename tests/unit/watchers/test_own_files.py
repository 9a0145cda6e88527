"""Only plain files of this user are opened."""

import os
from pathlib import Path

import pytest

from desktop.watchers import own_files


def test_a_plain_file_is_opened_and_read_at_any_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    descriptor, status = own_files.open_own(str(path))

    assert status.st_size == 10
    assert own_files.read_at(descriptor, 3, 4) == b"456"
    os.close(descriptor)


def test_a_small_file_is_read_whole_and_a_large_one_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)

    assert own_files.read_small(str(path), 10)[0] == b"x" * 10
    with pytest.raises(own_files.NotOurs):
        own_files.read_small(str(path), 9)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc"])
def test_attack_42_a_device_or_directory_is_refused(target: str) -> None:
    with pytest.raises(own_files.NotOurs):
        own_files.open_own(target)


def test_attack_42_a_pipe_without_a_writer_does_not_hold_us_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(own_files.NotOurs):
        own_files.open_own(str(tmp_path / "pipe"))


def test_refusing_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        with pytest.raises(OSError):
            own_files.open_own(str(tmp_path))

    assert len(os.listdir("/proc/self/fd")) == before
