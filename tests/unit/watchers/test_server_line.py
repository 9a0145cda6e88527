"""What is told of a conversation and when; connections are in tests/machine/watchers/test_agent_server.py."""

import json
import os
import selectors
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.domain.agent import ServerCall, ServerPlace, ServerWord, Transport
from desktop.domain.events import EvidenceGiven, SessionDescribed, SessionEnded
from desktop.domain.ids import session_id
from desktop.domain.replies import Prompt
from desktop.domain.session import Claim, Source
from desktop.watchers import server_line
from desktop.watchers.server_line import HUNG_UP, MOST_SESSIONS, TOO_LATE, Known, ServerLine
from desktop.watchers.session_owners import Owner
from tests.fakes import served_agent
from tests.fakes.hook_agent import Events

ONE = session_id(served_agent.KIND, "one")


class Stub:
    """A connection that stands and carries what a test puts in."""

    is_open = True

    def __init__(self) -> None:
        self.sent: list[ServerCall] = []

    def ready(self, sock: object, mask: int) -> list[ServerWord]:
        return []

    def send(self, calls: Sequence[ServerCall]) -> None:
        self.sent += calls

    def on_time(self, now: float) -> list[ServerWord]:
        return []

    def due(self) -> float:
        return float("inf")

    def close(self) -> None:
        pass


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def line(events: Events, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerLine]:
    monkeypatch.setattr(server_line, "open_link", lambda *_: Stub())
    agent = served_agent.agent("/nowhere")
    assert agent.server is not None
    with selectors.DefaultSelector() as selector:
        made = ServerLine(agent, agent.server, "", ServerPlace("/nowhere"), events, selector, Known())
        made.on_time(1e9)
        yield made
        made.close()


def says(line: ServerLine, claim: str, native: str = "one", cwd: str = "/shop") -> None:
    word = ServerWord(json.dumps({"session": native, "claim": claim, "cwd": cwd}).encode())
    line._hear([word])


def owner(pid: int = 1) -> Owner:
    return Owner(pid, "/shop", datetime.now(UTC) - timedelta(seconds=5))


def claims(events: Events) -> list[Claim]:
    return [event.evidence.claim for event in events.of(EvidenceGiven) if event.evidence.source is Source.SERVER]


def test_a_conversation_that_rests_is_told_when_its_process_is_found(line: ServerLine, events: Events) -> None:
    says(line, "resting")
    assert events.all == []

    line.add(owner())

    assert claims(events) == [Claim.RESTING]
    assert {event.session for event in events.of(SessionDescribed)} == {ONE}


def test_a_process_that_ends_while_it_rests_ends_its_session(line: ServerLine, events: Events) -> None:
    line.add(owner())
    says(line, "resting")

    line.remove(1)
    says(line, "resting")

    assert [event.why for event in events.of(SessionEnded)] == ["its terminal was closed"]
    assert claims(events) == [Claim.RESTING]
    assert not line.is_needed


def test_what_works_on_without_its_process_keeps_the_connection_until_it_rests(
    line: ServerLine, events: Events
) -> None:
    line.add(owner())
    says(line, "working")

    line.remove(1)
    assert line.is_needed
    says(line, "waiting for approval")
    says(line, "resting")

    assert claims(events) == [Claim.WORKING, Claim.WAITING_APPROVAL]
    assert [event.why for event in events.of(SessionEnded)] == ["its terminal was closed"]
    assert not line.is_needed


def test_a_flood_of_conversations_is_not_remembered(line: ServerLine, events: Events) -> None:
    for number in range(MOST_SESSIONS + 10):
        says(line, "working", f"s{number}", "/elsewhere")

    assert len(claims(events)) == MOST_SESSIONS


def test_a_line_without_a_connection_sends_nothing(line: ServerLine, tmp_path: Path) -> None:
    line.lose("it went")

    assert line.say(ONE, Prompt(ONE, "x")) == HUNG_UP
    assert line.reply(served_agent.RequestId("r"), b"") == TOO_LATE
    assert not line.serves(ONE)


def test_it_is_tried_again_later_and_later(line: ServerLine) -> None:
    waits = []
    for _ in range(8):
        line.lose("it went")
        waits.append(line._backoff)

    assert waits == sorted(waits)
    assert waits[-1] == server_line.LONGEST_RETRY_S


def test_a_server_of_one_process_tells_all_it_knows(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_line, "open_link", lambda *_: Stub())
    agent = served_agent.agent("http://127.0.0.1:1", Transport.HTTP, is_shared=False)
    assert agent.server is not None
    with selectors.DefaultSelector() as selector:
        line = ServerLine(agent, agent.server, "/home", ServerPlace("x"), events, selector, Known())
        line.add(owner(7))
        line.on_time(1e9)
        says(line, "resting", cwd="/elsewhere")

    assert [(event.pid, event.home) for event in events.of(SessionDescribed)] == [(7, "/home")]
    assert claims(events) == [Claim.RESTING]


def test_a_server_of_one_process_ends_its_sessions_with_it(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_line, "open_link", lambda *_: Stub())
    agent = served_agent.agent("http://127.0.0.1:1", Transport.HTTP, is_shared=False)
    assert agent.server is not None
    with selectors.DefaultSelector() as selector:
        line = ServerLine(agent, agent.server, "/home", ServerPlace("x"), events, selector, Known())
        line.add(owner(7))
        line.on_time(1e9)
        says(line, "working")

        line.remove(7)

    assert [event.session for event in events.of(SessionEnded)] == [ONE]
    assert not line.is_needed


def test_a_new_socket_is_left_to_the_agents_own_programs(
    events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(server_line, "open_link", lambda *_: opened.append(1) or Stub())
    agent = served_agent.agent(str(tmp_path / "s"))
    assert agent.server is not None
    (tmp_path / "s").touch()
    server = replace(agent.server, settles_s=60.0)
    with selectors.DefaultSelector() as selector:
        line = ServerLine(agent, server, "", ServerPlace(str(tmp_path / "s")), events, selector, Known())
        line.on_time(1e9)
        assert (opened, line.due() > 1e9) == ([], True)
        os.utime(tmp_path / "s", (1, 1))

        line.on_time(2e9)

    assert opened == [1]
