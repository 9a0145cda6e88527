"""One session's transcript, from first sight on."""

from datetime import UTC, datetime
from pathlib import Path

from desktop.domain.events import ActivitySeen, SessionDescribed, TurnStarted
from desktop.domain.ids import SessionId
from desktop.watchers.log_follow import Follow
from tests.fakes.fake_agent import record
from tests.fakes.fake_agent_record import FAKE

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def follow(tmp_path: Path) -> Follow:
    return Follow(FAKE, SessionId("fake:one"), "one", str(tmp_path), "/project")


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_it_says_which_file_it_follows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("prompt", text="p"))
    one = follow(tmp_path)

    events = one.attach(str(path), None, NOW)
    one.close()

    assert isinstance(events[0], SessionDescribed)
    assert events[0].transcript == str(path)
    assert isinstance(events[1], TurnStarted)


def test_a_file_that_cannot_be_opened_is_not_followed(tmp_path: Path) -> None:
    one = follow(tmp_path)

    assert one.attach(str(tmp_path / "none"), None, NOW) == []
    assert one.path == ""
    assert one.poll() == []


def test_what_was_seen_is_not_told_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("prompt", text="p") + b'{"kind": "torn')
    one = follow(tmp_path)
    one.attach(str(path), None, NOW)

    assert one.poll() == []
    append(path, b'"}\n' + record("activity", text="a") + record("activity", text="b"))
    events = one.poll()
    one.close()

    assert [event.text for event in events if isinstance(event, ActivitySeen)] == ["b"]


def test_after_a_replacement_a_fresh_reader_reads_the_new_text(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("prompt", text="old"))
    one = follow(tmp_path)
    one.attach(str(path), None, NOW)
    one.poll()

    fresh = tmp_path / "fresh"
    fresh.write_bytes(record("prompt", text="new"))
    fresh.replace(path)
    events = one.poll() + one.poll()
    one.close()

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["new"]


def test_what_was_written_while_we_were_away_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("activity", text="before"))
    before = follow(tmp_path)
    before.attach(str(path), None, NOW)
    checkpoint = before.checkpoint()
    before.close()
    append(path, record("files", paths=["a"]) + record("activity", text="x" * 500) * 100 + record("done"))

    after = follow(tmp_path)
    events = after.attach(str(path), checkpoint, NOW)
    after.close()

    assert any(getattr(event, "paths", None) == ("a",) for event in events)


def test_fault_7_records_nobody_can_read_are_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"garbage\n" + record("prompt", text="p"))
    one = follow(tmp_path)
    one.attach(str(path), None, NOW)
    assert one.newly_skipped() == 1

    append(path, b"\0\0\0\nmore garbage\n")
    one.poll()

    assert one.newly_skipped() == 2
    assert one.newly_skipped() == 0
    one.close()
