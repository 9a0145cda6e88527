"""The tail's contract, on real files."""

import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.watchers.log_tail import LONGEST_LINE, SLICE, Checkpoint, Tail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A transcript's place."""
    return tmp_path / "log.jsonl"


def drain(tail: Tail) -> list[bytes]:
    lines = tail.poll()
    while tail.has_more:
        lines += tail.poll()
    return lines


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_fault_1_a_truncated_file_is_read_from_its_head_again(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = Tail(str(path))
    drain(tail)

    os.truncate(path, 0)
    append(path, b"x\n")

    assert drain(tail) == [b"x"]
    assert tail.generation == 1


def test_fault_1_a_truncation_while_we_were_away_starts_over_once(path: Path) -> None:
    path.write_bytes(b"one\ntwo\nthree\n")
    before = Tail(str(path))
    drain(before)
    checkpoint = before.checkpoint()
    path.write_bytes(b"new\n")

    tail = Tail(str(path), checkpoint)

    assert drain(tail) == [b"new"]
    assert tail.generation == 1
    again = Tail(str(path), tail.checkpoint())
    assert drain(again) == []
    assert again.generation == 0


def test_fault_1_a_file_rewritten_in_place_and_longer_is_found_out(path: Path) -> None:
    path.write_bytes(b"first line, first text\nsecond\n")
    tail = Tail(str(path))
    drain(tail)

    with path.open("r+b") as file:
        file.write(b"another text altogether, and a longer one\nwith two lines\n")

    assert drain(tail) == [b"another text altogether, and a longer one", b"with two lines"]
    assert tail.generation == 1


def test_fault_1_a_head_that_changed_is_found_by_verifying(path: Path) -> None:
    path.write_bytes(b"A\nsame end of line\n")
    tail = Tail(str(path))
    drain(tail)

    with path.open("r+b") as file:
        file.write(b"B\nsame end of line\nmore\n")
    drain(tail)
    tail.verify()

    assert drain(tail) == [b"B", b"same end of line", b"more"]


def test_fault_2_a_rotated_file_is_finished_before_the_new_one(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(str(path))
    drain(tail)

    rotated = path.with_suffix(".1")
    path.rename(rotated)
    append(rotated, b"two\n")
    path.write_bytes(b"three\n")

    assert tail.poll() == [b"two"]
    tail.look_for_successor()
    assert tail.generation == 1
    assert drain(tail) == [b"three"]


def test_fault_3_an_atomic_replacement_is_read_from_its_head(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(str(path))
    drain(tail)

    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"one\ntwo\n")
    fresh.replace(path)

    assert drain(tail) == [b"one", b"two"]
    assert tail.generation == 1


def test_fault_4_a_deleted_file_is_quiet_and_its_successor_is_read(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(str(path))
    drain(tail)

    path.unlink()
    assert drain(tail) == []
    path.write_bytes(b"two\n")

    assert drain(tail) == [b"two"]


def test_fault_4_the_same_inode_with_another_text_is_another_file(path: Path) -> None:
    path.write_bytes(b"old text\n")
    before = Tail(str(path))
    drain(before)
    checkpoint = before.checkpoint()
    path.write_bytes(b"new text\nmore\n")

    assert checkpoint is not None
    tail = Tail(str(path), replace(checkpoint, inode=path.stat().st_ino))

    assert drain(tail) == [b"new text", b"more"]


def test_fault_5_a_line_written_byte_by_byte_comes_once_and_whole(path: Path) -> None:
    tail = Tail(str(path))
    line = '{"text": "grüße ✓"}'.encode()
    seen: list[bytes] = []

    for byte in line + b"\n":
        append(path, bytes([byte]))
        seen += drain(tail)

    assert seen == [line]


def test_fault_6_a_line_of_100_mb_is_counted_and_skipped_within_bounded_memory(path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(str(path))
    drain(tail)
    with path.open("r+b") as file:
        file.seek(100 * 1024 * 1024)
        file.write(b"\ntwo\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    lines = drain(tail)

    assert lines == [b"two"]
    assert tail.oversize == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5 * 1024


def test_one_poll_reads_one_slice(path: Path) -> None:
    tail = Tail(str(path))
    path.write_bytes(b"")
    drain(tail)
    append(path, b"x" * 99 + b"\n")
    drain(tail)
    append(path, (b"x" * 99 + b"\n") * 10_000)

    before = tail.bytes_read
    lines = tail.poll()

    assert tail.has_more
    assert SLICE <= tail.bytes_read - before <= SLICE + 16
    assert len(lines + drain(tail)) == 10_000


def test_reading_costs_hardly_more_than_what_was_appended(path: Path) -> None:
    path.write_bytes(b"".join(b"%0690d\n" % number for number in range(1000)))
    tail = Tail(str(path))
    drain(tail)
    before = tail.bytes_read

    for number in range(200):
        append(path, b"%0690d\n" % number)
        assert len(drain(tail)) == 1

    assert tail.bytes_read - before <= 1.1 * 200 * 691


def test_polling_an_unchanged_file_reads_nothing(path: Path) -> None:
    path.write_bytes(b"one\ntwo")
    tail = Tail(str(path))
    drain(tail)
    before = tail.bytes_read

    for _ in range(10):
        tail.poll()
        tail.verify()

    assert tail.bytes_read == before


def test_a_first_sight_of_a_large_file_reads_only_its_end(path: Path) -> None:
    path.write_bytes(b"".join(b"%099d\n" % number for number in range(100_000)))
    tail = Tail(str(path))

    lines = drain(tail)

    assert lines[-1] == b"%099d" % 99_999
    assert tail.bytes_read <= SLICE + 1024
    assert all(len(line) == 99 for line in lines)


def test_a_checkpoint_resumes_where_reading_ended(path: Path) -> None:
    path.write_bytes(b"one\ntwo\nhalf")
    before = Tail(str(path))
    drain(before)

    append(path, b" done\n")
    after = Tail(str(path), before.checkpoint())

    assert drain(after) == [b"half done"]


@pytest.mark.parametrize("kind", ["link", "fifo", "directory"])
def test_attack_42_what_is_no_plain_file_is_not_opened(path: Path, tmp_path: Path, kind: str) -> None:
    if kind == "link":
        secret = tmp_path / "secret"
        secret.write_bytes(b"root:x\n")
        path.symlink_to(secret)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()

    assert drain(Tail(str(path))) == []


def test_attack_42_a_file_that_becomes_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"one\n")
    tail = Tail(str(path))
    drain(tail)
    secret = tmp_path / "secret"
    secret.write_bytes(b"root:x\n")

    path.unlink()
    path.symlink_to(secret)

    assert drain(tail) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_attack_42_another_users_file_is_not_read(path: Path) -> None:
    path.write_bytes(b"one\n")
    os.chown(path, 12345, -1)

    assert drain(Tail(str(path))) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_fault_7_any_bytes_in_any_pieces_are_split_as_if_read_at_once(pieces: list[bytes]) -> None:
    tail = Tail("nowhere")
    seen: list[bytes] = []

    for piece in pieces:
        seen += tail._split(piece)

    whole = b"".join(pieces)
    assert seen == [line for line in whole.split(b"\n")[:-1] if line]


def test_a_line_too_long_does_not_hide_the_next(path: Path) -> None:
    tail = Tail(str(path))
    path.write_bytes(b"a\n")
    drain(tail)
    append(path, b"y" * (LONGEST_LINE + SLICE))
    drain(tail)

    append(path, b"end\nb\n")

    assert drain(tail) == [b"b"]


@pytest.mark.parametrize("wrong", [{"offset": "7"}, {"inode": None}, {"prefix_hash": 7}])
def test_a_checkpoint_of_wrong_types_is_refused(wrong: dict[str, object]) -> None:
    fields: dict[str, object] = {"device": 1, "inode": 2, "prefix_length": 3, "prefix_hash": "", "offset": 4}

    with pytest.raises(TypeError):
        Checkpoint(**{**fields, **wrong})  # type: ignore[arg-type]
