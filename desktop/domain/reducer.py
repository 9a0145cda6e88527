"""Every transition of a session: (session, event) -> session, and which requests that closed.

Nothing here knows the clock: stamps come with the events. Requests close because the agent moved on, never because
a person replied; see ``desktop.hub`` for replies.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import assert_never

from desktop.domain import turns
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    EvidenceGiven,
    FilesChanged,
    Jumped,
    LineSeen,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
    SessionEvent,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.phase import is_just_answered
from desktop.domain.record import dataclass, replace
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Evidence, Launch, Session, Source, Subagent

# A prompt that a hook hid opens in the terminal within half a second of the hook's end; four times that.
CONFIRM_WITHIN = timedelta(seconds=2)
ANSWERED_THERE = "answered in the terminal"
ANSWERED_HERE = "answered"
SESSION_ENDED = "the session ended"
IN_TERMINAL = "Answer it in the terminal of the session."


@dataclass(frozen=True, slots=True)
class Closure:
    """A request that is open no more, and how that came about."""

    request: Request
    how: str


@dataclass(frozen=True, slots=True)
class Change:
    """A session after an event, and the requests that the event closed."""

    session: Session
    closures: tuple[Closure, ...] = ()


def new_session(session: SessionId, at: datetime) -> Session:
    """Make the record of a session nobody has heard of."""
    return Session(id=session, agent=AgentKind(session.partition(":")[0]), seen_first_at=at)


def reduce(session: Session, event: SessionEvent | RequestOpened) -> Change:
    """Fold *event*, which must be about *session*, into it."""
    match event:
        case SessionDescribed():
            return Change(_described(session, event))
        case EvidenceGiven(evidence=evidence):
            return _with_terminal_request(_given(session, evidence), evidence.at)
        case TurnStarted():
            return _turn_started(session, event)
        case TurnFinished():
            return _after_turn(turns.finished(session, event), event)
        case FilesChanged():
            return Change(turns.files_changed(session, event))
        case ActivitySeen():
            return Change(turns.active(session, event.at, event.text))
        case ToolCallStarted(call=call):
            calls = (*(known for known in session.calls if known.id != call.id), call)
            return _with_terminal_request(Change(replace(turns.at_work(session, call.at), calls=calls)), call.at)
        case ToolCallEnded():
            return _call_ended(session, event)
        case LineSeen(is_open=is_open):
            return Change(replace(session, has_line=is_open))
        case SubagentStarted():
            others = tuple(helper for helper in session.subagents if helper.id != event.subagent)
            # Not every source that tells of it tells its model.
            model = event.model or next((helper.model for helper in session.subagents if helper not in others), "")
            helper = Subagent(event.subagent, event.role, event.at, model)
            return Change(replace(turns.active(session, event.at), subagents=(*others, helper)))
        case SubagentStopped():
            kept = tuple(helper for helper in session.subagents if helper.id != event.subagent)
            closing = [request for request in session.requests if request.subagent_id == event.subagent]
            return _closed(replace(turns.active(session, event.at), subagents=kept), closing, "the subagent ended")
        case RequestOpened(request=request):
            return _request_opened(session, request)
        case RequestClosed():
            return _closed(session, _named(session, event.request), event.how)
        case RequestReleased():
            return _request_released(session, event)
        case ReplyDelivered():
            taken = replace(session, answered_at=event.at)
            return _closed(taken, _named(session, event.request), ANSWERED_HERE)
        case Jumped(how_far=how_far):
            return Change(replace(session, notice=how_far))
        case DeliveryFailed():
            return Change(_delivery_failed(session, event))
        case SessionEnded():
            return _ended(session, event)
        case _:
            assert_never(event)


def process_ended(session: Session, pid: int, at: datetime) -> Change:
    """Fold in that process *pid* is gone; the session ends when no other process carries it."""
    gone = Evidence(Source.PROCESS, Claim.GONE, at, f"process {pid} is gone", str(pid))
    others = tuple(
        item
        for item in session.evidence
        if item.origin != str(pid) and not (item.source is Source.PROCESS and item.claim is Claim.GONE)
    )
    session = replace(session, evidence=(*others, gone))
    is_at_work = any(item.source is Source.SERVER and _is_busy(item) for item in others)  # there, without a terminal
    if is_at_work:
        return Change(replace(session, pid=None))
    if any(item.source in (Source.LIVE_STATE, Source.PROCESS) for item in others):
        return Change(session)
    in_turn = session.turn is not None and session.turn.finished_at is None
    why = "its process ended in the middle of a turn" if in_turn else "its process ended"
    return _closed(
        replace(session, ended_at=at, ended_why=why, subagents=(), calls=()), session.requests, SESSION_ENDED
    )


def confirmations_passed(session: Session, now: datetime) -> Change:
    """Close the requests that the hook let go and that the agent did not take up again in its own terminal."""
    late = [request for request in session.requests if request.confirm_by is not None and request.confirm_by <= now]
    return _closed(session, late, "the agent asks no more")


def answers_overdue(session: Session, now: datetime) -> Session:
    """Open again the requests whose reply nobody was seen to take."""
    requests = tuple(
        replace(
            request,
            is_answering=False,
            answer_by=None,
            reach=Reach.TERMINAL,  # a decision is on record; a second one must not leave
            why_not=IN_TERMINAL,
            trouble="The agent did not take the answer in time. Answer it in its terminal.",
        )
        if request.answer_by is not None and request.answer_by <= now
        else request
        for request in session.requests
    )
    return session if requests == session.requests else replace(session, requests=requests)


def still_waiting(session: Session, now: datetime) -> Change:
    """Show a dialog that stands although its request was answered from here: the agent did not take the answer."""
    return _with_terminal_request(Change(session), now)


def live_claims(session: Session, now: datetime | None = None) -> tuple[Evidence, ...]:
    """What the agent itself says, one entry a process or server; only what is credible, when *now* is given."""
    return tuple(item for item in session.live_words if now is None or item.is_fresh(now))


def _described(session: Session, event: SessionDescribed) -> Session:
    names = session.names
    if event.name is not None:
        names = (*(named for named in names if named[0] is not event.name[0]), event.name)
    revived = event.pid is not None and session.ended_at is not None and event.at > session.ended_at
    is_begun_here = session.launch is Launch.HERE and session.ended_at is None  # to itself it answers to a program
    return replace(
        session,
        agent=event.agent,
        names=names,
        cwd=session.cwd if event.cwd is None else event.cwd,
        branch=session.branch if event.branch is None else event.branch,
        host=session.host if event.host is None else event.host,
        repository=session.repository if event.repository is None else event.repository,
        model=session.model if event.model is None else event.model,
        version=session.version if event.version is None else event.version,
        pid=session.pid if event.pid is None else event.pid,
        launch=session.launch if event.launch is None or is_begun_here else event.launch,
        home=session.home if event.home is None else event.home,
        transcript=session.transcript if event.transcript is None else event.transcript,
        pane=session.pane if event.pane is None else event.pane,
        inbox=session.inbox if event.inbox is None else event.inbox,
        started_at=session.started_at if event.started_at is None else event.started_at,
        ended_at=None if revived else session.ended_at,
        ended_why="" if revived else session.ended_why,
    )


def _given(session: Session, evidence: Evidence) -> Change:
    before = next(
        (item for item in session.evidence if item.source is evidence.source and item.origin == evidence.origin), None
    )
    if before is not None and before.at > evidence.at:
        return Change(session)  # an older word that came late
    others = tuple(item for item in session.evidence if item is not before)
    session = replace(session, evidence=(*others, evidence))
    if not evidence.source.is_live:
        return Change(session)
    # A server keeps what rests when its terminal is closed: that is no session any more.
    revives = evidence.source is Source.LIVE_STATE or _is_busy(evidence)
    if session.ended_at is not None and evidence.at > session.ended_at and revives:
        session = replace(session, ended_at=None, ended_why="")
    if evidence.claim.is_waiting:
        return _waits(session, evidence, before)
    was_waiting = before is not None and before.claim.is_waiting
    closing = [request for request in session.requests if _is_over(request, evidence, was_waiting=was_waiting)]
    if len(closing) > 1 and any(not request.subagent_id for request in closing):
        # The terminal shows one dialog at a time: what the session itself asked was the one that closed.
        closing = [request for request in closing if not request.subagent_id]
    return _closed(session, closing, ANSWERED_THERE)


def _is_busy(evidence: Evidence) -> bool:
    return evidence.claim is Claim.WORKING or evidence.claim.is_waiting


def _is_over(request: Request, evidence: Evidence, *, was_waiting: bool) -> bool:
    """Whether *request* cannot be open any more, now that the agent's live state says it does not wait."""
    if request.reach is Reach.SERVER:
        # The server tells of each by itself; only when the turn is over, none can be open.
        return evidence.source is Source.SERVER and evidence.claim is Claim.RESTING and not request.subagent_id
    if request.reach is Reach.TERMINAL:
        return request.confirm_by is None
    if request.subagent_id:
        # A background subagent's prompt is hidden while its hook runs: the live state never said it waits.
        return was_waiting and evidence.at > request.opened_at
    return evidence.at > request.opened_at


def _waits(session: Session, evidence: Evidence, before: Evidence | None) -> Change:
    requests = tuple(
        replace(request, confirm_by=None) if request.confirm_by is not None else request for request in session.requests
    )
    session = replace(session, requests=requests)
    if before is None or not before.claim.is_waiting or before.at == evidence.at:
        return Change(session)
    # It left one dialog and came to another between two looks of ours (90 ms apart for a parallel pair). The stamp of
    # a dialog is older than its own hook call, so a request older than the stamp belongs to the dialog that is gone.
    older = [
        request
        for request in requests
        if not request.subagent_id and request.opened_at < evidence.at and request.reach is not Reach.SERVER
    ]
    return _closed(session, older, ANSWERED_THERE)


def _with_terminal_request(change: Change, now: datetime) -> Change:
    """Show what the agent's terminal asks, when the agent says it waits and no hook told us more."""
    session = change.session
    waiting = next(
        (item for item in live_claims(session) if item.claim.is_waiting and not is_just_answered(session, item, now)),
        None,
    )
    if waiting is None or session.ended_at is not None:
        return change
    shown = next((request for request in session.requests if not request.subagent_id), None)
    if any(request.reach is not Reach.TERMINAL or request.subagent_id for request in session.requests):
        return change
    draft = _draft(session, waiting)
    if shown is not None and (draft is None or shown.call_key == draft.call_key):
        return change
    if draft is None and waiting.claim is Claim.WAITING:
        return change  # a menu that the person opened there: nothing is asked
    opened = replace(
        draft or _unnamed(session, waiting), reach=Reach.TERMINAL, why_not=IN_TERMINAL, opened_at=waiting.at
    )
    closures = (*change.closures, *((Closure(shown, "known better now"),) if shown is not None else ()))
    others = tuple(request for request in session.requests if request is not shown)
    return Change(replace(session, requests=(*others, opened)), closures)


def _draft(session: Session, waiting: Evidence) -> Request | None:
    """The open tool call that the agent most likely waits for: the first that asks what the agent says it asks.

    Older versions say "permission" for a question too; then the call itself knows better.
    """
    wanted = {
        Claim.WAITING_APPROVAL: (RequestKind.PERMISSION, RequestKind.PLAN),
        Claim.WAITING_ANSWER: (RequestKind.QUESTION, RequestKind.ELICITATION),
    }.get(waiting.claim, tuple(RequestKind))
    drafts = [call.draft for call in session.calls if call.draft is not None]
    fitting = [draft for draft in drafts if draft.kind in wanted]
    return next(iter(fitting or drafts), None)


def _unnamed(session: Session, waiting: Evidence) -> Request:
    kind = RequestKind.QUESTION if waiting.claim is Claim.WAITING_ANSWER else RequestKind.PERMISSION
    return Request(
        id=RequestId(f"{session.id}:{waiting.at.timestamp():.3f}"),
        session=session.id,
        kind=kind,
        opened_at=waiting.at,
        summary="waits in its terminal",
    )


def _turn_started(session: Session, event: TurnStarted) -> Change:
    begun = turns.started(session, event)
    is_new = begun.turn is not None and (session.turn is None or begun.turn.started_at != session.turn.started_at)
    closing = [
        request
        for request in session.requests
        if is_new and event.prompt and not live_claims(session)
        if not request.subagent_id and request.opened_at < event.at
    ]
    return _closed(begun, closing, ANSWERED_THERE)


def _after_turn(session: Session, event: TurnFinished) -> Change:
    """Close what the session itself asked: whoever has yielded the floor waits for no call of its own."""
    closing = [
        request
        for request in session.requests
        if not live_claims(session) and not request.subagent_id and request.opened_at <= event.at
    ]
    return _closed(session, closing, ANSWERED_THERE)


def _call_ended(session: Session, event: ToolCallEnded) -> Change:
    call = next((known for known in session.calls if known.id == event.call), None)
    session = replace(
        turns.active(session, event.at), calls=tuple(known for known in session.calls if known.id != event.call)
    )
    if call is None:
        return Change(session)
    closing = [
        request
        for request in session.requests
        if request.call_key and request.call_key == call.call_key and request.opened_at <= event.at + turns.SAME_MOMENT
        if request.reach is not Reach.SERVER  # that one says so itself, a moment sooner or later
    ]
    return _closed(session, closing[:1], ANSWERED_THERE)


def _request_opened(session: Session, request: Request) -> Change:
    waits = any(item.claim.is_waiting for item in live_claims(session))
    same = next((known for known in session.requests if known.id == request.id), None)
    if same is not None and same.is_answerable:
        return Change(session)  # told of twice, by two ways: the first stays the one that takes the answer
    session = replace(session, requests=tuple(known for known in session.requests if known is not same))
    replaced = [
        known
        for known in session.requests
        if not (known.is_parallel and request.is_parallel)
        # A terminal shows one dialog at a time, so a new one of the same asker means the last is gone; and what the
        # hook says of a dialog is better than what we made of the live state.
        if known.subagent_id == request.subagent_id or (known.reach is Reach.TERMINAL and not known.subagent and waits)
    ]
    change = _closed(session, replaced, ANSWERED_THERE)
    session = replace(change.session, requests=(*change.session.requests, request), notice="")
    return Change(turns.active(session, request.opened_at), change.closures)


def _request_released(session: Session, event: RequestReleased) -> Change:
    claims = live_claims(session)
    waits = any(item.claim.is_waiting for item in claims)
    is_unconfirmed = not claims and any(known.hides_prompt for known in _named(session, event.request))
    requests = tuple(
        replace(
            request,
            reach=Reach.TERMINAL,
            why_not=f"{event.why} {IN_TERMINAL}".strip(),
            # Where the agent writes down nothing of its dialogs, the end of the call or of the turn must tell.
            confirm_by=None if waits or is_unconfirmed else event.at + CONFIRM_WITHIN,
            is_answering=False,
            answer_by=None,
        )
        if request.id == event.request
        else request
        for request in session.requests
    )
    return Change(replace(session, requests=requests))


def _delivery_failed(session: Session, event: DeliveryFailed) -> Session:
    if event.request is None:
        return replace(session, notice=event.why)
    requests = tuple(
        replace(request, is_answering=False, answer_by=None, trouble=event.why)
        if request.id == event.request
        else request
        for request in session.requests
    )
    return replace(session, requests=requests, notice=event.why)


def _ended(session: Session, event: SessionEnded) -> Change:
    if event.source is Source.HOOK and live_claims(session):
        return Change(session)  # a twin of the conversation ended; the process whose live state we see did not
    evidence = tuple(item for item in session.evidence if not item.source.is_live)
    ended = replace(
        session, evidence=evidence, ended_at=event.at, ended_why=event.why, subagents=(), calls=(), pid=None
    )
    return _closed(ended, session.requests, SESSION_ENDED)


def _named(session: Session, request: RequestId) -> list[Request]:
    return [known for known in session.requests if known.id == request]


def _closed(session: Session, closing: Iterable[Request], how: str) -> Change:
    gone = {request.id: request for request in closing}
    if not gone:
        return Change(session)
    kept = tuple(request for request in session.requests if request.id not in gone)
    closures = tuple(
        Closure(request, ANSWERED_HERE if request.is_answering and how == ANSWERED_THERE else how)
        for request in gone.values()
    )
    return Change(replace(session, requests=kept), closures)
