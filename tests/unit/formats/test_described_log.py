"""Logs of agents that a person described."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.events import ActivitySeen, Event, RequestClosed, RequestOpened, TurnFinished, TurnStarted
from desktop.domain.ids import SessionId
from desktop.domain.requests import RequestKind
from desktop.domain.session import Ending
from desktop.domain.settings import DescribedAgent
from desktop.formats import described_log
from desktop.formats.described_log import BadDescription, DescribedLog, Sort, recognised, rules_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SESSION = SessionId("mine:one")
LINES = DescribedAgent(
    "Mine",
    working=("^> ", "tool:"),
    waiting=(r"\[y/N\]",),
    question=(r"\?$",),
    done=("^done",),
    failed=("(?i)error",),
)
RECORDS = DescribedAgent(
    "Mine", json_field="event.type", text_field="event.parts.0.text", working=("^step$",), waiting=("^ask$",)
)


def reader(described: DescribedAgent = LINES) -> DescribedLog:
    return DescribedLog(SESSION, rules_of(described), lambda: NOON)


def fed(*lines: str) -> list[Event]:
    made = reader()
    return [event for line in lines for event in made.feed(line.encode())]


@pytest.mark.parametrize(
    ("line", "sort"),
    [
        ("> write the tests", Sort.WORKING),
        ("delete a.txt [y/N]", Sort.WAITING),
        ("which one?", Sort.QUESTION),
        ("done in 3 s", Sort.DONE),
        ("Error: done [y/N]?", Sort.FAILED),
        ("nothing of note", None),
        ("", None),
    ],
)
def test_a_line_means_the_most_urgent_thing_that_fits(line: str, sort: Sort | None) -> None:
    assert recognised(rules_of(LINES), line.encode()) == (sort, line)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"event": {"type": "ask", "parts": [{"text": "may I?"}]}}, (Sort.WAITING, "may I?")),
        ({"event": {"type": "step", "parts": []}}, (Sort.WORKING, "")),
        ({"event": {"type": "other", "parts": [{"text": True}]}}, (None, "true")),
        ({"event": {"type": 7, "parts": [{"text": 1.5}]}}, (None, "1.5")),
        ({"event": {"type": False}}, (None, "")),
        ({"event": "ask"}, (None, "")),
        ({"event": {"type": ["ask"]}}, (None, "")),
        (["ask"], (None, "")),
    ],
)
def test_a_record_tells_by_its_field(record: object, told: tuple[Sort | None, str]) -> None:
    assert recognised(rules_of(RECORDS), json.dumps(record).encode()) == told


def test_without_a_field_of_the_text_what_was_matched_is_shown_and_the_whole_line_without_one_to_match() -> None:
    by_field = DescribedAgent("Mine", json_field="say", working=("go",))
    by_line = DescribedAgent("Mine", text_field="say", working=("go",))

    assert recognised(rules_of(by_field), b'{"say":"go on","x":1}') == (Sort.WORKING, "go on")
    assert recognised(rules_of(by_line), b'{"say":"on we go"}') == (Sort.WORKING, "on we go")


def test_a_turn_from_the_first_step_to_the_end() -> None:
    assert fed("> begin", "tool: ls", "done, all is well") == [
        TurnStarted(SESSION, NOON),
        ActivitySeen(SESSION, NOON, "> begin"),
        ActivitySeen(SESSION, NOON, "tool: ls"),
        TurnFinished(SESSION, NOON, last_words="done, all is well"),
    ]


def test_a_failure_ends_the_turn_with_its_words() -> None:
    assert fed("error: no credit left") == [TurnFinished(SESSION, NOON, Ending.FAILED, error="error: no credit left")]


def test_what_it_asks_is_open_until_anything_else_is_told() -> None:
    started, asked, closed, again, over, done = fed("may I? [y/N]", "noise", "which one?", "done")

    assert isinstance(started, TurnStarted)
    assert isinstance(asked, RequestOpened)
    assert (asked.request.kind, asked.request.text) == (RequestKind.PERMISSION, "may I? [y/N]")
    assert not asked.request.is_answerable
    assert asked.request.why_not
    assert closed == RequestClosed(SESSION, asked.request.id, NOON, "it went on")
    assert isinstance(again, RequestOpened)
    assert again.request.kind is RequestKind.ELICITATION
    assert over == RequestClosed(SESSION, again.request.id, NOON, "it went on")
    assert isinstance(done, TurnFinished)


def test_the_same_question_twice_is_two_requests() -> None:
    asked = [event.request.id for event in fed("sure?", "sure?") if isinstance(event, RequestOpened)]

    assert len(set(asked)) == 2


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2026-01-02T03:04:05Z done", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05,5+02:00 done", datetime(2026, 1, 2, 1, 4, 5, 500000, tzinfo=UTC)),
        ("2026-13-02T03:04:05Z done", NOON),
        ("0001-01-01T00:00:00+23:00 done", NOON),
        ("done", NOON),
    ],
)
def test_a_line_happened_when_it_says_or_else_now(line: str, at: datetime) -> None:
    made = reader(DescribedAgent("Mine", done=("done",)))

    [event] = made.feed(line.encode())

    assert isinstance(event, TurnFinished)
    assert event.at == at


def test_a_time_without_a_zone_is_local() -> None:
    [event] = reader(DescribedAgent("Mine", done=("done",))).feed(b"2026-01-02 03:04:05 done")

    assert isinstance(event, TurnFinished)
    assert event.at == datetime(2026, 1, 2, 3, 4, 5).astimezone()  # local is what is meant


def test_the_end_of_a_log_is_enough_once_a_line_means_something() -> None:
    assert reader().skim(b"noise\nnoise\n", is_last_try=False) is None
    assert reader().skim(b"noise\nnoise\n", is_last_try=True) == []
    made = reader()
    found = made.skim(b"which?\n\n> on\n", 0, is_last_try=False)
    assert found is not None
    assert isinstance(found[-1], ActivitySeen)
    assert (made.is_decided, made.skipped) == (True, 0)


@pytest.mark.parametrize(
    ("expressions", "said"),
    [
        (("(",), "missing )"),
        (("(?=ahead)x",), "Look-around and back references are not possible"),
        ((r"(a)\1",), "Look-around and back references are not possible"),
        (("",), "an empty expression fits every line"),
        ((".*",), "fits every line, even an empty one"),
        (("x?",), "fits every line, even an empty one"),
        (("a" * 501,), "longer than 500 letters"),
        (("a",) * 51, "more than 50 expressions"),
        (("((a{1,1000}){1,1000}){1,1000}b",), "is refused"),
    ],
)
def test_an_expression_that_is_wrong_or_could_hang_is_refused_with_the_reason(
    expressions: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadDescription) as refused:
        rules_of(DescribedAgent("Mine", waiting=expressions))

    assert said in str(refused.value)
    assert str(refused.value).startswith("waiting: ")


def test_what_hangs_elsewhere_takes_linear_time() -> None:
    rules = rules_of(DescribedAgent("Mine", working=("(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$")))
    line = b"x" * 60_000

    began = time.monotonic()
    assert recognised(rules, line)[0] is None

    assert time.monotonic() - began < 2.0


def test_of_a_huge_line_only_the_beginning_counts() -> None:
    line = b"x" * described_log.LONGEST_LINE + b" [y/N]"

    sort, shown = recognised(rules_of(LINES), line)

    assert (sort, len(shown)) == (None, 4000)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_nothing_is_raised(line: bytes) -> None:
    for described in (LINES, RECORDS):
        made = DescribedLog(SESSION, rules_of(described), lambda: NOON + timedelta())
        made.feed(line)
        made.skim(line, is_last_try=True)
