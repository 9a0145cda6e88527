"""The first look back, and what is kept of it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import SessionId
from desktop.domain.session import NameSource, ToolCall
from desktop.watchers import catch_up, own_files
from tests.fakes.fake_agent import record
from tests.fakes.fake_agent_record import KIND, FakeReader

S = SessionId("fake:one")
AT = datetime(2026, 1, 2, tzinfo=UTC)


class Counting:
    """Counts what is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        real = own_files.read_at

        def read_at(descriptor: int, size: int, offset: int) -> bytes:
            data = real(descriptor, size, offset)
            self.sizes.append(len(data))
            return data

        monkeypatch.setattr(own_files, "read_at", read_at)


def derive(path: Path) -> list[Event]:
    return catch_up.derive(str(path), lambda: FakeReader(S))


def test_a_transcript_that_ends_decided_costs_one_small_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    filler = record("activity", text="x" * 500) * 1000
    path.write_bytes(filler + record("prompt", text="hi") + record("title", text="T") + record("done"))
    counting = Counting(monkeypatch)

    events = derive(path)

    assert counting.sizes == [catch_up.FIRST_CHUNK]
    assert [type(event) for event in events if not isinstance(event, ActivitySeen)] == [
        SessionDescribed,
        TurnStarted,
        TurnFinished,
    ]


def test_an_undecided_end_is_looked_at_further_back_but_never_beyond_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("prompt", text="far away") + record("activity", text="x" * 500) * 5000)
    counting = Counting(monkeypatch)

    derive(path)

    assert sum(counting.sizes) <= catch_up.MOST + catch_up.HEAD


def test_the_head_is_read_for_a_name_only_when_the_end_gives_none(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(
        record("title", text="from the head") + record("activity", text="x" * 500) * 500 + record("prompt", text="p")
    )

    events = derive(path)

    assert [event.name for event in events if isinstance(event, SessionDescribed)] == [
        (NameSource.TITLE, "from the head")
    ]


def test_an_end_inside_a_huge_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("prompt", text="p") + b"x" * 600_000)
    descriptor = os.open(path, os.O_RDONLY)

    sight = catch_up.look_back(descriptor, path.stat().st_size, lambda: FakeReader(S))

    os.close(descriptor)
    assert sight.is_inside_line
    assert sight.offset == path.stat().st_size


def test_a_torn_last_line_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "log"
    whole = record("prompt", text="p")
    path.write_bytes(whole + b'{"kind": "do')
    descriptor = os.open(path, os.O_RDONLY)

    sight = catch_up.look_back(descriptor, path.stat().st_size, lambda: FakeReader(S))

    os.close(descriptor)
    assert sight.offset == len(whole)


def test_fault_7_bad_lines_are_counted_and_do_not_hide_good_ones() -> None:
    class Stumbling(FakeReader):
        def feed(self, line: bytes) -> list[Event]:
            if line == b"bad":
                raise RecursionError
            return super().feed(line)

    events, bad = catch_up.feed(Stumbling(S), [b"bad", b"\x00\x00", record("prompt", text="p"), b""])

    assert bad == 1
    assert [type(event) for event in events] == [TurnStarted]


def test_fault_8_an_unknown_record_means_nothing() -> None:
    assert catch_up.feed(FakeReader(S), [record("of-the-future", x=1)]) == ([], 0)


def test_only_the_last_turn_its_files_and_its_open_calls_are_kept() -> None:
    events: list[Event] = [
        TurnStarted(S, AT, "one"),
        FilesChanged(S, AT, ("old",)),
        ToolCallStarted(S, ToolCall("broken off", "Shell", "", AT)),
        TurnFinished(S, AT),
        TurnStarted(S, AT, "two"),
        FilesChanged(S, AT, ("a", "b")),
        ToolCallStarted(S, ToolCall("done", "Shell", "", AT)),
        ToolCallEnded(S, "done", AT),
        FilesChanged(S, AT, ("b", "c")),
        ToolCallStarted(S, ToolCall("open", "Shell", "", AT)),
        ActivitySeen(S, AT, "x"),
        ActivitySeen(S, AT, "y"),
    ]

    assert catch_up.sum_up(events) == [
        TurnStarted(S, AT, "two"),
        FilesChanged(S, AT, ("a", "b", "c")),
        ToolCallStarted(S, ToolCall("open", "Shell", "", AT)),
        ActivitySeen(S, AT, "y"),
    ]


def test_facts_are_merged_and_every_source_of_a_name_kept() -> None:
    events: list[Event] = [
        SessionDescribed(S, KIND, AT, model="m", name=(NameSource.PROMPT, "p")),
        SessionDescribed(S, KIND, AT, branch="b", name=(NameSource.TITLE, "t")),
    ]

    summed = catch_up.sum_up(events)

    assert summed[0] == SessionDescribed(S, KIND, AT, model="m", branch="b", name=(NameSource.TITLE, "t"))
    assert [event.name for event in summed if isinstance(event, SessionDescribed)] == [
        (NameSource.TITLE, "t"),
        (NameSource.PROMPT, "p"),
    ]


def test_of_many_signs_of_life_in_one_read_the_last_counts() -> None:
    first, last = ActivitySeen(S, AT, "a"), ActivitySeen(S, AT, "b")
    turn = TurnStarted(S, AT)

    assert catch_up.without_repeats([first, turn, last]) == [turn, last]
