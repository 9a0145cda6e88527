"""G17: what one event costs the hub, its share of the redraw included, with one live session and with a thousand."""

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measure import Row

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop.agents.claude_code import AGENT
from desktop.domain.events import (
    ActivitySeen,
    EvidenceGiven,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnStarted,
)
from desktop.domain.ids import SessionId
from desktop.domain.session import Claim, Evidence, Source
from desktop.domain.settings import Settings
from desktop.formats.unread_call import UnreadCall
from desktop.hub.hub import Hub

MANY = 1000
EVENTS = 2000
# A hundred events a second, and ten pictures.
EVENTS_A_BOARD = 10
BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Make two hubs."""
    del work
    one, many = _Live(1), _Live(MANY)
    yield [
        Row(f"G17 an event with {MANY} sessions / with 1", many.events, 1.3, one.events, unit="us"),
        Row(f"G17 an event and its share of a board, {MANY} / 1", many.events_and_boards, 1.3, one.events_and_boards,
            unit="us"),
    ]  # fmt: skip


class _Live:
    """A hub with sessions that work."""

    def __init__(self, sessions: int) -> None:
        self._now = BEGIN + timedelta(hours=1)
        self._hub = Hub([AGENT], Settings(), BEGIN)
        self._sessions = [SessionId(f"{AGENT.kind}:{number}") for number in range(sessions)]
        self._count = 0
        for number, session in enumerate(self._sessions):
            evidence = Evidence(Source.LIVE_STATE, Claim.WORKING, self._now, origin=str(1000 + number))
            for event in (
                SessionDescribed(session, AGENT.kind, self._now, cwd="/home/dev/project", pid=1000 + number),
                EvidenceGiven(session, evidence),
                TurnStarted(session, self._now, "do it"),
            ):
                self._hub.observe(event, self._now)

    def events(self) -> float:
        return self._run(boards=False)

    def events_and_boards(self) -> float:
        return self._run(boards=True)

    def _run(self, *, boards: bool) -> float:
        begin = time.perf_counter()
        for number in range(EVENTS // 4):
            session = self._sessions[number % len(self._sessions)]
            self._count += 1
            self._now += timedelta(milliseconds=40)
            call = f"t{self._count}"
            for step, event in enumerate(
                (
                    ToolCallStarted(session, UnreadCall(session, call, "Bash", b'{"command":"make"}', self._now)),
                    ActivitySeen(session, self._now, f"running make {self._count}"),
                    ToolCallEnded(session, call, self._now),
                    ActivitySeen(session, self._now, "thinking"),
                )
            ):
                self._hub.observe(event, self._now)
                self._hub.next_deadline()
                if boards and (number * 4 + step) % EVENTS_A_BOARD == 0:
                    self._hub.board(self._now)
        return (time.perf_counter() - begin) / EVENTS * 1e6
