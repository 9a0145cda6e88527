"""The hook fields that several agents have in common, read defensively and turned into events.

Nothing here raises, whatever the payload holds: what cannot be read means nothing.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from desktop.domain.agent import HookCall
from desktop.domain.events import (
    Event,
    EvidenceGiven,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.record import dataclass, replace
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Source
from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.permission_rules import suggestions

CALLED_US = "it called our hook"
ASKING_EVENT = "PermissionRequest"
PLAN_MODES = ("default", "acceptEdits")

# A notification comes late and says little; after a minute it says nothing.
NOTIFIED_FOR = timedelta(seconds=60)
# A background task that outlives this is told of again by the agent's next turn, or not worth waiting for.
BACKGROUND_FOR = timedelta(minutes=10)

# The ids of the agents at hand are UUIDs; whatever else comes must stay harmless in a path and on a line.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")

_NOTIFIED = {
    # Sent for questions as well as for permission: it does not say which.
    "permission_prompt": Claim.WAITING,
    "worker_permission_prompt": Claim.WAITING_APPROVAL,
    "elicitation_dialog": Claim.WAITING_ANSWER,
    "elicitation_url_dialog": Claim.WAITING_ANSWER,
    "agent_needs_input": Claim.WAITING_ANSWER,
    "idle_prompt": Claim.RESTING,
}

_ENDED_WHY = {
    "clear": "the conversation was cleared",
    "resume": "another conversation was resumed in its place",
    "logout": "the person logged out",
    "prompt_input_exit": "the person left",
    "other": "the program ended",
}


@dataclass(frozen=True, slots=True)
class Payload:
    """One hook call, with the fields that every event has."""

    event: str
    native_session: str
    fields: Mapping[str, object]


def is_plain_id(native: object) -> bool:
    """Whether an agent's id of a conversation can be used in names and paths."""
    return isinstance(native, str) and _PLAIN_ID.fullmatch(native) is not None


def read(raw: bytes) -> Payload | None:
    """Read a payload; None for what is none."""
    fields = parse_object(raw)
    if fields is None:
        return None
    native = text_of(fields, "session_id")
    return Payload(text_of(fields, "hook_event_name"), native, fields) if is_plain_id(native) else None


def asks(raw: bytes) -> bool:
    """Whether this call waits for a person's decision."""
    payload = read(raw)
    return payload is not None and is_request(payload)


def is_request(payload: Payload) -> bool:
    """Whether a call asks for something that can be shown whole."""
    match payload.fields:
        case {"tool_name": str(tool), "tool_input": dict()} if tool:
            return payload.event == ASKING_EVENT
        case _:
            return False


def events(
    call: HookCall, agent: AgentKind, machine_marks: tuple[str, ...] = (), home_variable: str = ""
) -> list[Event]:
    """Turn a call into events; an empty list for what nobody knows.

    A prompt that begins with one of *machine_marks* was put in by the agent, not typed by a person. *home_variable*
    names the agent's home in the environment of the hook.
    """
    payload = read(call.payload)
    if payload is None:
        return []
    session = session_id(agent, payload.native_session)
    try:
        news = _news(payload, session, call, machine_marks)
    except (RecursionError, OverflowError):
        return []  # nested or numbered beyond reason
    return [_described(payload, session, agent, call, home_variable), *news] if news is not None else []


def process_events(session: SessionId, call: HookCall) -> list[Event]:
    """What a call tells of the process of its session, where nothing else pairs the two."""
    if not call.agent_pid:
        return []
    evidence = Evidence(Source.PROCESS, Claim.ALIVE, call.at, CALLED_US, origin=str(call.agent_pid))
    return [EvidenceGiven(session, evidence)]


def _described(
    payload: Payload, session: SessionId, agent: AgentKind, call: HookCall, home_variable: str
) -> SessionDescribed:
    fields = payload.fields
    environment = dict(call.environment)
    return SessionDescribed(
        session,
        agent,
        call.at,
        cwd=text_of(fields, "cwd") or None,
        transcript=text_of(fields, "transcript_path") or None,
        model=text_of(fields, "model") or None,
        pid=call.agent_pid or None,
        home=environment.get(home_variable) or None,
        pane=environment.get("TMUX_PANE") or None,
    )


def _news(payload: Payload, session: SessionId, call: HookCall, machine_marks: tuple[str, ...]) -> list[Event] | None:
    """What the call tells beside its session; None when nobody knows the event."""
    fields, at = payload.fields, call.at
    match payload.event:
        case "SessionStart":
            return []
        case "UserPromptSubmit":
            prompt = text_of(fields, "prompt")
            is_typed = not prompt.lstrip().startswith(machine_marks)
            return [TurnStarted(session, at, text.one_line(prompt) if is_typed else "")]
        case "Stop":
            words = text.clean(text_of(fields, "last_assistant_message"))
            return [TurnFinished(session, at, last_words=words), *_background(fields, session, at)]
        case "StopFailure":
            error = text_of(fields, "last_assistant_message") or text_of(fields, "error")
            return [TurnFinished(session, at, Ending.FAILED, error=text.one_line(error))]
        case "Notification":
            claim = _NOTIFIED.get(text_of(fields, "notification_type"))
            return [_said(session, claim, at, text_of(fields, "message"), NOTIFIED_FOR)] if claim else None
        case "SessionEnd":
            reason = text_of(fields, "reason")
            return [SessionEnded(session, at, _ENDED_WHY.get(reason) or f"ended ({text.one_line(reason, 60)})")]
        case "SubagentStart" | "SubagentStop":
            return _subagent(payload, session, at)
        case _ if is_request(payload):
            return [RequestOpened(_request(payload, session, call))]
        case _:
            return None


def _subagent(payload: Payload, session: SessionId, at: datetime) -> list[Event] | None:
    helper = text_of(payload.fields, "agent_id")
    role = text_of(payload.fields, "agent_type")
    if not helper or not role:
        return None  # the agent's own errands, such as compaction, have no role
    if payload.event == "SubagentStart":
        return [SubagentStarted(session, helper, text.one_line(role, 60), at)]
    return [SubagentStopped(session, helper, at)]


def _background(fields: Mapping[str, object], session: SessionId, at: datetime) -> list[Event]:
    """What still runs though the turn is over."""
    news: list[Event] = []
    others = False
    for task in objects_of(fields, "background_tasks"):
        if text_of(task, "status") != "running":
            continue
        if text_of(task, "type") == "subagent" and (helper := text_of(task, "id")):
            role = text_of(task, "agent_type") or text_of(task, "description") or "subagent"
            news.append(SubagentStarted(session, helper, text.one_line(role, 60), at))
        else:
            others = True
    if others:
        news.append(_said(session, Claim.BACKGROUND, at, "a background task still runs", BACKGROUND_FOR))
    return news


def _said(session: SessionId, claim: Claim, at: datetime, detail: str, ttl: timedelta) -> EvidenceGiven:
    return EvidenceGiven(session, Evidence(Source.HOOK, claim, at, text.one_line(detail), ttl=ttl))


def _request(payload: Payload, session: SessionId, call: HookCall) -> Request:
    fields = payload.fields
    asked = as_request(call.payload, fields, object_of(fields, "tool_input"), session, call.at)
    return replace(
        asked,
        id=RequestId(call.request_nonce) if call.request_nonce else asked.id,
        reach=Reach.HOOK,
        subagent=text.one_line(text_of(fields, "agent_type"), 60),
        subagent_id=text_of(fields, "agent_id"),
    )


def as_request(
    raw: bytes, fields: Mapping[str, object], given: Mapping[str, object], session: SessionId, at: datetime
) -> Request:
    """What the call in *fields* with the input *given* asks, bound to the *raw* bytes; how it is answered is open."""
    tool = text_of(fields, "tool_name")
    use = tool_calls.describe(tool, given)
    digest = hashlib.sha256(raw).hexdigest()
    return Request(
        id=RequestId(digest[:32]),
        session=session,
        kind=use.kind,
        opened_at=at,
        tool=tool,
        text=use.text,
        summary=use.summary,
        questions=use.questions,
        suggestions=suggestions(fields) if use.kind is RequestKind.PERMISSION else (),
        modes=PLAN_MODES if use.kind is RequestKind.PLAN else (),
        writes=(path,) if (path := tool_calls.written_path(tool, given)) else (),
        digest=digest,
        call_key=tool_calls.call_key(tool, given),
    )
