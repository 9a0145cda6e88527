"""From what an app server asks to what it takes: real sockets, a real hub, a real ledger."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app.courier import Courier
from desktop.app.performer import Performer
from desktop.app.scribe import Scribe
from desktop.domain.agent import Agent, AgentServer, ServerPlace, Transport
from desktop.domain.events import DeliveryFailed
from desktop.domain.ids import AgentKind, session_id
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, Deny, Interrupt, Prompt, Reply
from desktop.domain.requests import Request
from desktop.domain.settings import Settings
from desktop.formats import app_server_asks
from desktop.formats.app_server_talk import AppServerTalk
from desktop.hub.hub import Hub
from desktop.storage.ledger import Ledger
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.app_server import AppServer
from tests.fakes.hook_agent import Events, Front, until

KIND = AgentKind("served")
ONE = session_id(KIND, "one")


class Screen:
    """Nobody looks at notifications here."""

    def raise_notice(self, notice: object) -> None: ...

    def withdraw(self, key: object) -> None: ...


class Tray:
    """All of the tray that an answer passes through, pumped by the test."""

    def __init__(self, directory: Path, address: str, *, has_ledger: bool = True) -> None:
        server = AgentServer(
            Transport.WEBSOCKET,
            find=lambda *_: ServerPlace(address),
            open_talk=lambda _: AppServerTalk(KIND),
            write_reply=app_server_asks.write_reply,
            is_shared=True,
        )
        self.agent = Agent(kind=KIND, label="Served", server=server)
        self.events = Events()
        self.path = directory / "ledger.sqlite3"
        self.hub = Hub([self.agent], Settings(), datetime.now(UTC))
        self.servers = AgentServers(self.events)
        self.scribe = Scribe(Ledger(self.path) if has_ledger else None, self.events, lambda: datetime.now(UTC))
        self.courier = Courier(self.events)
        self.hooks = HookSocket([], self.events, directory, Front())
        self.performer = Performer(
            {KIND: self.agent},
            self.hooks,
            Screen(),
            self.scribe,
            self.courier,
            self.events,
            self.servers,  # type: ignore[arg-type]
        )
        self._taken = 0
        self.scribe.start()
        self.servers.start()

    def meets(self, pid: int = 1, cwd: str = "/shop") -> None:
        self.servers.meet(self.agent, pid, time.time() - 5, "/home/dev/.served", [], {}, cwd)

    def pump(self) -> None:
        events = list(self.events.all)
        for event in events[self._taken :]:
            self.performer.perform(self.hub.observe(event, datetime.now(UTC)))
        self._taken = len(events)

    def until(self, holds: Callable[[], bool]) -> None:
        def pumped() -> bool:
            self.pump()
            return holds()

        until(pumped)

    def phase(self) -> Phase | None:
        standing = self.hub.standing(ONE)
        return standing.phase if standing is not None else None

    def request(self) -> Request:
        self.until(lambda: bool(self.open_requests()))
        return self.open_requests()[0]

    def open_requests(self) -> tuple[Request, ...]:
        session = self.hub.session(ONE)
        return session.requests if session is not None else ()

    def does(self, reply: Reply) -> None:
        self.performer.perform(self.hub.submit(reply, datetime.now(UTC), "window"))

    def decisions(self) -> list[tuple[object, ...]]:
        other = sqlite3.connect(self.path)
        rows = other.execute("SELECT verdict, digest FROM decisions").fetchall()
        other.close()
        return rows

    def ends(self) -> None:
        self.servers.stop(5)
        self.hooks.stop(5)
        self.courier.stop(5)
        self.scribe.stop(5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    made = AppServer(tmp_path / "server.sock")
    yield made
    made.stop()


@pytest.fixture
def tray(tmp_path: Path, server: AppServer) -> Iterator[Tray]:
    made = Tray(tmp_path, str(server.path))
    yield made
    made.ends()


def begun(tray: Tray, server: AppServer) -> None:
    """One terminal, one thread, at rest."""
    tray.meets()
    server.wait_for(lambda message: message.get("method") == "thread/loaded/list")
    server.has("one", "/shop", time.time())
    tray.until(lambda: tray.phase() is Phase.IDLE)


def test_allow_is_recorded_and_reaches_the_server_and_it_goes_on(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    wire_id = server.asks("one", "touch a")
    request = tray.request()
    assert (request.text, tray.phase()) == ("touch a", Phase.NEEDS_APPROVAL)

    tray.does(Allow(ONE, request.id, request.digest))

    tray.until(lambda: tray.phase() is Phase.WORKING and not tray.open_requests())
    assert server.answered == {wire_id: {"decision": "accept"}}
    assert tray.decisions() == [("allow", request.digest)]


def test_without_a_ledger_nothing_leaves(tmp_path: Path, server: AppServer) -> None:
    tray = Tray(tmp_path, str(server.path), has_ledger=False)
    begun(tray, server)
    server.asks("one", "touch a")
    request = tray.request()

    tray.does(Allow(ONE, request.id, request.digest))

    tray.until(lambda: bool(tray.events.of(DeliveryFailed)))
    assert server.answered == {}
    assert tray.open_requests()[0].trouble
    tray.ends()


def test_a_reply_to_other_bytes_than_were_shown_leaves_nothing(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    server.asks("one", "touch a")
    request = tray.request()
    other = replace(Allow(ONE, request.id, request.digest), digest="0" * 64)

    tray.does(other)

    session = tray.hub.session(ONE)
    assert session is not None
    assert "changed" in session.notice
    assert tray.decisions() == []
    assert server.answered == {}


def test_what_was_answered_in_the_terminal_closes_here_and_takes_no_second_answer(
    tray: Tray, server: AppServer
) -> None:
    begun(tray, server)
    wire_id = server.asks("one", "touch a")
    request = tray.request()

    server.resolve(wire_id, "there")
    tray.until(lambda: not tray.open_requests())
    tray.does(Allow(ONE, request.id, request.digest))

    assert server.answered == {wire_id: "there"}
    assert tray.decisions() == []


def test_a_tray_that_comes_late_is_told_what_is_asked(tray: Tray, server: AppServer) -> None:
    server.has("one", "/shop", time.time())
    server.asks("one", "touch a")

    tray.meets()

    assert tray.request().text == "touch a"


def test_a_refusal_with_words_is_followed_by_them(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    wire_id = server.asks("one", "touch a")
    request = tray.request()

    tray.does(Deny(ONE, request.id, request.digest, "use a temp dir"))

    steered = server.wait_for(lambda message: message.get("method") == "turn/steer")
    assert steered["params"]["input"] == [{"type": "text", "text": "use a temp dir"}]  # type: ignore[index]
    assert server.answered == {wire_id: {"decision": "decline"}}


def test_a_prompt_and_an_interrupt_go_through_the_server(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    server.stands("one", "active")
    server.stands("one", "idle")
    tray.until(lambda: tray.hub.board(datetime.now(UTC)).rows[0].can_prompt)

    tray.does(Prompt(ONE, "go on"))
    server.wait_for(lambda message: message.get("method") == "turn/start")
    tray.until(lambda: tray.phase() is Phase.WORKING)
    server.say({"method": "turn/started", "params": {"threadId": "one", "turn": {"id": "t1"}}})
    tray.until(lambda: _interrupts(tray, server))

    tray.until(lambda: tray.phase() is Phase.IDLE)


def _interrupts(tray: Tray, server: AppServer) -> bool:
    """The turn's id comes a moment after its begin; until then the server cannot be told what to interrupt."""
    tray.does(Interrupt(ONE))
    return any(message.get("method") == "turn/interrupt" for message in server.heard)


def test_a_server_that_dies_is_said_to_be_gone_and_its_request_closes(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    server.asks("one", "touch a")
    tray.request()

    server.stop()
    tray.until(lambda: not tray.open_requests() or not tray.open_requests()[0].is_answerable)
    deadline = tray.hub.next_deadline()
    assert deadline is not None
    tray.performer.perform(tray.hub.tick(deadline))

    standing = tray.hub.standing(ONE)
    assert standing is not None
    assert (standing.phase, tray.open_requests()) == (Phase.UNKNOWN, ())
    assert "server is gone" in standing.reason


def test_two_terminals_in_one_directory_keep_their_own_requests(tray: Tray, server: AppServer) -> None:
    begun(tray, server)
    tray.servers.meet(tray.agent, os.getpid(), time.time() + 10, "/home/dev/.served", [], {}, "/shop")
    server.has("two", "/shop", time.time() + 12)
    tray.until(lambda: tray.servers.native_of(os.getpid()) == "two")
    server.asks("two", "touch b")
    server.asks("one", "touch a")

    tray.until(lambda: len(tray.hub.sessions()) == 2 and bool(tray.open_requests()))

    assert [request.text for request in tray.open_requests()] == ["touch a"]
    assert tray.servers.native_of(1) == "one"
