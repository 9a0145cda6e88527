"""Receive hook calls, and hold those that a person may answer until there is an answer, or no sense in waiting.

A held call costs its agent nothing but a sleeping relay; every way in which we can fail lets it go, and the agent asks
by itself. Nothing a client can send answers a request. While no connection is open this thread sleeps without waking.
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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, assert_never

from desktop.domain.agent import Agent, HookCall
from desktop.domain.events import DeliveryFailed, Event, HealthReported, ReplyDelivered, RequestOpened, RequestReleased
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.ports import Sink
from desktop.domain.record import dataclass
from desktop.domain.requests import Reach
from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb
from desktop.formats.remote_events import HOST_NAME, from_host
from desktop.watchers import hook_peer
from desktop.watchers.held_calls import HeldCalls
from desktop.watchers.hook_callers import Callers
from desktop.watchers.hook_connection import Connection, Stage
from desktop.watchers.hook_switchboard import Switchboard
from desktop.watchers.session_lines import Otherwise, SessionLines

log = logging.getLogger(__name__)

PART = "hooks"
MOST_BYTES = 64 << 20  # of unfinished and held calls together
OWNER_S = 1.0  # an agent may call its first hook before it has written its live-state file
OWNER_POLL_S = 0.05
BEAT_S = 2.0  # the relay gives up after 5 s without one
MAIN_THREAD_S = 5.0  # a window that has not answered for this long cannot take an answer either
SAID_S = 3.0  # for the relay to print: it has nothing else to do
_TERMINAL = ("TMUX", "TMUX_PANE")

NOT_FROM_SESSION = "It was not asked by the session's own process, so it can only be answered in its terminal."
HOOK_ENDED = "the hook ended"
ASKED_AGAIN = "the agent asked the same again"
WINDOW_STUCK = "Agent Tray was busy for too long; answer in the terminal"
TOO_LATE = "The agent no longer waits for this answer here; look at its terminal."
NOT_TAKEN = "The agent's hook ended before it could pass the answer on; look at its terminal."


class Front(Protocol):
    """What the main thread lends to the socket's thread. Each call returns at once and is safe from any thread."""

    def owners_of(self, session: SessionId) -> tuple[int, ...]:
        """The processes that own *session*; empty when none is known yet."""

    def pulse(self) -> None:
        """Ask the main thread to call ``HookSocket.beat`` when it gets to it."""

    def status(self) -> bytes:
        """The answer to ``status``: whole JSON lines."""

    def watch(self) -> bytes:
        """What a new watcher is told first: whole JSON lines."""

    def propose(self, payload: bytes) -> None:
        """Somebody proposes a session to begin: JSON with agent, cwd and prompt."""

    def raise_window(self, token: str) -> None:
        """A second start asks for the window; *token* is the desktop's leave to take focus, or ``-``."""


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
        self._switchboard = Switchboard(self._on_end, self._unhold)
        self._orders: deque[_Order] = deque()
        self._served: Connection | None = None
        self._held = HeldCalls()
        self._callers = Callers(front.owners_of)
        self._lines = SessionLines(self._switchboard, self._callers, sink)
        self._stopping = threading.Event()
        self._main_beat_at = 0.0
        self._next_beat: float | None = None
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
        return self._held.payload_of(request)

    def beat(self) -> None:
        """The main thread is alive: call this there, in answer to ``Front.pulse``."""
        self._main_beat_at = time.monotonic()

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
                    self._drop(self._served, HOOK_ENDED)
                self._report("A hook call could not be served.", "Please report it with the log.")
        self._release_all("Agent Tray ended")
        self._switchboard.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            for connection, events in self._switchboard.ready(self._next_beat):
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
                    self._on_said(connection)
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
        connection.request = opened.request
        connection.stage = Stage.CHECKING
        connection.decide_by = time.monotonic() + OWNER_S
        connection.send(hook_wire.HOLD)
        self._check(connection)

    def _pass_on(self, connection: Connection, events: Sequence[Event]) -> None:
        """Give news to the sink, but not what a stranger says of a session whose process lives."""
        for event in events:
            session = event.request.session if isinstance(event, RequestOpened) else getattr(event, "session", None)
            if session is not None and self._callers.is_stranger(session, connection):
                log.warning("a hook call that did not come from the session it names was ignored")
                continue
            self._sink(event)

    def _check(self, connection: Connection) -> None:
        """Decide whether an ask comes from the session it names; look again later while nobody owns that session."""
        assert connection.request is not None
        request = connection.request
        now = time.monotonic()
        is_own = self._callers.is_own(request.session, connection)
        if is_own is None and now < connection.decide_by:
            connection.deadline = min(now + OWNER_POLL_S, connection.decide_by)
            return
        connection.deadline = None
        if is_own:
            request = replace(request, reach=Reach.HOOK, is_verified=True)
        else:
            request = replace(request, reach=Reach.TERMINAL, is_verified=False, why_not=NOT_FROM_SESSION)
        connection.request = request
        if is_own:
            self._hold(connection, request.id)
        for event in connection.events:
            match event:
                case RequestOpened():
                    self._sink(RequestOpened(request))
                case _:
                    self._pass_on(connection, [event])
        if not is_own:
            self._sink(RequestReleased(request.session, request.id, datetime.now(UTC), NOT_FROM_SESSION))
            self._switchboard.finish(connection, hook_wire.DONE)

    def _hold(self, connection: Connection, request: RequestId) -> None:
        now = time.monotonic()
        connection.stage = Stage.HELD
        connection.received.clear()
        earlier = self._held.get(request)
        if earlier is not None:
            self._release(earlier, ASKED_AGAIN)
        is_first = not self._held.all()
        self._held.add(request, connection)
        if is_first:
            self._main_beat_at = now
            self._next_beat = now + BEAT_S
            self._front.pulse()

    def _unhold(self, connection: Connection) -> None:
        if connection.request is None:
            self._lines.forgotten(connection)
            return
        self._held.discard(connection.request)
        if not self._held.all():
            self._next_beat = None

    def _on_said(self, connection: Connection) -> None:
        request = connection.request
        if request is None:
            self._lines.said(connection)
            return
        self._switchboard.forget(connection)
        self._sink(ReplyDelivered(request.session, request.id, datetime.now(UTC)))

    def _on_end(self, connection: Connection) -> None:
        """The client left, or broke the rules."""
        self._drop(connection, HOOK_ENDED)

    def _drop(self, connection: Connection, why: str) -> None:
        stage, request = connection.stage, connection.request
        self._switchboard.forget(connection)
        if request is None:
            return
        if stage is Stage.HELD:
            self._sink(RequestReleased(request.session, request.id, datetime.now(UTC), why))
        elif stage is Stage.SAYING:
            self._sink(DeliveryFailed(request.session, request.id, datetime.now(UTC), NOT_TAKEN))

    # -- orders of the main thread

    def _carry_out_orders(self) -> None:
        while self._orders:
            order = self._orders.popleft()
            match order:
                case _Say(request, stdout):
                    self._say(request, stdout)
                case _Tell(session, words, otherwise):
                    self._lines.say(session, words, otherwise)
                case _Release(request, why):
                    for connection in self._held.all() if request is None else [self._held.get(request)]:
                        if connection is not None:
                            self._release(connection, why)
                case _Publish(lines):
                    for connection in self._switchboard.at_stage(Stage.WATCHING):
                        connection.send(lines)
                        self._switchboard.settle(connection)
                case _:
                    assert_never(order)

    def _say(self, request_id: RequestId, stdout: bytes) -> None:
        connection = self._held.get(request_id)
        if connection is None:
            session = self._held.past_session(request_id)
            if session is not None:
                self._sink(DeliveryFailed(session, request_id, datetime.now(UTC), TOO_LATE))
            return
        if connection.stage is not Stage.HELD or connection.call is None:
            return  # one reply a request: the first is on its way
        connection.stage = Stage.SAYING
        connection.deadline = time.monotonic() + SAID_S
        connection.send(hook_wire.say(connection.call.payload, stdout))
        self._switchboard.settle(connection)

    def _release(self, connection: Connection, why: str) -> None:
        if connection.stage is not Stage.HELD or connection.request is None:
            return
        request = connection.request
        self._unhold(connection)
        self._switchboard.finish(connection, hook_wire.DONE)
        self._switchboard.settle(connection)
        self._sink(RequestReleased(request.session, request.id, datetime.now(UTC), why))

    def _release_all(self, why: str) -> None:
        for connection in self._held.all():
            self._release(connection, why)

    # -- time

    def _on_time(self, now: float) -> None:
        for connection in self._switchboard.overdue(now):
            self._served = connection
            if connection.stage is Stage.CHECKING:
                self._check(connection)
                self._switchboard.settle(connection)
            else:
                self._on_end(connection)
        if self._next_beat is not None and self._next_beat <= now:
            if now - self._main_beat_at > MAIN_THREAD_S:
                self._release_all(WINDOW_STUCK)
            for connection in self._held.all():
                connection.send(hook_wire.BEAT)
                self._switchboard.settle(connection)
            if self._next_beat is not None:
                self._next_beat = now + BEAT_S
                self._front.pulse()

    def _report(self, text: str, remedy: str) -> None:
        self._sink(HealthReported(PART, datetime.now(UTC), text, remedy))
