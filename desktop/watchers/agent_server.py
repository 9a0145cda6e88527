"""Hold the connections to agents that offer one: bytes in, events out, replies back. One thread for all of them.

A server that hangs, lies or floods costs its own connection and nothing else. The thread begins with the first process
of an agent that has a server; without one nothing of this is loaded.
"""

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from desktop.domain.agent import Agent, AgentServer, ServerPlace
from desktop.domain.events import DeliveryFailed, HealthReported
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.ports import Sink
from desktop.domain.replies import SessionReply
from desktop.watchers.server_line import HUNG_UP, TOO_LATE, Known, ServerLine
from desktop.watchers.server_link import Lost
from desktop.watchers.session_owners import Owner

_log = logging.getLogger(__name__)

PART = "agents' servers"
MOST_LINES = 64

Otherwise = Callable[[str], None]
"""Called, on the servers' thread, with why a prompt or an interrupt cannot go through the server."""

_Key = tuple[AgentKind, str, int]


class AgentServers:
    """A ``Watcher`` of agents' own servers, and the way back for replies. Public methods are safe from any thread."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._orders: deque[Callable[[], None]] = deque()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_started = False
        self._waker: socket.socket | None = None
        self._lines: dict[_Key, ServerLine] = {}
        self._served: ServerLine | None = None
        self._known = Known()
        self._selector: selectors.BaseSelector | None = None

    # -- for other threads -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Be ready; the thread begins when there is something to hold."""
        with self._lock:
            self._is_started = True
            has_work = bool(self._orders)
        if has_work:
            self._wake()

    def stop(self, deadline_s: float) -> None:
        """Hang up everywhere and end."""
        self._stopping.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._wake()
            thread.join(deadline_s)

    def meet(
        self,
        agent: Agent,
        pid: int,
        begun_at: float | None,
        home: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        cwd: str,
    ) -> None:
        """A process of *agent* lives: speak with its server, if it has one."""
        server = agent.server
        if server is None:
            return
        named = {name: environment[name] for name in server.variables if name in environment}
        place = server.find(home, tuple(argv), named)
        if place is None:
            return
        started_at = datetime.fromtimestamp(begun_at if begun_at is not None else time.time(), UTC)
        owner = Owner(pid, cwd, started_at)
        self._order(lambda: self._meet(agent, server, home, place, owner))

    def lost(self, pid: int) -> None:
        """A process is gone."""
        if self._thread is not None:
            self._order(lambda: self._lost(pid))

    def native_of(self, pid: int) -> str:
        """The agent's own id of the conversation that *pid* shows, as its server tells; empty when not known."""
        return self._known.native_by_pid.get(pid, "")

    def serves(self, session: SessionId) -> bool:
        """Whether what *session* asks comes over its server, so that nobody else need hold it."""
        return session in self._known.sessions

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while the request is open and unanswered."""
        return self._known.payloads.get(request)

    def say(self, session: SessionId, request: RequestId, answer: bytes) -> None:
        """Send a person's reply; what became of it comes as an event."""
        self._order(lambda: self._reply(session, request, answer))

    def carry(self, session: SessionId, reply: SessionReply, otherwise: Otherwise) -> None:
        """Send a prompt or an interrupt; *otherwise* is called when the server cannot take it."""
        self._order(lambda: self._carry(session, reply, otherwise))

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if not self._is_started:
                return
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="agent-servers", daemon=True)
                self._thread.start()
            waker = self._waker
        if waker is not None:
            with contextlib.suppress(OSError):  # it is awake already, or ended
                waker.send(b"\0")

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        selector = selectors.DefaultSelector()
        woken, waker = socket.socketpair()
        woken.setblocking(False)
        waker.setblocking(False)
        selector.register(woken, selectors.EVENT_READ)
        self._selector = selector
        with self._lock:
            self._waker = waker
        while not self._stopping.is_set():
            try:
                self._serve(selector, woken)
            except Exception:  # noqa: BLE001 - the main of a thread: it costs the connection that was being served
                _log.exception("a server's connection failed")
                self._sink(
                    HealthReported(PART, datetime.now(UTC), "A server's word could not be read.", "agent-tray doctor")
                )
                self._give_up()
        with self._lock:
            self._waker = None
        for line in self._lines.values():
            line.close()
        woken.close()
        waker.close()
        selector.close()

    def _serve(self, selector: selectors.BaseSelector, woken: socket.socket) -> None:
        while not self._stopping.is_set():
            due = min((line.due() for line in self._lines.values()), default=float("inf"))
            patience = None if due == float("inf") else max(0.0, due - time.monotonic())
            if self._orders:
                patience = 0.0
            for key, mask in selector.select(patience):
                if isinstance(key.data, ServerLine) and isinstance(key.fileobj, socket.socket):
                    self._with(key.data, partial(key.data.ready, key.fileobj, mask))
                else:
                    _drain(woken)
            while self._orders:
                self._orders.popleft()()
            now = time.monotonic()
            for line in list(self._lines.values()):
                if line.due() <= now:
                    self._with(line, partial(line.on_time, now))
            for idle in [known for known, line in self._lines.items() if not line.is_needed]:
                self._lines.pop(idle).close()

    def _with(self, line: ServerLine, act: Callable[[], object]) -> None:
        self._served = line
        try:
            act()
        except Lost as lost:
            line.lose(str(lost))
        except OSError as error:
            line.lose(error.strerror or "the connection broke")
        self._served = None

    def _give_up(self) -> None:
        line, self._served = self._served, None
        if line is None:
            return
        try:
            line.lose("something went wrong inside")
        except Exception:  # noqa: BLE001 - the main of a thread: the talk is broken, and cannot even say goodbye
            _log.exception("a server's connection could not be closed in good order")
            line.close()

    # -- orders ----------------------------------------------------------------------------------------------------

    def _meet(self, agent: Agent, server: AgentServer, home: str, place: ServerPlace, owner: Owner) -> None:
        key = (agent.kind, place.address, 0 if server.is_shared else owner.pid)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= MOST_LINES or self._selector is None:
                return
            line = ServerLine(agent, server, home, place, self._sink, self._selector, self._known)
            self._lines[key] = line
        self._with(line, partial(line.add, owner))

    def _lost(self, pid: int) -> None:
        for line in self._lines.values():
            line.remove(pid)

    def _reply(self, session: SessionId, request: RequestId, answer: bytes) -> None:
        why = TOO_LATE
        for line in list(self._lines.values()):
            if line.has_asked(request):
                said: list[str] = []
                self._with(line, partial(_say_into, said, partial(line.reply, request, answer)))
                why = said[0] if said else ""  # a connection that broke has said so itself
        if why:
            self._sink(DeliveryFailed(session, request, datetime.now(UTC), why))

    def _carry(self, session: SessionId, reply: SessionReply, otherwise: Otherwise) -> None:
        why = "No server of the agent serves this session."
        for line in list(self._lines.values()):
            if line.serves(session):
                said: list[str] = []
                self._with(line, partial(_say_into, said, partial(line.say, session, reply)))
                why = said[0] if said else HUNG_UP
                break
        if why:
            otherwise(why)


def _say_into(said: list[str], say: Callable[[], str]) -> None:
    said.append(say())


def _drain(woken: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while woken.recv(4096):
            pass
