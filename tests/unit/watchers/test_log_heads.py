"""Logs by their heads: whose they are, and how little of what lies there is looked at."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.domain.agent import Agent, LogHead
from desktop.watchers import log_heads, own_files
from desktop.watchers.log_heads import Log, LogHeads, Seeker, share
from tests.fakes.fake_agent_record import FAKE

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
CWD = "/project"


def read_head(raw: bytes, path: str) -> LogHead | None:
    line, newline, _ = raw.partition(b"\n")
    if not newline:
        return None
    head = json.loads(line)
    started = datetime.fromtimestamp(head["at"], UTC) if "at" in head else None
    return LogHead(head["native"], head["cwd"], started, head.get("hidden", False))


def log_dirs(home: str, cwd: str, now: datetime) -> Sequence[str]:
    return [f"{home}/{now:%Y-%m-%d}", f"{home}/old"]


SILENT = replace(FAKE, live_state_dir="", read_live_state=None, log_dirs=log_dirs, read_log_head=read_head)


def write(folder: Path, native: str, cwd: str = CWD, written: float = 100.0, **more: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{native}.jsonl"
    path.write_text(json.dumps({"native": native, "cwd": cwd, **more}) + "\n")
    os.utime(path, (written, written))
    return path


def found(heads: LogHeads, home: Path, agent: Agent = SILENT, since: float = 0.0) -> list[str]:
    return sorted(log.native for log in heads.logs(agent, str(home), CWD, NOW, since))


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """Where the agent writes on this day."""
    return tmp_path / "2026-01-02"


def test_logs_of_the_day_and_of_other_folders_of_this_directory_are_found(tmp_path: Path, today: Path) -> None:
    write(today, "mine")
    write(today, "elsewhere", cwd="/other")
    write(tmp_path / "old", "older")
    write(tmp_path / "2025-12-31", "last-year")

    assert found(LogHeads(), tmp_path) == ["mine", "older"]


def test_a_log_written_before_the_process_began_is_not_even_opened(
    tmp_path: Path, today: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(today, "stale", written=100.0)
    opened: list[str] = []
    monkeypatch.setattr(own_files, "open_own", opened.append)

    assert found(LogHeads(), tmp_path, since=200.0) == []
    assert opened == []


def test_errands_of_the_agents_own_and_strange_ids_are_no_sessions(tmp_path: Path, today: Path) -> None:
    write(today, "title", hidden=True)
    path = write(today, "a")
    path.write_text(json.dumps({"native": "../../x", "cwd": CWD}) + "\n")

    assert found(LogHeads(), tmp_path) == []
    assert LogHeads().is_hidden(SILENT, str(today / "title.jsonl"))
    assert not LogHeads().is_hidden(SILENT, str(today / "missing.jsonl"))


def test_a_head_that_was_half_written_is_read_again_and_a_whole_one_is_not(
    tmp_path: Path, today: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(today, "one")
    whole = path.read_bytes()
    path.write_bytes(whole[:10])
    heads = LogHeads()
    assert found(heads, tmp_path) == []

    path.write_bytes(whole)

    assert found(heads, tmp_path) == ["one"]
    monkeypatch.setattr(own_files, "open_own", lambda _path: pytest.fail("read twice"))
    assert found(heads, tmp_path) == ["one"]


def test_however_much_lies_there_few_heads_and_folders_are_looked_at(
    tmp_path: Path, today: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        write(today, f"n{number}", written=1000.0 + number)
    many = replace(SILENT, log_dirs=lambda home, _cwd, _now: [f"{home}/{number}" for number in range(100)])
    opened: list[str] = []
    real = own_files.open_own
    monkeypatch.setattr(own_files, "open_own", lambda path: opened.append(path) or real(path))

    logs = LogHeads().logs(SILENT, str(tmp_path), CWD, NOW, 0.0)

    assert len(opened) == len(logs) == log_heads.MOST_HEADS
    assert max(logs, key=lambda log: log.written_at).native == "n199"
    assert len(log_heads.folders(many, str(tmp_path), CWD, NOW)) == log_heads.MOST_FOLDERS


def test_attack_42_a_link_and_a_relative_folder_are_not_looked_at(tmp_path: Path, today: Path) -> None:
    path = write(tmp_path / "secret", "one")
    today.mkdir()
    (today / "two.jsonl").symlink_to(path)
    astray = replace(SILENT, log_dirs=lambda _home, _cwd, _now: ["relative", "/a\0b"])

    assert found(LogHeads(), tmp_path) == []
    assert log_heads.folders(astray, str(tmp_path), CWD, NOW) == []


def test_a_directory_reached_by_a_link_is_the_directory_of_the_process(tmp_path: Path, today: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    write(today, "one", cwd=str(tmp_path / "link" / "project"))

    assert found(LogHeads(), tmp_path) == ["one"]


def test_an_adapter_that_stumbles_finds_nothing(tmp_path: Path, today: Path) -> None:
    write(today, "one").write_text("[]\n")

    assert found(LogHeads(), tmp_path) == []
    assert found(LogHeads(), tmp_path, replace(SILENT, log_dirs=lambda *_: [""[1]])) == []


def test_where_a_folder_stands_for_a_directory_the_name_of_a_log_is_its_id(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "-project"
    folder.mkdir(parents=True)
    (folder / "one.jsonl").touch()
    (folder / "..x.jsonl").touch()

    assert found(LogHeads(), tmp_path, FAKE) == ["one"]


def log(native: str, begun: float | None, written: float) -> Log:
    return Log(f"/{native}", native, begun, written)


@pytest.mark.parametrize(
    ("seekers", "logs", "expected"),
    [
        pytest.param([(1, 10, 10)], [log("a", 11, 11)], {1: "a"}, id="begun after the process"),
        pytest.param([(1, 10, 10)], [log("a", 3, 5)], {}, id="before the process"),
        pytest.param([(1, 10, 10), (2, 20, 20)], [log("a", 11, 30), log("b", 21, 22)], {1: "a", 2: "b"}, id="two"),
        pytest.param([(1, 10, 10), (2, 20, 20)], [log("a", 11, 30)], {1: "a"}, id="the older has begun one"),
        pytest.param([(1, 10, 10), (2, 20, 20)], [log("b", 21, 30)], {2: "b"}, id="the younger has begun one"),
        pytest.param([(1, 10, 10)], [log("a", 3, 12)], {1: "a"}, id="taken up again"),
        pytest.param([(1, 10, 15)], [log("a", 3, 12)], {}, id="written before we looked"),
        pytest.param([(1, 10, 10)], [log("a", None, 12), log("b", None, 13)], {1: "b"}, id="heads without a time"),
    ],
)
def test_each_process_gets_the_log_it_writes(
    seekers: list[tuple[int, float, float]], logs: list[Log], expected: dict[int, str]
) -> None:
    shared = share([Seeker(*seeker) for seeker in seekers], logs)

    assert {pid: given.native for pid, given in shared.items()} == expected


def test_seekers_of_one_place_share_and_others_do_not() -> None:
    one, two, three = (Seeker(pid, 0.0, 0.0) for pid in (1, 2, 3))

    groups = log_heads.seekers_by_place([(one, FAKE, "/h", "/p"), (two, FAKE, "/h", "/p"), (three, FAKE, "/h", "/q")])

    assert [(home, cwd, seekers) for _, home, cwd, seekers in groups] == [
        ("/h", "/p", [one, two]),
        ("/h", "/q", [three]),
    ]


def test_a_log_that_does_not_tell_when_it_began_is_that_of_a_process_that_ran_when_it_was_written() -> None:
    seeker = Seeker(7, begun_at=100.0, seen_at=105.0)
    before, meanwhile = Log("/a", "a", None, 99.0), Log("/b", "b", None, 102.0)

    assert share([seeker], [before]) == {}
    assert share([seeker], [before, meanwhile]) == {7: meanwhile}


def test_of_an_agent_with_a_folder_for_each_conversation_the_youngest_folders_are_looked_into(tmp_path: Path) -> None:
    starred = replace(SILENT, log_dirs=lambda home, _cwd, _now: [f"{home}/sessions/*"])
    for number in range(log_heads.MOST_FOLDERS + 3):
        write(tmp_path / "sessions" / f"s{number}", f"n{number}")
        os.utime(tmp_path / "sessions" / f"s{number}", (number, number))

    assert len(found(LogHeads(), tmp_path, starred)) == log_heads.MOST_FOLDERS
    assert "n0" not in found(LogHeads(), tmp_path, starred)
    assert log_heads.folders(starred, str(tmp_path), CWD, NOW)[0] == str(tmp_path / "sessions")
    assert found(LogHeads(), tmp_path / "nowhere", starred) == []


def test_a_folder_for_each_conversation_may_hold_its_log_further_below(tmp_path: Path) -> None:
    starred = replace(SILENT, log_dirs=lambda home, _cwd, _now: [f"{home}/sessions/*/agents/main"])
    write(tmp_path / "sessions" / "s1" / "agents" / "main", "n1")

    assert list(found(LogHeads(), tmp_path, starred)) == ["n1"]
