"""Hook calls that a person may answer: whose they are, and how long they are held.

A held call costs its agent nothing but a sleeping relay; every way in which we can fail lets it go, and the agent asks
by itself. Lives on the hook socket's thread, but for ``payload_of`` and ``beat``.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from desktop.domain.events import DeliveryFailed, Event, ReplyDelivered, RequestOpened, RequestReleased
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.ports import Sink
from desktop.domain.requests import Reach, Request
from desktop.formats import hook_wire
from desktop.watchers.held_calls import HeldCalls
from desktop.watchers.hook_callers import Callers
from desktop.watchers.hook_connection import Connection, Stage
from desktop.watchers.hook_switchboard import Switchboard

OWNER_S = 1.0  # an agent may call its first hook before it has written its live-state file
OWNER_POLL_S = 0.05
BEAT_S = 2.0  # the relay gives up after 5 s without one
MAIN_THREAD_S = 5.0  # a window that has not answered for this long cannot take an answer either
SAID_S = 3.0  # for the relay to print: it has nothing else to do

NOT_FROM_SESSION = "It was not asked by the session's own process, so it can only be answered in its terminal."
HOOK_ENDED = "the hook ended"
ASKED_AGAIN = "the agent asked the same again"
WINDOW_STUCK = "Agent Tray was busy for too long; answer in the terminal"
TOO_LATE = "The agent no longer waits for this answer here; look at its terminal."
NOT_TAKEN = "The agent's hook ended before it could pass the answer on; look at its terminal."

PassOn = Callable[[Connection, Sequence[Event]], None]
"""Gives news of a caller's to the sink, where that caller may tell it."""


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


class HeldAsks:
    """Checks, holds and answers what is asked."""

    def __init__(self, switchboard: Switchboard, callers: Callers, front: Front, sink: Sink, pass_on: PassOn) -> None:
        self._switchboard = switchboard
        self._callers = callers
        self._front = front
        self._sink = sink
        self._pass_on = pass_on
        self._held = HeldCalls()
        self._main_beat_at = 0.0
        self.next_beat: float | None = None

    # -- for the main thread

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while its hook waits."""
        return self._held.payload_of(request)

    def beat(self) -> None:
        """The main thread is alive."""
        self._main_beat_at = time.monotonic()

    # -- what is asked

    def begin(self, connection: Connection, request: Request) -> None:
        """Take what *connection* asks, once it is known to be its session's own."""
        connection.request = request
        connection.stage = Stage.CHECKING
        connection.decide_by = time.monotonic() + OWNER_S
        connection.send(hook_wire.HOLD)
        self.check(connection)

    def check(self, connection: Connection) -> None:
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
            self.next_beat = now + BEAT_S
            self._front.pulse()

    def forgotten(self, connection: Connection) -> None:
        """The connection is over, or its call is let go."""
        if connection.request is None:
            return
        self._held.discard(connection.request)
        if not self._held.all():
            self.next_beat = None

    def said(self, connection: Connection) -> None:
        """The answer was taken."""
        assert connection.request is not None
        request = connection.request
        self._switchboard.forget(connection)
        self._sink(ReplyDelivered(request.session, request.id, datetime.now(UTC)))

    def drop(self, connection: Connection, why: str) -> None:
        """The client left, or broke the rules."""
        stage, request = connection.stage, connection.request
        self._switchboard.forget(connection)
        if request is None:
            return
        if stage is Stage.HELD:
            self._sink(RequestReleased(request.session, request.id, datetime.now(UTC), why))
        elif stage is Stage.SAYING:
            self._sink(DeliveryFailed(request.session, request.id, datetime.now(UTC), NOT_TAKEN))

    def say(self, request_id: RequestId, stdout: bytes) -> None:
        """Send a person's reply down the connection that asked."""
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
        self.forgotten(connection)
        self._switchboard.finish(connection, hook_wire.DONE)
        self._switchboard.settle(connection)
        self._sink(RequestReleased(request.session, request.id, datetime.now(UTC), why))

    def release(self, request: RequestId, why: str) -> None:
        """Let the hook of *request* go without an answer."""
        connection = self._held.get(request)
        if connection is not None:
            self._release(connection, why)

    def release_all(self, why: str) -> None:
        """Let every hook go without an answer."""
        for connection in self._held.all():
            self._release(connection, why)

    def keep_alive(self, now: float) -> None:
        """Give every held call its sign of life, or let all go when the main thread gives none."""
        if self.next_beat is None or now < self.next_beat:
            return
        if now - self._main_beat_at > MAIN_THREAD_S:
            self.release_all(WINDOW_STUCK)
        for connection in self._held.all():
            connection.send(hook_wire.BEAT)
            self._switchboard.settle(connection)
        if self.next_beat is not None:
            self.next_beat = now + BEAT_S
            self._front.pulse()
