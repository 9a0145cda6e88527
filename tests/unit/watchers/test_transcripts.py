"""Many transcripts at once."""

from pathlib import Path

import pytest

from desktop.domain.events import ActivitySeen, RecordsSkipped
from desktop.domain.ids import SessionId
from desktop.watchers.log_tail import SLICE
from desktop.watchers.pace import Pace
from desktop.watchers.transcripts import Transcripts
from tests.fakes.fake_agent import record
from tests.fakes.fake_agent_record import FAKE, KIND, Heard, MemoryCursors


@pytest.fixture
def heard() -> Heard:
    """All events."""
    return Heard()


def log(home: Path, native: str) -> Path:
    folder = home / "logs" / "-project"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{native}.jsonl"


def follow(transcripts: Transcripts, home: Path, native: str, pid: int = 1) -> SessionId:
    session = SessionId(f"fake:{native}")
    transcripts.follow(pid, FAKE, session, native, str(home), "/project")
    return session


def test_a_flood_in_one_transcript_does_not_starve_another(tmp_path: Path, heard: Heard) -> None:
    transcripts = Transcripts(heard, store=MemoryCursors(), pace=Pace())
    for native in ("flood", "calm"):
        log(tmp_path, native).write_bytes(record("prompt", text="p"))
        follow(transcripts, tmp_path, native)
    with log(tmp_path, "flood").open("ab") as file:
        file.write(record("activity", text="x" * 900) * (4 * SLICE // 900))
    with log(tmp_path, "calm").open("ab") as file:
        file.write(record("activity", text="calm"))
    heard.events.clear()

    transcripts.poll({SessionId("fake:flood"), SessionId("fake:calm")})

    assert "calm" in [event.text for event in heard.events if isinstance(event, ActivitySeen)]
    assert transcripts.has_more
    transcripts.close()


def test_the_file_is_let_go_by_the_last_process(tmp_path: Path, heard: Heard) -> None:
    cursors = MemoryCursors()
    transcripts = Transcripts(heard, store=cursors, pace=Pace())
    log(tmp_path, "one").write_bytes(record("prompt", text="p"))
    session = follow(transcripts, tmp_path, "one", 1)
    follow(transcripts, tmp_path, "one", 2)

    transcripts.unfollow(session, 1)
    assert transcripts.paths
    transcripts.unfollow(session, 2)

    assert not transcripts.paths
    transcripts.close()
    assert cursors.kept.keys() == {str(log(tmp_path, "one"))}


def test_a_transcript_in_an_unlikely_folder_is_found_by_the_reconcile(tmp_path: Path, heard: Heard) -> None:
    transcripts = Transcripts(heard, store=MemoryCursors(), pace=Pace(reconcile_live=0.0))
    (tmp_path / "logs" / "moved").mkdir(parents=True)
    (tmp_path / "logs" / "moved" / "one.jsonl").write_bytes(record("prompt", text="p"))
    follow(transcripts, tmp_path, "one")
    assert not transcripts.paths

    transcripts.reconcile(1e12)

    assert transcripts.paths
    transcripts.close()


def test_fault_8_what_nobody_could_read_is_told_at_most_once_a_minute(tmp_path: Path, heard: Heard) -> None:
    transcripts = Transcripts(heard, store=MemoryCursors(), pace=Pace())
    for _ in range(3):
        transcripts.skip(KIND, "9.9", 2)

    transcripts.reconcile(0.0)
    assert heard.of(RecordsSkipped) == []
    transcripts.reconcile(1e12)
    transcripts.reconcile(1e12)

    told = [event for event in heard.events if isinstance(event, RecordsSkipped)]
    assert [(event.version, event.count) for event in told] == [("9.9", 6)]
    transcripts.close()


def test_only_the_names_that_matter_are_listened_for(tmp_path: Path, heard: Heard) -> None:
    transcripts = Transcripts(heard, store=MemoryCursors(), pace=Pace())
    log(tmp_path, "one").write_bytes(record("prompt", text="p"))
    follow(transcripts, tmp_path, "one")
    follow(transcripts, tmp_path, "two")
    interests: dict[str, frozenset[str] | None] = {}

    transcripts.add_interests(interests)

    assert interests == {str(tmp_path / "logs" / "-project"): frozenset({"one.jsonl", "two.jsonl"})}
    transcripts.close()


def test_where_a_transcript_lies_may_be_told_after_its_session(tmp_path: Path, heard: Heard) -> None:
    transcripts = Transcripts(heard, store=MemoryCursors(), pace=Pace())
    session = follow(transcripts, tmp_path, "one")
    path = tmp_path / "elsewhere.jsonl"
    path.write_bytes(record("activity", text="painting"))

    transcripts.follow(1, FAKE, session, "one", str(tmp_path), "/project", str(path))

    assert transcripts.path_of(session) == str(path)
    assert any(isinstance(event, ActivitySeen) for event in heard.events)
    transcripts.close()
