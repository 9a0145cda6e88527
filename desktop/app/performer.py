"""Carries out what the hub wants done: notifications, answers, the ledger. Decides nothing."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from desktop.app import clock
from desktop.app.courier import Courier
from desktop.app.scribe import Scribe
from desktop.domain.agent import Agent
from desktop.domain.events import DeliveryFailed
from desktop.domain.ids import AgentKind
from desktop.domain.notices import Notice
from desktop.domain.ports import Notifier, Sink
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, Jump, RequestReply, SessionReply, Stop
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Session
from desktop.hub.effects import (
    BringForward,
    Deliver,
    Effect,
    NoteClosed,
    NoteName,
    NoteOpened,
    NoteSeen,
    NoteTask,
    Raise,
    Release,
    Send,
    Withdraw,
)
from desktop.storage.ledger import Decision
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.hook_socket import HookSocket
from desktop.watchers.started_agents import StartedAgents

log = logging.getLogger(__name__)

_Way = tuple[bytes, Callable[[bytes, Request, RequestReply], bytes | None], Callable[[bytes], None]]

NO_HOOK = "The agent no longer waits here. Answer it in the terminal of the session."
NO_SUCH_ANSWER = "The agent takes no such answer from here. Answer it in the terminal of the session."


class Performer:
    """The hands of the hub. Lives on the main thread."""

    def __init__(
        self,
        agents: Mapping[AgentKind, Agent],
        hooks: HookSocket,
        notifier: Notifier,
        scribe: Scribe,
        courier: Courier,
        sink: Sink,
        servers: AgentServers | None = None,
    ) -> None:
        self._agents = agents
        self._servers = servers
        self.started: StartedAgents | None = None  # sessions that the tray began, once it has begun one
        self._hooks = hooks
        self._notifier = notifier
        self._scribe = scribe
        self._courier = courier
        self._sink = sink

    def perform(self, effects: Iterable[Effect]) -> None:
        """Do all of it, in order."""
        for effect in effects:
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Raise(notice=notice):
                self._raise(notice)
            case Withdraw(key=key):
                self._notifier.withdraw(key)
                at = clock.now()
                self._scribe.note(lambda ledger: ledger.note_withdrawn(key, at))
            case Deliver():
                self._deliver(effect)
            case Send(reply=reply, session=session):
                self._send(reply, session)
            case BringForward(session=session):
                self._courier.jump(session)
            case Release(request=request, why=why):
                self._hooks.release(request, why)
            case NoteOpened(request=opened, session=session):
                self._scribe.note(
                    lambda ledger: ledger.note_opened(
                        opened.id,
                        session.id,
                        session.agent,
                        opened.kind,
                        opened.tool,
                        session.project,
                        opened.opened_at,
                    )
                )
            case NoteClosed(request=closed, at=at, how=how):
                self._scribe.note(lambda ledger: ledger.note_closed(closed.id, at, how))
            case NoteSeen(session=session_id, request=seen_request, at=at):
                if seen_request is not None:
                    self._scribe.note(lambda ledger: ledger.note_seen(seen_request, at))
                else:
                    self._scribe.note(lambda ledger: ledger.save_seen(session_id, at))
            case NoteTask(session=session_id, task=task):
                self._scribe.note(lambda ledger: ledger.save_task(session_id, task))
            case NoteName(session=session_id, name=name):
                self._scribe.note(lambda ledger: ledger.save_name(session_id, name))
            case _:
                assert_never(effect)

    def _raise(self, notice: Notice) -> None:
        self._notifier.raise_notice(notice)
        at = clock.now()
        self._scribe.note(lambda ledger: ledger.note_raised(notice.key, notice.kind, at))

    def _deliver(self, effect: Deliver) -> None:
        """Record, then answer. Whatever goes wrong, nothing leaves, and the agent's own prompt stands."""
        request, reply = effect.request, effect.reply
        refused = self._refuser(effect)
        way = self._way(request, self._agents.get(effect.session.agent))
        if way is None:
            refused(NO_HOOK)
            return
        payload, write, say = way
        if hashlib.sha256(payload).hexdigest() != reply.digest:
            log.error("a request's digest is not that of its call; nothing was sent")
            refused(NO_HOOK)
            return
        answer = write(payload, request, reply)
        if answer is None:
            refused(NO_SUCH_ANSWER)
            return
        decision = Decision(
            at=clock.now(),
            request=request.id,
            session=effect.session.id,
            verdict=_verdict(reply),
            digest=reply.digest,
            answer_digest=hashlib.sha256(answer).hexdigest(),
            surface=effect.surface,
        )
        self._scribe.decide(decision, lambda: say(answer), refused)

    def _way(self, request: Request, agent: Agent | None) -> _Way | None:
        """What the agent asked with, what writes its answer, and what sends it; None when it waits no more."""
        if agent is None:
            return None
        if request.reach is Reach.SERVER:
            started = self.started
            own = started.payload_of(request.id) if started is not None else None
            if started is not None and own is not None and agent.start is not None:
                return own, agent.start.write_reply, lambda answer: started.say(request.session, request.id, answer)
            servers, server = self._servers, agent.server
            payload = servers.payload_of(request.id) if servers is not None else None
            if servers is None or server is None or payload is None:
                return None
            return payload, server.write_reply, lambda answer: servers.say(request.session, request.id, answer)
        payload = self._hooks.payload_of(request.id)
        if payload is None or agent.write_hook_reply is None:
            return None
        return payload, agent.write_hook_reply, lambda answer: self._hooks.say(request.id, answer)

    def _send(self, reply: SessionReply, session: Session) -> None:
        """By the agent's own server or hook where it has one; else, and where that cannot, by the terminal."""
        agent = self._agents.get(session.agent)
        if self.started is not None and self.started.serves(session.id) and not isinstance(reply, Stop | Jump):
            self.started.carry(session.id, reply, self._fails(session))
            return
        is_served = self._servers is not None and self._servers.serves(session.id)
        if is_served and self._servers is not None and not isinstance(reply, Stop):
            self._servers.carry(session.id, reply, lambda _: self._courier.send(reply, session, agent))
            return
        words = agent.line.write(reply) if agent is not None and agent.line is not None else None
        if words is not None and self._hooks.listens(session.id):
            # No other way is tried: what was sent and not confirmed may have been taken all the same.
            self._hooks.tell(session.id, words, self._fails(session))
        else:
            self._courier.send(reply, session, agent)

    def _fails(self, session: Session) -> Callable[[str], None]:
        return lambda why: self._sink(DeliveryFailed(session.id, None, clock.now(), why))

    def _refuser(self, effect: Deliver) -> Callable[[str], None]:
        def refused(why: str) -> None:
            self._sink(DeliveryFailed(effect.session.id, effect.request.id, clock.now(), why))

        return refused


def _verdict(reply: RequestReply) -> str:
    match reply:
        case Allow(suggestions=chosen):
            return "allow with rule" if chosen else "allow"
        case Deny(stops=stops):
            return "deny and stop" if stops else "deny"
        case Answer():
            return "answer"
        case ApprovePlan():
            return "approve plan"
        case _:
            assert_never(reply)
