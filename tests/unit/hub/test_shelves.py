"""Rows in their order, however they came."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desktop.domain.board import Board, Row
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.phase import Phase
from desktop.domain.session import Launch
from desktop.hub.shelves import Shelves

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
KIND = AgentKind("fake")


def row(session: str, phase: Phase = Phase.WORKING, minutes: int = 1) -> Row:
    return Row(
        session=SessionId(session),
        phase=phase,
        reason="",
        since=NOW - timedelta(minutes=minutes),
        name=session,
        project="",
        cwd="",
        branch="",
        agent=KIND,
        agent_label="Fake",
        model="",
        launch=Launch.INTERACTIVE,
        pid=None,
        line="",
        requests=(),
        evidence=(),
        changed_files=(),
        subagents=(),
        notice="",
        resume_command="",
        can_prompt=False,
        prompt_channel="",
        can_interrupt=False,
        can_stop=False,
    )


def board(shelves: Shelves, show_ended: int = 10) -> Board:
    return shelves.board(NOW, (), {KIND: True}, timedelta(minutes=show_ended))


def names(shown: Board) -> list[tuple[str, list[str]]]:
    return [(group.title, [item.name for item in group.rows]) for group in shown.groups]


def test_what_waits_longest_and_what_changed_last_come_first() -> None:
    shelves = Shelves()
    for item in (
        row("w1", minutes=5),
        row("w2", minutes=2),
        row("a1", Phase.NEEDS_APPROVAL, 3),
        row("a2", Phase.NEEDS_ANSWER, 9),
    ):
        shelves.put(item)

    shown = board(shelves)

    assert names(shown) == [("Needs you", ["a2", "a1"]), ("Working", ["w2", "w1"])]
    assert shown.counts == ((Phase.NEEDS_APPROVAL, 1), (Phase.NEEDS_ANSWER, 1), (Phase.WORKING, 2))
    assert shown.needs_you == 2
    assert shown.oldest_wait == NOW - timedelta(minutes=9)
    assert shown.agents_seen == ((KIND, "Fake", True),)


def test_a_failure_needs_the_person_too_and_stands_below_the_requests() -> None:
    shelves = Shelves()
    for item in (row("f", Phase.FAILED, 90), row("a", Phase.NEEDS_APPROVAL, 3), row("q", Phase.NEEDS_ANSWER, 2)):
        shelves.put(item)
    shelves.put(row("x", Phase.FAILED, 1))
    shelves.put(row("x", Phase.NEEDS_ANSWER, 1))

    shown = board(shelves)

    assert names(shown) == [("Needs you", ["a", "q", "x", "f"])]
    assert shown.needs_you == len(shown.groups[0].rows)
    assert shown.groups[0].phase is Phase.NEEDS_APPROVAL
    assert shown.oldest_wait == NOW - timedelta(minutes=90)


@pytest.mark.parametrize("phase", list(Phase))
def test_what_is_counted_is_what_stands_under_the_heading(phase: Phase) -> None:
    shelves = Shelves()
    shelves.put(row("one", phase))

    shown = board(shelves)

    assert (shown.groups[0].title == "Needs you") is (shown.needs_you == 1) is phase.needs_person


def test_a_session_that_ended_long_ago_is_not_shown() -> None:
    shelves = Shelves()
    shelves.put(row("old", Phase.ENDED, 30))
    assert board(shelves) == Board(NOW)

    shelves.put(row("new", Phase.ENDED, 3))

    assert names(board(shelves)) == [("Ended", ["new"])]
    assert board(shelves).agents_seen == ((KIND, "Fake", True),)


def test_a_forgotten_session_is_gone() -> None:
    shelves = Shelves()
    shelves.put(row("one"))
    shelves.drop(SessionId("one"))
    shelves.drop(SessionId("never there"))

    assert board(shelves) == Board(NOW)


def test_however_often_rows_change_the_board_is_that_of_fresh_shelves() -> None:
    chance = random.Random(4)
    shelves, last = Shelves(), dict[str, Row]()
    for _ in range(2000):
        item = row(f"s{chance.randrange(30)}", chance.choice(list(Phase)), chance.randrange(20))
        last[item.name] = replace(item, line=str(chance.random()))
        shelves.put(last[item.name])
        if chance.random() < 0.1:
            gone = chance.choice(list(last))
            del last[gone]
            shelves.drop(SessionId(gone))

    fresh = Shelves()
    for item in last.values():
        fresh.put(item)

    assert board(shelves) == board(fresh)
