"""The beginning of a file that a person chose."""

import os
from pathlib import Path

from desktop.app.sample import MOST_BYTES, read_sample


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"one\ntwo")

    assert read_sample(log) == (b"one\ntwo", "")


def test_a_large_file_is_read_to_the_last_whole_line_within_the_bound(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 999 + b"\n" + b"y" * MOST_BYTES)

    assert read_sample(log) == (b"x" * 999 + b"\n", "")


def test_one_line_longer_than_the_bound_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"y" * (MOST_BYTES + 5))

    assert read_sample(log) == (b"y" * MOST_BYTES, "")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert read_sample(tmp_path / "no") == (b"", f"{tmp_path / 'no'} cannot be read: No such file or directory.")


def test_a_pipe_does_not_hold_the_window(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    assert read_sample(pipe) == (b"", f"{pipe} is not a file. Choose a log.")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert read_sample(tmp_path)[0] == b""
    assert str(tmp_path) in read_sample(tmp_path)[1]
