"""Sessions that the tray itself began: a process of the agent each, and the talk with it over its two ends.

They live as long as the tray: a process whose other end is gone ends by itself, at the latest after its turn. One
thread serves all of them, and begins with the first.
"""

import contextlib
import logging
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from desktop.domain.agent import ServerTalk, ServerWord
from desktop.domain.events import (
    DeliveryFailed,
    Event,
    EvidenceGiven,
    ProcessEnded,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    TurnStarted,
)
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.ports import Sink
from desktop.domain.replies import Prompt, SessionReply
from desktop.domain.session import Claim, Evidence, Source
from desktop.formats import text
from desktop.formats.jsonl import Lines
from desktop.watchers.server_link import Lost, Wire

_log = logging.getLogger(__name__)

MOST_SESSIONS = 32
LONGEST_MESSAGE = 16 << 20
# A model's first word may take minutes; to open a session takes an agent seconds, tens of them on a cold machine.
BEGUN_WITHIN_S = 120.0
ENDS_WITHIN_S = 2.0
TOO_LATE = "The agent no longer waits for this answer."
PROCESS_ENDED = "its process ended"
NEVER_BEGAN = "it opened no session"

Ended = Callable[[str], None]
"""Called, on this thread, with why a session could not be begun."""


class _Run:
    """One process and its talk."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        ours: socket.socket,
        selector: selectors.BaseSelector,
        talk: ServerTalk,
        failed: Ended,
    ) -> None:
        self.process = process
        self.wire = Wire(ours, selector, self)
        self.talk = talk
        self.failed = failed
        self.lines = Lines(LONGEST_MESSAGE)
        self.begin_by: float | None = time.monotonic() + BEGUN_WITHIN_S
        self.session: SessionId | None = None


class StartedAgents:
    """Begins sessions and carries words to them and back. Public methods are safe from any thread."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._orders: deque[Callable[[], None]] = deque()
        self._runs: list[_Run] = []
        self._payloads: dict[RequestId, bytes] = {}
        self._sessions: frozenset[SessionId] = frozenset()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)

    # -- for other threads -----------------------------------------------------------------------------------------

    def start(
        self, command: Sequence[str], cwd: str, environment: Mapping[str, str], talk: ServerTalk, failed: Ended
    ) -> None:
        """Begin *command* in *cwd*; raises OSError when it cannot be run."""
        ours, theirs = socket.socketpair()
        try:
            process = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=dict(environment),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._order(lambda: self._begin(process, ours, talk, failed))

    def stop(self, deadline_s: float) -> None:
        """End every session that was begun here."""
        self._stopping.set()
        if self._thread is not None:
            self._wake()
            self._thread.join(deadline_s)
            for run in list(self._runs) if self._thread.is_alive() else ():
                _signal(run.process, signal.SIGKILL)
        else:
            self._close()

    def serves(self, session: SessionId) -> bool:
        """Whether *session* was begun here and lives."""
        return session in self._sessions

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while the request is open and unanswered."""
        return self._payloads.get(request)

    def say(self, session: SessionId, request: RequestId, answer: bytes) -> None:
        """Send a person's reply; what became of it comes as an event."""
        self._order(lambda: self._reply(session, request, answer))

    def carry(self, session: SessionId, reply: SessionReply, otherwise: Callable[[str], None]) -> None:
        """Send a prompt or an interrupt; *otherwise* is called with the reason when that cannot be."""
        self._order(lambda: self._carry(session, reply, otherwise))

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="started-agents", daemon=True)
                self._thread.start()
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            for key, mask in self._selector.select(self._patience()):
                if isinstance(key.data, _Run):
                    self._guarded(key.data, mask)
                else:
                    _drain(self._woken)
            while self._orders:
                self._orders.popleft()()
            now = time.monotonic()
            for run in [run for run in self._runs if run.begin_by is not None and run.begin_by <= now]:
                self._end(run, NEVER_BEGAN)
        # All at once: each may take its time, and in a turn an agent heeds the end of its input only after the turn.
        for run in self._runs:
            run.wire.close()
        _reap([run.process for run in self._runs])
        for run in list(self._runs):
            self._end(run, "Agent Tray was ended")
        self._close()

    def _patience(self) -> float | None:
        due = [run.begin_by for run in self._runs if run.begin_by is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _close(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _guarded(self, run: _Run, mask: int) -> None:
        try:
            self._hear(run, mask)
        except Lost as lost:
            self._end(run, _why(run, lost))
        except Exception:  # noqa: BLE001 - the main of a thread: it costs the one session it came from
            _log.exception("a started session failed")
            self._end(run, "something went wrong inside")

    def _begin(self, process: "subprocess.Popen[bytes]", ours: socket.socket, talk: ServerTalk, failed: Ended) -> None:
        run = _Run(process, ours, self._selector, talk, failed)
        run.wire.register()
        self._runs.append(run)
        if len(self._runs) > MOST_SESSIONS:
            self._end(run, f"{MOST_SESSIONS} sessions run already")
            return
        self._after(run, talk.opened(_now()))

    def _hear(self, run: _Run, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            run.wire.flush()
        if not mask & selectors.EVENT_READ:
            return
        chunk = run.wire.receive()
        if chunk is None:
            return
        if not chunk:
            raise Lost(PROCESS_ENDED)
        for line in run.lines.feed(chunk):
            self._after(run, run.talk.feed(ServerWord(line), _now()))

    def _after(self, run: _Run, events: list[Event]) -> None:
        for event in events:
            match event:
                case SessionDescribed():
                    self._introduce(run, event)
                    continue
                case RequestOpened(request=request) if (payload := run.talk.payload_of(request.id)) is not None:
                    self._payloads[request.id] = payload
                case RequestClosed(request=closed) | ReplyDelivered(request=closed):
                    self._payloads.pop(closed, None)
                case _:
                    pass
            self._sink(event)
        for call in run.talk.outgoing():
            run.wire.send(call.body)

    def _introduce(self, run: _Run, event: SessionDescribed) -> None:
        before, run.begin_by, run.session = run.session, None, event.session
        self._sessions = (self._sessions - {before}) | {event.session}
        alive = Evidence(Source.PROCESS, Claim.ALIVE, event.at, "its process runs", origin=str(run.process.pid))
        self._sink(replace(event, pid=run.process.pid))
        self._sink(EvidenceGiven(event.session, alive))

    def _end(self, run: _Run, why: str) -> None:
        if run not in self._runs:
            return
        self._runs.remove(run)
        run.wire.close()
        pid = run.process.pid
        _reap([run.process])
        if run.session is None:
            run.failed(why)
            return
        self._sessions -= {run.session}
        for event in run.talk.closed(_now(), why):
            if isinstance(event, RequestClosed):
                self._payloads.pop(event.request, None)
            self._sink(event)
        self._sink(SessionEnded(run.session, _now(), why, Source.SERVER))
        self._sink(ProcessEnded(pid, _now()))

    # -- orders ----------------------------------------------------------------------------------------------------

    def _reply(self, session: SessionId, request: RequestId, answer: bytes) -> None:
        run = self._run_of(session)
        why = TOO_LATE if run is None or self._payloads.pop(request, None) is None else run.talk.reply(request, answer)
        if why or run is None:
            self._sink(DeliveryFailed(session, request, _now(), why or TOO_LATE))
            return
        self._sent(run)

    def _carry(self, session: SessionId, reply: SessionReply, otherwise: Callable[[str], None]) -> None:
        run = self._run_of(session)
        why = TOO_LATE if run is None else run.talk.say(session, reply)
        if why or run is None:
            otherwise(why)
            return
        if isinstance(reply, Prompt):
            # An agent may say nothing of a turn for as long as its model thinks.
            now = _now()
            self._sink(TurnStarted(session, now, text.one_line(reply.text)))
            self._sink(EvidenceGiven(session, Evidence(Source.SERVER, Claim.WORKING, now, "it was given a prompt")))
        self._sent(run)

    def _sent(self, run: _Run) -> None:
        try:
            self._after(run, [])
        except Lost as lost:
            self._end(run, _why(run, lost))

    def _run_of(self, session: SessionId) -> _Run | None:
        return next((run for run in self._runs if run.session == session), None)


def _why(run: _Run, lost: Lost) -> str:
    """A process that ended in the middle of a word is known by its end, not by what became of the connection."""
    try:
        run.process.wait(ENDS_WITHIN_S / 4)
    except subprocess.TimeoutExpired:
        return str(lost)
    return PROCESS_ENDED


def _reap(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """End processes and all that they began, and fetch them; they were asked by the end of their input already."""
    for number, within_s in ((signal.SIGTERM, ENDS_WITHIN_S / 4), (signal.SIGKILL, ENDS_WITHIN_S)):
        for process in _living(processes, within_s):
            _signal(process, number)
    _living(processes, ENDS_WITHIN_S)


def _living(processes: Sequence["subprocess.Popen[bytes]"], within_s: float) -> list["subprocess.Popen[bytes]"]:
    """Those that have not ended *within_s* from now."""
    until = time.monotonic() + within_s
    living = []
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            living.append(process)
    return living


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    """To a process that was not fetched yet, and to its group: its number is still its own."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, number)


def _drain(woken: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while woken.recv(4096):
            pass


def _now() -> datetime:
    return datetime.now(UTC)
