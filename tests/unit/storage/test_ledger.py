"""The ledger on real files: what is written once stays, and what was touched is noticed."""

import contextlib
import ctypes
import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from desktop.storage import ledger as ledger_module
from desktop.storage.ledger import AlreadyDecidedError, Decision, Ledger, LedgerError

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    made = Ledger(path)
    yield made
    made.close()


def decision(request: str = "r1", at: datetime = NOON) -> Decision:
    return Decision(at, request, "example:one", "allow", "d" * 64, "a" * 64, "window")


def opens(ledger: Ledger, *requests: str, at: datetime = NOON) -> None:
    for request in requests:
        ledger.note_opened(request, "example:one", "example", "permission", "Bash", "shop", at)


def decides(ledger: Ledger, *requests: str) -> None:
    opens(ledger, *requests)
    for request in requests:
        ledger.decide(decision(request))


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    """What another program finds in the file."""
    with sqlite3.connect(path) as other:
        rows = other.execute(query).fetchall()
    other.close()
    return rows


# -- decisions


def test_a_decision_is_on_disk_when_decide_returns(ledger: Ledger, path: Path) -> None:
    opens(ledger, "r1")

    ledger.decide(decision())

    assert asked(path, "SELECT request, verdict, digest, answer_digest, surface FROM decisions") == [
        ("r1", "allow", "d" * 64, "a" * 64, "window")
    ]
    assert asked(path, "SELECT state, surface, answered_at FROM waits") == [
        ("answered", "window", "2026-05-06T12:00:00.000+00:00")
    ]


def test_every_commit_waits_for_the_disk(ledger: Ledger) -> None:
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_second_decision_about_a_request_is_refused_and_leaves_no_trace(ledger: Ledger) -> None:
    decides(ledger, "r1")

    with pytest.raises(AlreadyDecidedError):
        ledger.decide(replace(decision(), verdict="deny"))

    assert ledger.count_decisions() == 1
    assert ledger.verify() == ""


def test_what_does_not_wait_any_more_cannot_be_decided(ledger: Ledger) -> None:
    opens(ledger, "r1")
    ledger.note_closed("r1", NOON, "answered in the terminal")

    with pytest.raises(AlreadyDecidedError):
        ledger.decide(decision())

    assert ledger.count_decisions() == 0


def test_fault_19_a_request_whose_own_entry_was_lost_is_not_said_to_be_answered(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not on record"):
        ledger.decide(decision())

    assert ledger.count_decisions() == 0
    decides(ledger, "r1")
    assert (ledger.count_decisions(), ledger.verify()) == (1, "")


def test_of_two_connections_deciding_at_once_exactly_one_wins(ledger: Ledger, path: Path) -> None:
    opens(ledger, *(f"r{number}" for number in range(20)))
    told: list[str] = []
    both_ready = threading.Barrier(2)

    def decide_all() -> None:
        own = Ledger(path)
        both_ready.wait()
        for number in range(20):
            try:
                own.decide(decision(f"r{number}"))
            except AlreadyDecidedError:
                told.append("late")
            else:
                told.append("won")
        own.close()

    threads = [threading.Thread(target=decide_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["late"] * 20 + ["won"] * 20
    assert (ledger.count_decisions(), ledger.verify()) == (20, "")


def test_a_refused_decision_does_not_stop_the_next_one(ledger: Ledger) -> None:
    decides(ledger, "r1")
    with pytest.raises(AlreadyDecidedError):
        ledger.decide(decision())

    decides(ledger, "r2")

    assert (ledger.count_decisions(), ledger.verify()) == (2, "")


# -- the chain


@pytest.fixture
def chain(ledger: Ledger) -> Ledger:
    decides(ledger, "r1", "r2", "r3")
    assert ledger.verify() == ""
    return ledger


def test_each_decision_holds_the_hash_of_the_one_before(chain: Ledger, path: Path) -> None:
    rows = asked(path, "SELECT previous, hash FROM decisions ORDER BY number")

    assert rows[0][0] == "0" * 64
    assert [row[0] for row in rows[1:]] == [row[1] for row in rows[:-1]]
    assert len({row[1] for row in rows}) == 3


SWAP = (
    "UPDATE decisions SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number > 1;"
    "UPDATE decisions SET number = -number WHERE number < 0"
)


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        ("UPDATE decisions SET verdict='deny' WHERE number=2", "decision 2 was changed"),
        ("UPDATE decisions SET at='2020-01-01T00:00:00.000+00:00' WHERE number=1", "decision 1 was changed"),
        ("UPDATE decisions SET surface='tray' WHERE number=3", "decision 3 was changed"),
        ("UPDATE decisions SET hash=previous WHERE number=2", "decision 2 was changed"),
        ("DELETE FROM decisions WHERE number=1", "decision 1 is missing"),
        ("DELETE FROM decisions WHERE number=2", "decision 2 is missing"),
        ("DELETE FROM decisions WHERE number=3", "3 requests were answered, 2 decisions are on record"),
        ("DELETE FROM decisions", "3 requests were answered, 0 decisions are on record"),
        (
            "DELETE FROM decisions WHERE number=2; UPDATE decisions SET number=2 WHERE number=3",
            "decision 2 was changed",
        ),
        (
            SWAP,
            "decision 2 was changed",
        ),
    ],
)
def test_attack_58_verify_says_what_was_done_to_the_record(chain: Ledger, path: Path, attack: str, told: str) -> None:
    other = sqlite3.connect(path)
    other.executescript(attack)
    other.close()

    assert chain.verify().startswith(told)


def test_attack_58_an_entry_put_in_by_another_hand_is_noticed_though_its_own_hash_is_right(
    chain: Ledger, path: Path
) -> None:
    forged = ("2026-05-06T12:00:00.000+00:00", "r4", "example:one", "allow", "d", "a", "window")
    link = hashlib.sha256(repr(forged).encode()).hexdigest()
    other = sqlite3.connect(path)
    other.execute("INSERT INTO decisions VALUES (4,?,?,?,?,?,?,?,?,?)", (*forged, "f" * 64, link))
    other.commit()
    other.close()

    assert chain.verify() == "decision 4 was changed after it was written"


def test_the_chain_goes_on_over_a_restart(path: Path) -> None:
    first = Ledger(path)
    decides(first, "r1")
    first.close()

    second = Ledger(path)
    decides(second, "r2")

    assert (second.count_decisions(), second.verify()) == (2, "")
    second.close()


def test_a_zone_of_its_own_does_not_break_the_chain(ledger: Ledger) -> None:
    opens(ledger, "r1")
    ledger.decide(decision(at=NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))))

    assert ledger.verify() == ""
    assert ledger._db.execute("SELECT at FROM decisions").fetchone() == ("2026-05-06T12:00:00.000+00:00",)


# -- the file


def test_the_file_is_for_its_owner_alone(ledger: Ledger, path: Path) -> None:
    opens(ledger, "r1")

    assert {entry.stat().st_mode & 0o077 for entry in path.parent.iterdir()} == {0}
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "victim")

    with pytest.raises(OSError, match="symbolic"):
        Ledger(path)

    assert not os.path.lexists(tmp_path / "victim")


def test_fault_20_a_file_that_is_no_ledger_is_moved_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this was a ledger once" * 100)

    ledger = Ledger(path)

    assert ledger.moved_aside is not None
    assert ledger.moved_aside.name.startswith("ledger.sqlite3.corrupt-")
    assert ledger.moved_aside.read_bytes() == b"this was a ledger once" * 100
    decides(ledger, "r1")
    assert ledger.count_decisions() == 1
    ledger.close()


def test_one_who_only_looks_leaves_a_broken_file_where_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this was a ledger once" * 100)

    with pytest.raises(LedgerError, match=r"not a database\. At the next start it is put aside"):
        Ledger(path, repairs=False)

    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.sqlite3"]
    assert path.read_bytes() == b"this was a ledger once" * 100


def test_fault_20_a_ledger_whose_first_page_was_overwritten_is_moved_aside(path: Path) -> None:
    old = Ledger(path)
    decides(old, "r1")
    old.close()
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * 3996 + content[4096:])

    ledger = Ledger(path)

    assert ledger.moved_aside is not None
    assert ledger.count_decisions() == 0
    ledger.close()


def test_fault_22_a_ledger_of_a_newer_version_is_refused_untouched(path: Path) -> None:
    old = Ledger(path)
    decides(old, "r1")
    old.close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version=99")
    other.close()
    before = path.read_bytes()

    with pytest.raises(LedgerError, match=r"newer version \(99, this one knows \d+\). Update Agent Tray"):
        Ledger(path)

    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.sqlite3"]


@pytest.fixture
def lock(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another program writes, and does not come to an end."""
    monkeypatch.setattr(ledger_module, "BUSY_TIMEOUT_S", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_fault_21_a_ledger_that_another_program_keeps_locked_decides_nothing_and_recovers(
    ledger: Ledger, lock: sqlite3.Connection, path: Path
) -> None:
    late = Ledger(path)
    lock.execute("ROLLBACK")
    opens(late, "r1")
    lock.execute("BEGIN IMMEDIATE")

    with pytest.raises(LedgerError, match=r"ledger\.sqlite3: database is locked"):
        late.decide(decision())

    assert late.count_decisions() == 0
    lock.execute("ROLLBACK")
    late.decide(decision())
    assert (late.count_decisions(), late.verify()) == (1, "")
    late.close()


def test_fault_21_a_lock_at_the_first_start_is_told_with_what_helps(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "BUSY_TIMEOUT_S", 0.1)
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(LedgerError, match=r"database is locked\. Close what uses it\."):
        Ledger(path)

    other.close()


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from desktop.storage.ledger import Decision, Ledger, LedgerError

path = Path(sys.argv[1])
ledger = Ledger(path)
now = datetime(2026, 5, 6, tzinfo=UTC)
for number in range(100):
    ledger.note_opened(f"r{number}", "s", "a", "permission", "Bash", "shop", now)
written = path.with_name(path.name + "-wal").stat().st_size
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (written + 50_000, hard))
decided = 0
try:
    for number in range(100):
        ledger.decide(Decision(now, f"r{number}", "s", "allow", "d" * 64, "a" * 64, "window"))
        decided += 1
except LedgerError as error:
    print(error)
else:
    print("nothing failed")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert ledger.count_decisions() == decided > 0, (ledger.count_decisions(), decided)
assert ledger.verify() == "", ledger.verify()
ledger.decide(Decision(now, f"r{decided}", "s", "allow", "d" * 64, "a" * 64, "window"))
ledger.close()
print("went on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_fault_19_a_decision_that_cannot_be_written_is_no_decision_and_the_next_one_can_be(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=50
    )

    assert done.stderr == ""
    refusal, went_on = done.stdout.splitlines()
    assert refusal.startswith(f"{path}: disk I/O error")
    assert went_on == "went on"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that holds little."""
    place = tmp_path / "disk"
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=512k") != 0:
        pytest.skip("only an administrator can make a small disk")
    yield place
    libc.umount2(os.fsencode(place), 2)  # MNT_DETACH


def test_fault_19_on_a_full_disk_nothing_is_decided_until_there_is_room(small_disk: Path) -> None:
    ledger = Ledger(small_disk / "ledger.sqlite3")
    opens(ledger, "r1")
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)

    with pytest.raises(LedgerError, match="full"):
        ledger.decide(decision())

    assert ledger.count_decisions() == 0
    filler.unlink()
    ledger.decide(decision())
    assert (ledger.count_decisions(), ledger.verify()) == (1, "")
    ledger.close()


# -- what is remembered


def test_a_ledger_of_the_first_version_is_taken_over_with_all_that_is_in_it(path: Path) -> None:
    path.parent.mkdir(parents=True)
    first = sqlite3.connect(path)
    first.executescript(ledger_module._SCHEMA)
    first.execute("INSERT INTO sessions (session, name) VALUES ('example:one', 'Refunds')")
    first.execute("PRAGMA user_version=1")
    first.commit()
    first.close()

    second = Ledger(path)

    second.save_task("example:one", "May")
    assert (second.names(), second.tasks()) == ({"example:one": "Refunds"}, {"example:one": "May"})
    second.close()


def test_names_and_looks_are_found_again_after_a_restart(path: Path) -> None:
    first = Ledger(path)
    first.save_name("example:one", "Refunds")
    first.save_name("example:two", "Search")
    first.save_name("example:two", "")
    first.save_seen("example:one", NOON)
    first.save_seen("example:one", NOON + timedelta(minutes=1))
    first.save_seen("example:three", NOON)
    first.save_task("example:one", "May")
    first.save_task("example:two", "May")
    first.save_task("example:two", "")
    first.close()

    second = Ledger(path)

    assert second.names() == {"example:one": "Refunds"}
    assert second.tasks() == {"example:one": "May"}
    assert second.seen() == {"example:one": NOON + timedelta(minutes=1), "example:three": NOON}
    second.close()


def test_what_stands_on_the_screen_replaces_what_stood_there(path: Path) -> None:
    first = Ledger(path)
    assert first.shown() == ("", frozenset())
    first.save_shown("bus :1.5", {1, 2})
    first.save_shown("bus :1.6", {2, 4_294_967_295})
    first.close()

    second = Ledger(path)

    assert second.shown() == ("bus :1.6", {2, 4_294_967_295})
    second.save_shown("", ())
    assert second.shown() == ("", frozenset())
    second.close()


def test_cursors_are_found_again_and_the_last_one_saved_holds(ledger: Ledger) -> None:
    ledger.save_cursors({"/a": {"offset": 1, "head": "x"}, "/b": {"offset": 2}})
    ledger.save_cursors({"/a": {"offset": 3, "head": "é"}})

    assert ledger.cursors() == {"/a": {"offset": 3, "head": "é"}, "/b": {"offset": 2}}


def test_of_cursors_that_cannot_all_be_kept_none_is(ledger: Ledger) -> None:
    with pytest.raises(TypeError):
        ledger.save_cursors({"/a": {"offset": 1}, "/b": {"offset": object()}})

    assert ledger.cursors() == {}
    ledger.save_cursors({"/b": {"offset": 2}})
    assert ledger.cursors() == {"/b": {"offset": 2}}


# -- sums


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_the_time_that_sessions_stood_blocked_is_summed(ledger: Ledger) -> None:
    opens(ledger, "answered", "closed", "still open")
    ledger.decide(decision("answered", at=after(2)))
    ledger.note_closed("answered", after(3), "answered")
    ledger.note_closed("closed", after(5), "answered in the terminal")

    assert ledger.waited(NOON, after(10)) == ((2 + 5 + 10) * 60, 0)


def test_of_a_wait_that_began_earlier_only_what_fell_into_the_time_counts(ledger: Ledger) -> None:
    opens(ledger, "over before", "ended within", "still open", at=after(-60))
    ledger.note_closed("over before", after(-30), "closed")
    ledger.note_closed("ended within", after(4), "closed")

    assert ledger.waited(NOON, after(10)) == ((4 + 10) * 60, 0)


def test_a_clock_that_was_set_back_counts_for_nothing(ledger: Ledger) -> None:
    opens(ledger, "r1", at=after(30))

    assert ledger.waited(NOON, after(10)) == (0, 0)


def test_notifications_shown_since_then_are_counted(ledger: Ledger) -> None:
    for minutes in (-1, 0, 1):
        ledger.note_raised("example:one/decision", "decision", after(minutes))

    assert ledger.waited(NOON, after(10)) == (0, 2)


def test_only_the_notification_still_up_is_withdrawn_or_used(ledger: Ledger, path: Path) -> None:
    ledger.note_raised("key", "decision", NOON)
    ledger.note_withdrawn("key", after(1))
    ledger.note_raised("key", "decision", after(2))
    ledger.note_acted("other key", after(3))
    ledger.note_withdrawn("key", after(4))

    assert [row[0] for row in asked(path, "SELECT withdrawn_at FROM notices ORDER BY number")] == [
        "2026-05-06T12:01:00.000+00:00",
        "2026-05-06T12:04:00.000+00:00",
    ]
    assert asked(path, "SELECT DISTINCT acted_at FROM notices") == [(None,)]


def test_the_first_look_at_a_request_and_its_first_end_hold(ledger: Ledger, path: Path) -> None:
    opens(ledger, "r1")
    opens(ledger, "r1", at=after(9))  # told again
    for minutes in (1, 2):
        ledger.note_seen("r1", after(minutes))
        ledger.note_closed("r1", after(minutes + 2), f"at {minutes}")

    assert asked(path, "SELECT opened_at, first_seen_at, closed_at, how, state FROM waits") == [
        (
            "2026-05-06T12:00:00.000+00:00",
            "2026-05-06T12:01:00.000+00:00",
            "2026-05-06T12:03:00.000+00:00",
            "at 1",
            "closed",
        )
    ]


def test_what_is_asked_again_after_an_earlier_run_can_be_decided_once(ledger: Ledger) -> None:
    opens(ledger, "r1")
    ledger.close_left_open(NOON)

    opens(ledger, "r1")
    decides(ledger, "r1")
    ledger.note_closed("r1", NOON, "answered")
    opens(ledger, "r1")

    with pytest.raises(AlreadyDecidedError):
        decides(ledger, "r1")


def test_what_an_earlier_run_left_open_is_closed_and_cannot_be_decided(ledger: Ledger) -> None:
    opens(ledger, "r1")

    ledger.close_left_open(after(5))

    assert ledger.waited(NOON, after(60)) == (5 * 60, 0)
    with pytest.raises(AlreadyDecidedError):
        ledger.decide(decision())


def test_text_that_is_no_unicode_is_kept_as_well_as_it_can_be(ledger: Ledger) -> None:
    ledger.note_opened("r1", "example:\udcff", "example", "permission", "To\ud800ol", "sh\udcc3op", NOON)
    ledger.decide(replace(decision(), session="example:\udcff"))
    ledger.save_name("example:one", "\ud800")
    ledger.save_cursors({"/\udcff": {"offset": 1}})

    assert (ledger.count_decisions(), ledger.verify()) == (1, "")
    assert ledger.names() == {"example:one": "\\ud800"}
    assert ledger.cursors() == {"/\\udcff": {"offset": 1}}


def test_no_text_of_a_request_or_a_reply_has_a_place_in_it(ledger: Ledger) -> None:
    columns = {
        name
        for (table,) in ledger._db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
        for _, name, *_ in ledger._db.execute(f"PRAGMA table_info({table})")
    }

    assert columns.isdisjoint({"text", "prompt", "command", "answer", "reason", "payload", "body", "title"})
