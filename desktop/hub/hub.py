"""The single writer: owns every session, takes events and intents, says what the world must now do.

No threads, no timers, no files. A reply is a wish: the request stays open, marked as answering, until an event shows
that the agent took it.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from desktop.domain import clock_jump, reducer
from desktop.domain.agent import Agent
from desktop.domain.board import Board, Row, Trouble
from desktop.domain.events import (
    CommandStarted,
    Event,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    RecordsSkipped,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
    TerminalSeen,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, stand_in_id, stand_in_pid
from desktop.domain.notices import Capabilities
from desktop.domain.phase import Standing, resolve
from desktop.domain.replies import (
    Allow,
    Answer,
    ApprovePlan,
    AssignTask,
    Deny,
    Intent,
    Interrupt,
    Jump,
    MarkSeen,
    OpenRequest,
    Prompt,
    Rename,
    RequestReply,
    SessionReply,
    Stop,
)
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Claim, Session, Terminal
from desktop.domain.settings import Settings
from desktop.hub import carried_out, holding, rows
from desktop.hub.asked import Asked
from desktop.hub.attention import Attention
from desktop.hub.effects import (
    BringForward,
    Deliver,
    Effect,
    NoteClosed,
    NoteName,
    NoteOpened,
    NoteSeen,
    NoteTask,
    Release,
    Send,
)
from desktop.hub.given import Given
from desktop.hub.refusals import SCREEN_LOCKED, refusal
from desktop.hub.shelves import Shelves
from desktop.policy.tasks import renaming

# The relay answers within milliseconds; a machine that swaps needs more.
ANSWER_WITHIN = timedelta(seconds=5)
# Enough to tell every late click of a day what became of its request.
REMEMBERED_CLOSURES = 2000
ENDED_KEPT = timedelta(hours=24)
HELD_LONG_ENOUGH = "It waited here and nobody answered."


class Hub:
    """Owns the state. Every method returns what the world must now do."""

    def __init__(self, agents: Sequence[Agent], settings: Settings, started_at: datetime) -> None:
        self._agents: Mapping[AgentKind, Agent] = {agent.kind: agent for agent in agents}
        self._settings = settings
        self._started_at = started_at
        self._now = started_at
        self._attention = Attention(settings, started_at)
        self._is_locked = False
        self._sessions: dict[SessionId, Session] = {}
        self._standings: dict[SessionId, Standing] = {}
        self._rows: dict[SessionId, Row] = {}
        self._shelves = Shelves()
        self._asked = Asked()
        self._deadlines: dict[SessionId, datetime] = {}
        self._closed: OrderedDict[RequestId, str] = OrderedDict()
        self._troubles: dict[str, Trouble] = {}
        self._connected: dict[AgentKind, bool] = {}
        self._skipped: dict[tuple[AgentKind, str], int] = {}
        self._opened: RequestId | None = None  # what the person has before them
        self._given = Given()
        self._terminals: dict[int, Terminal] = {}  # by process

    # -- what it knows ---------------------------------------------------------------------------------------------

    def board(self, now: datetime) -> Board:
        """Everything tray and windows draw."""
        board = self._shelves.board(
            now,
            tuple(self._troubles.values()),
            self._connected,
            timedelta(minutes=self._settings.look.show_ended_minutes),
            self._settings.look.group_by,
        )
        if not self._skipped:
            return board
        return replace(board, skipped=tuple((*known, count) for known, count in sorted(self._skipped.items())))

    def session(self, session: SessionId) -> Session | None:
        """The facts of one session."""
        return self._sessions.get(session)

    def sessions(self) -> tuple[Session, ...]:
        """The facts of all sessions."""
        return tuple(self._sessions.values())

    def standing(self, session: SessionId) -> Standing | None:
        """Where one session stands."""
        return self._standings.get(session)

    def request(self, request: RequestId) -> Request | None:
        """An open request."""
        return next(
            (item for session in self._sessions.values() for item in session.requests if item.id == request), None
        )

    def became_of(self, request: RequestId) -> str:
        """How a request closed, in words; empty for one never heard of."""
        return self._closed.get(request, "")

    def skipped_records(self) -> Mapping[tuple[AgentKind, str], int]:
        """How many records nobody could read, by agent and version."""
        return dict(self._skipped)

    def next_deadline(self) -> datetime | None:
        """When to call tick, if nothing happens before."""
        return min(self._deadlines.values(), default=None)

    # -- what it is told -------------------------------------------------------------------------------------------

    def remember(
        self,
        names: Mapping[SessionId, str],
        seen: Mapping[SessionId, datetime],
        tasks: Mapping[SessionId, str] = MappingProxyType({}),
    ) -> None:
        """Take over what the ledger knows from earlier runs; call before the first event."""
        self._given.remember(names, seen, tasks)

    def observe(self, event: Event, now: datetime) -> list[Effect]:
        """Fold in what happened."""
        effects = self._keep_time(now)
        return [*effects, *self._folded(_not_of_the_future(event, now), now), *self._sum_up(now)]

    def submit(self, intent: Intent, now: datetime, surface: str) -> list[Effect]:
        """Take what a person wants; *surface* is where they said it."""
        return [*self._keep_time(now), *self._taken(intent, now, surface), *self._sum_up(now)]

    def configure(self, settings: Settings, now: datetime) -> list[Effect]:
        """Take new settings."""
        notes = self._rename_task(renaming(self._settings.tasks, settings.tasks))
        self._settings = self._attention.settings = settings
        return [*notes, *self._keep_time(now), *self._again(now), *self._sum_up(now)]

    def equip(self, capabilities: Capabilities, now: datetime) -> list[Effect]:
        """Take what notifications can do now, and raise again whatever is owed: what was shown may be gone."""
        self._attention.capabilities = capabilities
        self._attention.forget_shown()
        return [*self._keep_time(now), *self._again(now), *self._sum_up(now)]

    def lock(self, now: datetime, *, is_locked: bool) -> list[Effect]:
        """Take whether the screen is locked: then nobody who sits there may be shown or decide anything."""
        self._is_locked = self._attention.is_locked = is_locked
        return [*self._keep_time(now), *self._again(now), *self._sum_up(now)]

    def connect(self, connected: Mapping[AgentKind, bool]) -> None:
        """Take which agents call our hook, of all that can."""
        if self._connected != dict(connected):
            self._connected = dict(connected)
            for session in self._sessions.values():
                self._draw(session, self._standings[session.id])

    def tick(self, now: datetime) -> list[Effect]:
        """Do what time alone demands."""
        effects = self._keep_time(now)
        for session_id in [known for known, at in self._deadlines.items() if at <= now]:
            session = self._sessions[session_id]
            if session.ended_at is not None and now - session.ended_at >= ENDED_KEPT:
                effects += self._forget(session_id)
                continue
            change = reducer.confirmations_passed(reducer.answers_overdue(session, now), now)
            effects += self._apply(change, now)
            effects += self._apply(reducer.still_waiting(self._sessions[session_id], now), now)
            effects += self._let_hidden_go(self._sessions[session_id], now)
        return [*effects, *self._sum_up(now)]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _keep_time(self, now: datetime) -> list[Effect]:
        """Notice a clock that was set back, and move all that was noted with it."""
        before, self._now = self._now, now
        if now >= before - clock_jump.NO_JUMP:
            return []
        by = now - before
        self._sessions = {known: clock_jump.moved(session, by) for known, session in self._sessions.items()}
        self._started_at += by
        self._attention.move_clock(by)
        self._asked.move_clock(by)
        return self._again(now)

    def _sum_up(self, now: datetime) -> list[Effect]:
        effects: list[Effect] = []
        while (session_id := self._attention.next_of_crowd()) is not None:
            effects += self._put(self._sessions[session_id], now)
        return [*effects, *self._attention.sum_up()]

    def _folded(self, event: Event, now: datetime) -> list[Effect]:
        match event:
            case HealthReported(part=part, text=words, remedy=remedy):
                if words:
                    self._troubles[part] = Trouble(part, words, remedy)
                else:
                    self._troubles.pop(part, None)
                return []
            case RecordsSkipped(agent=agent, version=version, count=count):
                self._skipped[agent, version] = self._skipped.get((agent, version), 0) + count
                return []
            case TerminalSeen(pid=pid, terminal=terminal):
                self._terminals[pid] = terminal
                for held in [item for item in self._sessions.values() if item.pid == pid]:
                    self._draw(held, self._standings[held.id])
                return []
            case ProcessEnded(pid=pid, at=at):
                effects: list[Effect] = []
                self._terminals.pop(pid, None)
                for carried in [item for item in self._sessions.values() if _is_carried_by(item, pid)]:
                    effects += self._apply(reducer.process_ended(carried, pid, at), now)
                return effects
            case CommandStarted(pid=pid):
                closures = [
                    (carried, closure)
                    for carried in self._sessions.values()
                    if _is_carried_by(carried, pid)
                    for closure in carried_out.closures(carried, event)
                ]
                return [
                    effect
                    for carried, closure in closures
                    for effect in self._apply(reducer.reduce(carried, closure), now)
                ]
            case RequestOpened(request=request):
                asker = self._agents.get(AgentKind(request.session.partition(":")[0]))
                request = replace(request, hides_prompt=holding.hides_prompt(request, asker))
                known = self._sessions.get(request.session) or self._new(request.session, request.opened_at)
                effects = self._apply(reducer.reduce(known, RequestOpened(request)), now)
                session_now = self._sessions[request.session]
                return [NoteOpened(request, session_now), *effects]
            case _:
                if self._stands_in_for_known(event.session):
                    return []
                session = self._sessions.get(event.session)
                if session is None:
                    if not isinstance(event, SessionDescribed | EvidenceGiven):
                        return []  # of a session nobody described: nothing to attach it to
                    session = self._new(event.session, now)
                effects = self._apply(reducer.reduce(session, event), now)
                if isinstance(event, SessionEnded) and event.is_alias:
                    effects += self._forget(session.id)
                if isinstance(event, SessionDescribed) and event.pid is not None:
                    stand_in = stand_in_id(event.agent, event.pid)
                    if stand_in != event.session and stand_in in self._sessions:
                        effects += self._forget(stand_in)
                return effects

    def _stands_in_for_known(self, session_id: SessionId) -> bool:
        """Whether this is said of a process whose conversation is known by its own id already."""
        pid = stand_in_pid(session_id)
        agent = session_id.partition(":")[0]
        return pid is not None and any(
            known.agent == agent and known.id != session_id and _is_carried_by(known, pid)
            for known in self._sessions.values()
        )

    def _taken(self, intent: Intent, now: datetime, surface: str) -> list[Effect]:
        match intent:
            case Allow() | Deny() | Answer() | ApprovePlan():
                return self._reply(intent, now, surface)
            case Prompt() | Interrupt() | Stop():
                return self._send(intent, now, surface)
            case Jump(session=session_id):
                return self._jump(session_id, now)
            case MarkSeen(session=session_id):
                return self._seen_now(session_id, now)
            case OpenRequest(request=request):
                return self._opened_now(request, now)
            case Rename(session=session_id, name=name):
                session = self._sessions.get(session_id)
                if session is None:
                    return []
                return [NoteName(session_id, name), *self._put(self._given.name(session, name), now)]
            case AssignTask(session=session_id, task=task):
                session = self._sessions.get(session_id)
                if session is None:
                    return []
                return [NoteTask(session_id, task), *self._put(self._given.assign(session, task), now)]
            case _:
                assert_never(intent)

    def _rename_task(self, names: tuple[str, str] | None) -> list[Effect]:
        """Keep in a task what the person put there, by whatever name it goes now."""
        if names is None:
            return []
        old, new = names
        moved = self._given.in_task(old)
        for session_id in moved:
            self._given.move(session_id, new)
            if session_id in self._sessions:
                self._sessions[session_id] = replace(self._sessions[session_id], task=new)
        return [NoteTask(session_id, new) for session_id in moved]

    def _new(self, session_id: SessionId, at: datetime) -> Session:
        session = self._given.to_new(reducer.new_session(session_id, at))
        return replace(session, is_history=at <= self._started_at)

    def _apply(self, change: reducer.Change, now: datetime) -> list[Effect]:
        effects: list[Effect] = []
        for closure in change.closures:
            self._closed[closure.request.id] = closure.how
            while len(self._closed) > REMEMBERED_CLOSURES:
                self._closed.popitem(last=False)
            if closure.request.reach is Reach.HOOK:
                effects.append(Release(closure.request.id, closure.how))
            effects.append(NoteClosed(closure.request, now, closure.how))
        return effects + self._put(change.session, now)

    def _put(self, session: Session, now: datetime) -> list[Effect]:
        self._sessions[session.id] = session
        standing = resolve(session, now)
        self._standings[session.id] = standing
        self._draw(session, standing)
        agent = self._agents.get(session.agent)
        label = agent.label if agent is not None else session.agent
        effects, alert_at = self._attention.attend(session, standing, label, now)
        self._plan(session, standing, alert_at, now)
        return effects

    def _draw(self, session: Session, standing: Standing) -> None:
        row = rows.row_of(
            session,
            standing,
            self._agents.get(session.agent),
            previous=self._asked.before(session),
            tasks=self._settings.tasks,
            is_connected=self._connected.get(session.agent, False),
            terminal=self._terminals.get(session.pid) if session.pid is not None else None,
        )
        self._rows[session.id] = row
        self._shelves.put(row)

    def _plan(self, session: Session, standing: Standing, alert_at: datetime | None, now: datetime) -> None:
        times = [standing.look_again_at, alert_at]
        for request in session.requests:
            times += [request.confirm_by, request.answer_by]
            if request.reach is Reach.HOOK and request.hides_prompt:
                times.append(self._hidden_until(request, now))
        if session.ended_at is not None:
            times.append(session.ended_at + ENDED_KEPT)
        due = min((at for at in times if at is not None), default=None)
        if due is None:
            self._deadlines.pop(session.id, None)
        else:
            self._deadlines[session.id] = due

    def _again(self, now: datetime) -> list[Effect]:
        return [effect for session in list(self._sessions.values()) for effect in self._put(session, now)]

    def _reply(self, reply: RequestReply, now: datetime, surface: str) -> list[Effect]:
        session = self._sessions.get(reply.session)
        if session is None:
            return []
        request = next((item for item in session.requests if item.id == reply.request), None)
        became = self._closed.get(reply.request, "")
        why_not = refusal(reply, request, became, is_locked=self._is_locked)
        if why_not or request is None:
            return self._put(replace(session, notice=why_not), now)
        answering = replace(request, is_answering=True, answer_by=now + ANSWER_WITHIN, trouble="")
        requests = tuple(answering if item.id == request.id else item for item in session.requests)
        session = replace(session, requests=requests, notice="")
        return [*self._put(session, now), Deliver(reply, request, session, surface)]

    def _send(self, reply: SessionReply, now: datetime, surface: str) -> list[Effect]:
        session = self._sessions.get(reply.session)
        if session is None:
            return []
        if self._is_locked:
            return self._put(replace(session, notice=SCREEN_LOCKED), now)
        row = self._rows[session.id]
        is_possible = {Prompt: row.can_prompt, Interrupt: row.can_interrupt, Stop: row.can_stop}[type(reply)]
        if not is_possible:
            return self._put(replace(session, notice=f"Nothing was sent: the session is {row.phase}."), now)
        return [*self._put(replace(session, notice=""), now), Send(reply, session, surface)]

    def _jump(self, session_id: SessionId, now: datetime) -> list[Effect]:
        session = self._sessions.get(session_id)
        if session is None or self._is_locked:
            return []
        row = self._rows[session_id]
        if not row.can_jump:
            why = row.terminal or "Where the terminal of this session is, is not known."
            return self._put(replace(session, notice=why), now)
        return [*self._put(replace(session, notice=""), now), BringForward(session)]

    def _seen_now(self, session_id: SessionId, now: datetime) -> list[Effect]:
        session = self._sessions.get(session_id)
        if session is None or self._is_locked:
            return []
        return [NoteSeen(session_id, None, now), *self._put(self._given.see(session, now), now)]

    def _opened_now(self, request_id: RequestId | None, now: datetime) -> list[Effect]:
        before, self._opened = self._opened, request_id
        effects: list[Effect] = []
        for wanted in (before, request_id):
            request = self.request(wanted) if wanted is not None else None
            if request is not None:
                effects += self._put(self._sessions[request.session], now)
                if wanted == request_id:
                    effects.append(NoteSeen(request.session, request.id, now))
        return effects

    def _hidden_until(self, request: Request, now: datetime) -> datetime:
        session = self._sessions[request.session]
        return holding.hidden_until(
            request,
            session,
            self._agents.get(session.agent),
            self._settings.answering.hidden_hold_s,
            now,
            is_before_person=request.id == self._opened and not self._is_locked,
        )

    def _let_hidden_go(self, session: Session, now: datetime) -> list[Effect]:
        effects: list[Effect] = []
        for request in session.requests:
            if request.reach is Reach.HOOK and request.hides_prompt and self._hidden_until(request, now) <= now:
                effects.append(Release(request.id, HELD_LONG_ENOUGH))
                released = RequestReleased(session.id, request.id, now, HELD_LONG_ENOUGH)
                effects += self._apply(reducer.reduce(self._sessions[session.id], released), now)
        return effects

    def _forget(self, session_id: SessionId) -> list[Effect]:
        session = self._sessions.pop(session_id)
        self._standings.pop(session_id, None)
        self._rows.pop(session_id, None)
        self._shelves.drop(session_id)
        self._asked.forget(session_id)
        self._deadlines.pop(session_id, None)
        return self._attention.forget(session)


def _not_of_the_future(event: Event, now: datetime) -> Event:
    """An agent's word stamped later than now would outrank every later word of it."""
    match event:
        case EvidenceGiven(evidence=evidence) if evidence.at > now + clock_jump.NO_JUMP:
            return replace(event, evidence=replace(evidence, at=now))
        case _:
            return event


def _is_carried_by(session: Session, pid: int) -> bool:
    return session.ended_at is None and (
        session.pid == pid or any(item.origin == str(pid) and item.claim is not Claim.GONE for item in session.evidence)
    )
