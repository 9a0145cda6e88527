"""Receive hook calls, hold those that a person may answer, and take what commands of ours ask.

Nothing a client can send answers a request. While no connection is open this thread sleeps without waking.
"""

import logging
import os
import secrets
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from desktop.domain.agent import Agent, HookCall
from desktop.domain.events import Event, HealthReported, RequestOpened
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.ports import Sink
from desktop.domain.record import dataclass
from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb
from desktop.formats.remote_events import HOST_NAME, from_host
from desktop.watchers import hook_peer
from desktop.watchers.held_asks import HOOK_ENDED, Front, HeldAsks
from desktop.watchers.hook_callers import Callers
from desktop.watchers.hook_connection import Connection, Stage
from desktop.watchers.hook_switchboard import Switchboard
from desktop.watchers.session_lines import Otherwise, SessionLines

log = logging.getLogger(__name__)

PART = "hooks"
MOST_BYTES = 64 << 20  # of unfinished and held calls together
_TERMINAL = ("TMUX", "TMUX_PANE")


@dataclass(frozen=True, slots=True)
class _Say:
    request: RequestId
    stdout: bytes


@dataclass(frozen=True, slots=True)
class _Tell:
    session: SessionId
    words: bytes
    otherwise: Otherwise


@dataclass(frozen=True, slots=True)
class _Release:
    request: RequestId | None  # None: every one
    why: str


@dataclass(frozen=True, slots=True)
class _Publish:
    lines: bytes


_Order = _Say | _Tell | _Release | _Publish


class HookSocket:
    """A ``Watcher`` of hook calls, and the way back for replies. The public methods are for the main thread."""

    def __init__(
        self,
        agents: Sequence[Agent],
        sink: Sink,
        directory: Path,
        front: Front,
        is_served: Callable[[SessionId], bool] | None = None,
        remotes: Sequence[str] = (),
    ) -> None:
        self._agents = {agent.hook_setup.command_name: agent for agent in agents if agent.hook_setup is not None}
        self._sink = sink
        self._path = directory / "tray.sock"
        self._remotes = {name: directory / f"remote-{name}.sock" for name in remotes}
        self._front = front
        self._is_served = is_served  # by the agent's own server: there the same is asked, and its terminal asks too
        self._switchboard = Switchboard(self._on_end, self._on_forgotten)
        self._orders: deque[_Order] = deque()
        self._served: Connection | None = None
        self._callers = Callers(front.owners_of)
        self._asks = HeldAsks(self._switchboard, self._callers, front, sink, self._pass_on)
        self._lines = SessionLines(self._switchboard, self._callers, sink)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hook-socket", daemon=True)

    # -- for the main thread

    def start(self) -> None:
        """Listen; report in words when that cannot be."""
        if not hasattr(socket, "AF_UNIX"):
            self._report("Hooks cannot reach us: this system has no unix sockets.", "Answer in the terminal.")
            return
        try:
            self._switchboard.listen(self._path)
        except OSError as error:
            what = error.strerror or str(error)
            self._report(f"Hooks cannot reach us: {self._path}: {what}.", "Remove that file, then start again.")
            return
        troubles = [trouble for name, path in self._remotes.items() if (trouble := self._listen_for(name, path))]
        self._thread.start()
        self._report(" ".join(troubles), "Mend the list of remotes in the settings." if troubles else "")

    def _listen_for(self, name: str, path: Path) -> str:
        """Take the callers of another machine; why not, in words, when that cannot be."""
        if not HOST_NAME.fullmatch(name):
            return f"{name!r} cannot be the name of a remote: letters, digits, dots and hyphens make one."
        try:
            self._switchboard.listen(path, name)
        except OSError as error:
            return f"The hooks of {name} cannot reach us: {path}: {error.strerror or error}."
        return ""

    def stop(self, deadline_s: float) -> None:
        """Let every held call go and end."""
        self._stopping.set()
        self._switchboard.wake()
        if self._thread.is_alive():
            self._thread.join(deadline_s)
        elif not self._switchboard.is_listening:
            self._switchboard.close()

    def say(self, request: RequestId, stdout: bytes) -> None:
        """Send a person's reply down the connection that asked; what became of it comes as an event."""
        self._order(_Say(request, stdout))

    def listens(self, session: SessionId) -> bool:
        """Whether *session* takes a prompt or an interrupt by its hook."""
        return self._lines.carries(session)

    def tell(self, session: SessionId, words: bytes, otherwise: Otherwise) -> None:
        """Send a person's words to *session*; *otherwise* is called with the reason when they do not arrive."""
        self._order(_Tell(session, words, otherwise))

    def release(self, request: RequestId, why: str) -> None:
        """Let the hook of *request* go without an answer."""
        self._order(_Release(request, why))

    def release_all(self, why: str) -> None:
        """Let every hook go without an answer."""
        self._order(_Release(None, why))

    def publish(self, lines: bytes) -> None:
        """Tell every watcher."""
        self._order(_Publish(lines))

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while its hook waits."""
        return self._asks.payload_of(request)

    def beat(self) -> None:
        """The main thread is alive: call this there, in answer to ``Front.pulse``."""
        self._asks.beat()

    def _order(self, order: _Order) -> None:
        self._orders.append(order)
        self._switchboard.wake()

    # -- the thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except Exception:
                # A bug of ours or of an adapter: whoever was being served falls back to its own prompt.
                log.exception("the hook socket failed on one connection")
                if self._served is not None:
                    self._asks.drop(self._served, HOOK_ENDED)
                self._report("A hook call could not be served.", "Please report it with the log.")
        self._asks.release_all("Agent Tray ended")
        self._switchboard.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            for connection, events in self._switchboard.ready(self._asks.next_beat):
                self._served = connection
                self._on_ready(connection, events)
            self._carry_out_orders()
            self._on_time(time.monotonic())
            self._served = None

    def _on_ready(self, connection: Connection, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            connection.flush()
        if events & selectors.EVENT_READ and connection.stage is not Stage.GONE:
            self._on_readable(connection)
        self._switchboard.settle(connection)

    def _on_readable(self, connection: Connection) -> None:
        got = connection.receive()
        if got is None:
            self._on_end(connection)
            return
        match connection.stage:
            case Stage.READING:
                connection.received += got
                self._on_bytes(connection)
            case Stage.SAYING:
                connection.received += got
                if bytes(connection.received) == hook_wire.SAID:
                    (self._lines if connection.line is not None else self._asks).said(connection)
                elif not hook_wire.SAID.startswith(bytes(connection.received)):
                    self._on_end(connection)
            case Stage.CHECKING | Stage.HELD | Stage.LISTENING:
                if got:  # a relay that waits has nothing to say
                    self._on_end(connection)
            case Stage.WATCHING | Stage.CLOSING | Stage.GONE:
                pass
            case _:
                assert_never(connection.stage)

    def _on_bytes(self, connection: Connection) -> None:
        try:
            payload = connection.take_call()
        except ValueError:
            self._switchboard.forget(connection)
            return
        if payload is None:
            if self._switchboard.size > MOST_BYTES:
                self._switchboard.forget(connection)
            return
        assert connection.header is not None
        connection.deadline = None
        if connection.host and connection.header.verb is not Verb.HOOK:
            self._switchboard.forget(connection)  # what runs here is no business of another machine
            return
        match connection.header.verb:
            case Verb.HOOK:
                self._on_hook(connection, connection.header.argument, payload)
            case Verb.STATUS:
                self._switchboard.finish(connection, self._front.status())
            case Verb.HELLO:
                self._switchboard.finish(connection, b'{"version":1,"pid":%d}\n' % os.getpid())
            case Verb.RAISE:
                self._front.raise_window(connection.header.argument)
                self._switchboard.finish(connection, b'{"raised":true}\n')
            case Verb.PROPOSE:
                self._front.propose(payload)
                self._switchboard.finish(connection, b'{"shown":true}\n')
            case Verb.WATCH:
                connection.stage = Stage.WATCHING
                connection.send(self._front.watch())
            case _:
                assert_never(connection.header.verb)

    # -- hook calls

    def _on_hook(self, connection: Connection, name: str, payload: bytes) -> None:
        agent = self._agents.get(name)
        if agent is None or agent.read_hook is None or not self._callers.may_call(agent, connection):
            self._switchboard.finish(connection, hook_wire.DONE)
            return
        names = (*_TERMINAL, agent.home_variable) if agent.home_variable else _TERMINAL
        is_here = not connection.host  # else the caller is whatever carries its words
        connection.call = HookCall(
            payload=payload,
            pid=connection.peer.pid,
            at=datetime.now(UTC),
            environment=hook_peer.environment_of(connection.peer.pid, names) if is_here else (),
            request_nonce=secrets.token_hex(16),
            agent_pid=hook_peer.agent_above(connection.peer.pid, agent) if is_here else 0,
        )
        listening = agent.line.session_of(payload) if agent.line is not None else None
        if listening is not None:
            self._lines.open(connection, listening)
            return
        read = agent.read_hook(connection.call)
        connection.events = events = tuple(read if is_here else from_host(read, connection.host))
        opened = next((event for event in events if isinstance(event, RequestOpened)), None)
        if agent.asks_by_hook is None or not agent.asks_by_hook(payload) or opened is None:
            self._pass_on(connection, events)
            self._switchboard.finish(connection, hook_wire.DONE)
            return
        if self._is_served is not None and self._is_served(opened.request.session):
            self._pass_on(connection, [event for event in events if event is not opened])
            self._switchboard.finish(connection, hook_wire.DONE)
            return
        self._asks.begin(connection, opened.request)

    def _pass_on(self, connection: Connection, events: Sequence[Event]) -> None:
        """Give news to the sink, but not what a stranger says of a session whose process lives."""
        for event in events:
            session = event.request.session if isinstance(event, RequestOpened) else getattr(event, "session", None)
            if session is not None and self._callers.is_stranger(session, connection):
                log.warning("a hook call that did not come from the session it names was ignored")
                continue
            self._sink(event)

    def _on_forgotten(self, connection: Connection) -> None:
        self._asks.forgotten(connection)
        self._lines.forgotten(connection)

    def _on_end(self, connection: Connection) -> None:
        """The client left, or broke the rules."""
        self._asks.drop(connection, HOOK_ENDED)

    # -- orders of the main thread

    def _carry_out_orders(self) -> None:
        while self._orders:
            order = self._orders.popleft()
            match order:
                case _Say(request, stdout):
                    self._asks.say(request, stdout)
                case _Tell(session, words, otherwise):
                    self._lines.say(session, words, otherwise)
                case _Release(request, why):
                    if request is None:
                        self._asks.release_all(why)
                    else:
                        self._asks.release(request, why)
                case _Publish(lines):
                    for connection in self._switchboard.at_stage(Stage.WATCHING):
                        connection.send(lines)
                        self._switchboard.settle(connection)
                case _:
                    assert_never(order)

    # -- time

    def _on_time(self, now: float) -> None:
        for connection in self._switchboard.overdue(now):
            self._served = connection
            if connection.stage is Stage.CHECKING:
                self._asks.check(connection)
                self._switchboard.settle(connection)
            else:
                self._on_end(connection)
        self._asks.keep_alive(now)

    def _report(self, text: str, remedy: str) -> None:
        self._sink(HealthReported(PART, datetime.now(UTC), text, remedy))
