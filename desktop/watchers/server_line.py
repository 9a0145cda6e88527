"""One server that we speak with: its connection, its talk, and the processes that it serves.

Decides what of the talk is worth telling: a conversation that no process shows and that rests is nobody's session.
"""

import logging
import os
import selectors
import socket
import time
from collections.abc import Iterable
from dataclasses import field, replace
from datetime import UTC, datetime

from desktop.domain.agent import Agent, AgentServer, ServerPlace, ServerTalk, ServerWord
from desktop.domain.events import (
    Event,
    EvidenceGiven,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
)
from desktop.domain.ids import RequestId, SessionId, session_id
from desktop.domain.ports import Sink
from desktop.domain.record import dataclass
from desktop.domain.replies import SessionReply
from desktop.domain.session import Claim, Evidence, Source
from desktop.watchers.server_link import Link, Lost, open_link
from desktop.watchers.session_owners import Owner, paired

_log = logging.getLogger(__name__)

RETRY_S = 0.25
LONGEST_RETRY_S = 5.0
LASTED_S = 10.0  # a connection that stood for so long was a good one
FLOOD_WORDS = 20_000  # within FLOOD_S: an agent at full speed sends some hundreds
FLOOD_S = 10.0
MOST_SESSIONS = 512
TOO_LATE = "The agent no longer waits for this answer; look at its terminal."
HUNG_UP = "The connection to the agent's server was lost."
TERMINAL_CLOSED = "its terminal was closed"
LEFT = "its process goes on with another conversation"


@dataclass(slots=True)
class Known:
    """What other threads may ask at any moment: each entry is put and taken whole."""

    payloads: dict[RequestId, bytes] = field(default_factory=dict)  # of requests that are open and unanswered
    native_by_pid: dict[int, str] = field(default_factory=dict)
    sessions: set[SessionId] = field(default_factory=set)  # those whose requests come over a server


@dataclass(slots=True)
class _Quiet:
    """What was last said of a conversation that is not told of yet."""

    described: SessionDescribed | None = None
    evidence: EvidenceGiven | None = None


class ServerLine:
    """Lives on the servers' thread."""

    def __init__(
        self,
        agent: Agent,
        server: AgentServer,
        home: str,
        place: ServerPlace,
        sink: Sink,
        selector: selectors.BaseSelector,
        known: Known,
    ) -> None:
        self.agent = agent
        self._known = known
        self._pairs: dict[int, str] = {}
        self._server = server
        self._home = home
        self._place = place
        self._sink = sink
        self._selector = selector
        self._owners: dict[int, Owner] = {}
        self._link: Link | None = None
        self._talk: ServerTalk | None = None
        self._opened_at = 0.0
        self._retry_at = 0.0
        self._backoff = RETRY_S
        self._flood_until = 0.0
        self._words = 0
        self._told: set[SessionId] = set()
        self._quiet: dict[SessionId, _Quiet] = {}
        self._busy: set[SessionId] = set()
        self._orphans: set[SessionId] = set()  # busy, and no process shows them
        self._asked: set[RequestId] = set()

    # -- processes -------------------------------------------------------------------------------------------------

    def add(self, owner: Owner) -> None:
        """A process of this server appeared."""
        self._owners[owner.pid] = owner
        self._retry_at, self._backoff = 0.0, RETRY_S
        self._pair()

    def remove(self, pid: int) -> None:
        """A process is gone."""
        self._owners.pop(pid, None)
        if not self._server.is_shared and not self._owners:
            for known in list(self._told):
                self._leave(known, _now(), TERMINAL_CLOSED)
        native = self._pairs.pop(pid, None)
        self._known.native_by_pid.pop(pid, None)
        if native is None or native in self._pairs.values():
            return
        session = session_id(self.agent.kind, native)
        if session in self._busy:
            self._orphans.add(session)
        else:
            self._leave(session, _now(), TERMINAL_CLOSED)

    @property
    def is_needed(self) -> bool:
        """Whether anybody is served, or a conversation goes on without its process."""
        return bool(self._owners) or (self._talk is not None and self._server.is_shared and bool(self._orphans))

    def serves(self, session: SessionId) -> bool:
        """Whether *session* can be reached over the connection."""
        return self._talk is not None and session in self._told

    def has_asked(self, request: RequestId) -> bool:
        """Whether *request* is one of this server's."""
        return request in self._asked

    # -- the connection --------------------------------------------------------------------------------------------

    def due(self) -> float:
        """When (monotonic) to call *on_time*."""
        if self._link is None:
            return self._retry_at
        return self._link.due()

    def on_time(self, now: float) -> None:
        """Connect, or look after the connection."""
        if self._link is None:
            if now >= self._retry_at:
                self._connect(now)
            return
        self._hear(self._link.on_time(now))

    def ready(self, sock: socket.socket, mask: int) -> None:
        """Take what came on *sock*."""
        if self._link is None:
            return
        words = self._link.ready(sock, mask)
        if self._talk is None and self._link.is_open:
            self._begin()
        self._hear(words)

    def lose(self, why: str) -> None:
        """The connection is gone: say so of every session, and try again later."""
        talk, self._talk = self._talk, None
        now = time.monotonic()
        if self._link is not None:
            self._link.close()
            self._link = None
        if talk is not None:
            _log.info("a server of %s was lost: %s", self.agent.label, why)
            self._tell(talk.closed(_now(), why))
            if now >= self._opened_at + LASTED_S:
                self._backoff = RETRY_S
        self._forget_all()
        self._retry_at = now + self._backoff
        self._backoff = min(self._backoff * 2, LONGEST_RETRY_S)

    def close(self) -> None:
        """Hang up for good, saying nothing."""
        if self._link is not None:
            self._link.close()
        self._link = self._talk = None
        self._forget_all()

    def _forget_all(self) -> None:
        for request in self._asked:
            self._known.payloads.pop(request, None)
        self._asked.clear()
        self._known.sessions -= self._told

    def _connect(self, now: float) -> None:
        settled_in = self._settled_in()
        if settled_in > 0:
            self._retry_at = now + settled_in
            return
        try:
            self._link = open_link(self._server.transport, self._place, self._selector, self)
        except (OSError, Lost):
            # Not there yet, or no more: the processes tell how long it makes sense to ask.
            self._retry_at = now + self._backoff
            self._backoff = min(self._backoff * 2, LONGEST_RETRY_S)
            return
        if self._link.is_open:
            self._begin()

    def _settled_in(self) -> float:
        """How long its socket is still too new for us."""
        if not self._server.settles_s:
            return 0.0
        try:
            made_at = os.stat(self._place.address).st_mtime
        except OSError:
            return 0.0  # not there: connecting will tell
        return min(made_at + self._server.settles_s - time.time(), self._server.settles_s)

    def _begin(self) -> None:
        self._opened_at = time.monotonic()
        self._talk = self._server.open_talk(self._home)
        self._known.sessions |= self._told
        self._after(self._talk.opened(_now()))

    # -- words -----------------------------------------------------------------------------------------------------

    def _hear(self, words: Iterable[ServerWord]) -> None:
        for word in words:
            if self._talk is None:
                return
            self._count()
            self._after(self._talk.feed(word, _now()))

    def _count(self) -> None:
        now = time.monotonic()
        if now >= self._flood_until:
            self._flood_until, self._words = now + FLOOD_S, 0
        self._words += 1
        if self._words > FLOOD_WORDS:
            self._backoff = LONGEST_RETRY_S
            raise Lost("it says too much")

    def _after(self, events: list[Event]) -> None:
        if self._talk is None or self._link is None:
            return
        calls = self._talk.outgoing()
        self._keep_payloads(events)
        if events:
            self._pair()
        self._tell(events)
        if calls:
            self._link.send(calls)

    def _keep_payloads(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case RequestOpened(request=request) if self._talk is not None:
                    payload = self._talk.payload_of(request.id)
                    if payload is not None:
                        self._asked.add(request.id)
                        self._known.payloads[request.id] = payload
                case RequestClosed(request=closed) | RequestReleased(request=closed) | ReplyDelivered(request=closed):
                    self._asked.discard(closed)
                    self._known.payloads.pop(closed, None)
                case _:
                    pass

    def reply(self, request: RequestId, answer: bytes) -> str:
        """Send what was decided, once, or return why not; what became of it comes as an event."""
        if self._talk is None or self._known.payloads.pop(request, None) is None:
            return TOO_LATE
        why = self._talk.reply(request, answer)
        self._after([])
        return why

    def say(self, session: SessionId, reply: SessionReply) -> str:
        """Send a prompt or an interrupt, or return why not."""
        if self._talk is None:
            return HUNG_UP
        why = self._talk.say(session, reply)
        self._after([])
        return why

    # -- what is worth telling -------------------------------------------------------------------------------------

    def _pair(self) -> None:
        """Find out whose conversations these are, and tell it."""
        if self._talk is None:
            return
        now = _now()
        if not self._server.is_shared:
            return
        sessions = self._talk.sessions()
        if not sessions:
            return  # not known yet, or none
        before, self._pairs = self._pairs, paired(self._owners.values(), sessions, self._pairs)
        for pid, native in self._pairs.items():
            if before.get(pid) != native:
                self._known.native_by_pid[pid] = native
                self._introduce(pid, session_id(self.agent.kind, native), now)
        for pid, native in before.items():
            if self._pairs.get(pid, native) != native and native not in self._pairs.values():
                self._leave(session_id(self.agent.kind, native), now, LEFT)

    def _introduce(self, pid: int, session: SessionId, now: datetime) -> None:
        self._orphans.discard(session)
        self._reveal(session)
        owner = self._owners[pid]
        self._sink(
            SessionDescribed(session, self.agent.kind, now, cwd=owner.cwd or None, pid=pid, home=self._home or None)
        )
        alive = Evidence(Source.PROCESS, Claim.ALIVE, now, "its process runs", origin=str(pid))
        self._sink(EvidenceGiven(session, alive))

    def _leave(self, session: SessionId, now: datetime, why: str) -> None:
        """No process shows it any more, and it rests."""
        self._hush(session)
        self._sink(SessionEnded(session, now, why, Source.SERVER))

    def _hush(self, session: SessionId) -> None:
        """Tell no more of *session* until there is a reason to."""
        self._told.discard(session)
        self._known.sessions.discard(session)
        self._orphans.discard(session)
        self._quiet[session] = _Quiet()

    def _reveal(self, session: SessionId) -> None:
        if session in self._told:
            return
        self._told.add(session)
        self._known.sessions.add(session)
        quiet = self._quiet.pop(session, _Quiet())
        for event in (quiet.described, quiet.evidence):
            if event is not None:
                self._sink(event)

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            session = event.request.session if isinstance(event, RequestOpened) else getattr(event, "session", None)
            if session is None:
                self._sink(event)
            elif session in self._told:
                self._tell_known(event, session)
            else:
                self._tell_unknown(event, session)

    def _tell_known(self, event: Event, session: SessionId) -> None:
        if isinstance(event, EvidenceGiven):
            is_busy = _is_busy(event.evidence)
            (self._busy.add if is_busy else self._busy.discard)(session)
            if session in self._orphans and not is_busy:
                self._leave(session, event.evidence.at, TERMINAL_CLOSED)
                return
        self._sink(event)

    def _tell_unknown(self, event: Event, session: SessionId) -> None:
        if len(self._told) + len(self._quiet) >= MOST_SESSIONS and session not in self._quiet:
            return
        if not self._server.is_shared:
            self._reveal(session)
            self._sink(event if not isinstance(event, SessionDescribed) else self._with_process(event))
            return
        quiet = self._quiet.setdefault(session, _Quiet())
        match event:
            case SessionDescribed():
                quiet.described = event
            case EvidenceGiven(evidence=evidence):
                quiet.evidence = event
                if _is_busy(evidence):
                    self._busy.add(session)
                    self._reveal(session)
            case RequestOpened():
                self._reveal(session)
                self._sink(event)
            case _:
                pass

    def _with_process(self, event: SessionDescribed) -> SessionDescribed:
        owner = next(iter(self._owners.values()), None)
        if owner is None:
            return event
        alive = Evidence(Source.PROCESS, Claim.ALIVE, event.at, "its process runs", origin=str(owner.pid))
        self._sink(EvidenceGiven(event.session, alive))
        return replace(event, pid=owner.pid, home=event.home or self._home or None)


def _is_busy(evidence: Evidence) -> bool:
    return evidence.claim is Claim.WORKING or evidence.claim.is_waiting


def _now() -> datetime:
    return datetime.now(UTC)
