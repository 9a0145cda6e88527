"""Live-state files, honest and not."""

import json
import os
from pathlib import Path

import pytest

from desktop.domain.agent import LiveState
from desktop.watchers import state_files
from desktop.watchers.state_files import Removed, StateFiles, Unreadable
from tests.fakes.fake_agent_record import FAKE


@pytest.fixture
def files(tmp_path: Path) -> StateFiles:
    """The files of one home."""
    (tmp_path / "live").mkdir()
    return StateFiles(FAKE, str(tmp_path))


def write(files: StateFiles, name: str = "12.json", **fields: object) -> Path:
    path = Path(files.directory) / name
    state = {"pid": 12, "session": "one", "started": "7", "cwd": "/", "status": "idle", **fields}
    path.write_text(json.dumps(state), encoding="utf-8")
    return path


def test_a_file_is_news_once(files: StateFiles) -> None:
    write(files)

    first = files.check("12.json")

    assert isinstance(first, LiveState)
    assert first.native_session == "one"
    assert files.check("12.json") is None


def test_the_same_content_written_again_is_no_news(files: StateFiles) -> None:
    path = write(files)
    files.check("12.json")

    os.utime(path, (1, 1))

    assert files.check("12.json") is None


def test_a_changed_file_is_news(files: StateFiles) -> None:
    write(files)
    files.check("12.json")

    write(files, status="busy")

    assert isinstance(files.check("12.json"), LiveState)


def test_a_removed_file_is_told_once(files: StateFiles) -> None:
    write(files).unlink()
    assert files.check("12.json") is None
    write(files)
    files.check("12.json")

    (Path(files.directory) / "12.json").unlink()

    assert files.check("12.json") == Removed()
    assert files.check("12.json") is None


def test_a_half_written_file_is_unreadable_and_then_news(files: StateFiles) -> None:
    path = write(files)
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    assert files.check("12.json") == Unreadable()

    path.write_bytes(whole)

    assert isinstance(files.check("12.json"), LiveState)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"[]", b"{}", b"[" * 100_000, b'{"pid": "x"}', b"\xff\xfe"])
def test_fault_7_what_is_no_live_state_is_unreadable_and_never_raises(files: StateFiles, content: bytes) -> None:
    (Path(files.directory) / "12.json").write_bytes(content)

    assert files.check("12.json") == Unreadable()


def test_attack_43_a_file_of_another_pid_than_its_name_is_not_believed(files: StateFiles) -> None:
    write(files, "13.json")

    assert files.check("13.json") == Unreadable()


@pytest.mark.parametrize("session", ["../up", "a/b", ".", "..", "", "a\nb", "x" * 200, "a b"])
def test_attack_44_an_id_that_could_lead_elsewhere_is_not_believed(files: StateFiles, session: str) -> None:
    write(files, session=session)

    assert files.check("12.json") == Unreadable()


def test_attack_42_links_pipes_and_huge_files_are_passed_over(files: StateFiles, tmp_path: Path) -> None:
    elsewhere = write(files).rename(tmp_path / "elsewhere")
    directory = Path(files.directory)
    (directory / "12.json").symlink_to(elsewhere)
    os.mkfifo(directory / "13.json")
    (directory / "14.json").write_bytes(b" " * (state_files.LARGEST + 1))

    assert [files.check(name) for name in ("12.json", "13.json", "14.json")] == [None, None, None]


def test_only_names_that_are_pids_count(files: StateFiles) -> None:
    for name in ("12.json", "12.abc.key", "notes.json", ".hidden.json"):
        (Path(files.directory) / name).write_bytes(b"")

    assert files.names() == {"12.json"}


def test_a_home_that_is_not_there_has_no_files() -> None:
    assert StateFiles(FAKE, "/nonexistent").names() == set()


def test_forgotten_files_are_news_again(files: StateFiles) -> None:
    write(files)
    files.check("12.json")

    files.forget("12.json")

    assert isinstance(files.check("12.json"), LiveState)
