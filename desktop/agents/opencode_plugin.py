"""What our plugin inside opencode tells, and what it takes as an answer.

It tells the whole state of a session each time, so that a tray that comes later, or missed something, knows all of it.
"""

import hashlib
import json

from desktop.agents.opencode_asks import KIND, Asked, Fields, answer_to, from_ms, request_of
from desktop.domain.agent import AgentLine, HookCall
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import RequestId, SessionId, session_id, stand_in_id
from desktop.domain.replies import Interrupt, Prompt, RequestReply, SessionReply
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Claim, Ending, Evidence, Launch, NameSource, Source
from desktop.formats import hook_payload, text
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.stamps import BEFORE_ALL

_ENDINGS = {"finished": Ending.FINISHED, "failed": Ending.FAILED, "interrupted": Ending.INTERRUPTED}
_WAITS = {Asked.PERMISSION: Claim.WAITING_APPROVAL, Asked.QUESTION: Claim.WAITING_ANSWER}
_ENDED_WHY = {
    "deleted": "the conversation was deleted",
    "left": "another conversation was begun in its place",
}
_HOW = {"over": "the agent asks no more"}
_ANSWERED = "answered in the terminal"
_MOST_FILES = 200


def read_hook(call: HookCall) -> list[Event]:
    """Turn one call of the plugin into events; an empty list for what nobody knows."""
    fields = parse_object(call.payload)
    if fields is None:
        return []
    try:
        return _read(fields, call)
    except (RecursionError, OverflowError):
        return []  # nested or numbered beyond reason


def asks(payload: bytes) -> bool:
    """Whether this call waits for a person's answer."""
    return any(isinstance(event, RequestOpened) for event in read_hook(HookCall(payload, 0, BEFORE_ALL)))


def session_that_listens(payload: bytes) -> SessionId | None:
    """Whose line this call is; None for any other call."""
    fields = parse_object(payload)
    if fields is None or text_of(fields, "hook_event_name") != "listening":
        return None
    native = text_of(fields, "session_id")
    return session_id(KIND, native) if hook_payload.is_plain_id(native) else None


def write_word(reply: SessionReply) -> bytes | None:
    """What the plugin does for *reply*."""
    match reply:
        case Prompt(text=words):
            told: dict[str, object] = {"prompt": words}
        case Interrupt():
            told = {"abort": True}
        case _:
            return None
    return json.dumps(told, separators=(",", ":")).encode()


LINE = AgentLine(session_that_listens, write_word, "through our plugin in it")


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """What the plugin passes on for *reply*; None when there is no such answer."""
    digest = hashlib.sha256(payload).hexdigest()
    if not digest == request.digest == reply.digest or (reply.request, reply.session) != (request.id, request.session):
        return None
    fields = parse_object(payload)
    kind = _kind_asked(fields) if fields is not None else None
    if fields is None or kind is None:
        return None
    answer = answer_to(kind, object_of(object_of(fields, "asked"), "request"), reply)
    return json.dumps(answer, separators=(",", ":")).encode() if answer is not None else None


def _read(fields: Fields, call: HookCall) -> list[Event]:
    event = text_of(fields, "hook_event_name")
    if event == "here":
        return _here(fields, call)
    native = fields.get("session_id")
    if not isinstance(native, str) or not hook_payload.is_plain_id(native):
        return []
    session = session_id(KIND, native)
    kind = _kind_asked(fields)
    if event in _ENDED_WHY:
        return [SessionEnded(session, call.at, _ENDED_WHY[event])]
    if kind is not None:
        opened = _opened(fields, kind, session, call)
        return [*_state(fields, session, call)[:-1], opened, *_state(fields, session, call)[-1:]] if opened else []
    if event == "closed":
        return [*_closed(fields, session, call), *_state(fields, session, call)]
    return _state(fields, session, call) if event == "state" else []


def _kind_asked(fields: Fields) -> Asked | None:
    name, _, is_asked = text_of(fields, "hook_event_name").partition(".")
    try:
        return Asked(name) if is_asked == "asked" else None
    except ValueError:
        return None


def _here(fields: Fields, call: HookCall) -> list[Event]:
    """The process lives, and no turn was taken in it yet: it is known by its number until there is a conversation."""
    if fields.get("serves") is True:
        return []  # what it serves is shown when there is any
    session = stand_in_id(KIND, call.pid)
    evidence = Evidence(Source.LIVE_STATE, Claim.RESTING, call.at, "no conversation yet", origin=str(call.pid))
    return [_described(fields, session, call), EvidenceGiven(session, evidence)]


def _described(fields: Fields, session: SessionId, call: HookCall) -> SessionDescribed:
    title = text.one_line(text_of(fields, "title"))
    return SessionDescribed(
        session,
        KIND,
        call.at,
        cwd=text_of(fields, "cwd") or None,
        model=text_of(fields, "model") or None,
        version=text_of(fields, "version") or None,
        pid=call.pid,  # the plugin runs inside the agent's own process
        launch=Launch.HEADLESS if fields.get("headless") is True else Launch.INTERACTIVE,
        pane=dict(call.environment).get("TMUX_PANE") or None,
        name=(NameSource.TITLE, title) if title else None,
    )


def _state(fields: Fields, session: SessionId, call: HookCall) -> list[Event]:
    """Where a session stands; what was told before is told again, and changes nothing then."""
    events: list[Event] = [_described(fields, session, call)]
    began, ended = from_ms(fields.get("began")), from_ms(fields.get("ended"))
    status = text_of(fields, "status")
    if began is not None:
        events.append(TurnStarted(session, began, text.one_line(text_of(fields, "prompt"))))
        events += _doings(fields, session, call)
        ending = _ENDINGS.get(text_of(fields, "ending"))
        # A turn that failed, or was broken off, is known to be over a moment before the agent rests.
        if ending is not None and (status == "idle" or ending is not Ending.FINISHED):
            error, words = text.one_line(text_of(fields, "error")), text.clean(text_of(fields, "last"))
            events.append(TurnFinished(session, ended or call.at, ending, error, words))
    return [*events, EvidenceGiven(session, _evidence(fields, status, call))]


def _doings(fields: Fields, session: SessionId, call: HookCall) -> list[Event]:
    events: list[Event] = []
    for helper in objects_of(fields, "helpers"):
        native = text_of(helper, "id")
        if not native:
            continue
        if helper.get("runs") is True:
            role, model = (text.one_line(text_of(helper, name), 60) for name in ("role", "model"))
            events.append(SubagentStarted(session, native, role, call.at, model))
        else:
            events.append(SubagentStopped(session, native, call.at))
    files = fields.get("files")
    paths = tuple(path for path in files if isinstance(path, str)) if isinstance(files, list) else ()
    if paths:
        events.append(FilesChanged(session, call.at, paths[:_MOST_FILES]))
    if doing := text.one_line(text_of(fields, "doing")):
        events.append(ActivitySeen(session, call.at, doing))
    return events


def _evidence(fields: Fields, status: str, call: HookCall) -> Evidence:
    origin = str(call.pid)
    try:
        waits = _WAITS[Asked(text_of(fields, "waits"))]
    except ValueError:
        at = from_ms(fields.get("since")) or call.at
        claim = {"idle": Claim.RESTING, "busy": Claim.WORKING, "retry": Claim.WORKING}.get(status, Claim.SILENT)
        return Evidence(Source.LIVE_STATE, claim, at, status, origin=origin)
    # For as long as it waits for anything the stamp stays that of the first: what is open is told apart by its id.
    at = from_ms(fields.get("waits_since")) or call.at
    return Evidence(Source.LIVE_STATE, waits, at, "its prompt is open", origin=origin)


def _opened(fields: Fields, kind: Asked, session: SessionId, call: HookCall) -> RequestOpened | None:
    asked = object_of(fields, "asked")
    digest = hashlib.sha256(call.payload).hexdigest()
    request = request_of(
        kind,
        object_of(asked, "request"),
        session,
        from_ms(asked.get("at")) or call.at,
        digest=digest,
        reach=Reach.HOOK,
        helper=text_of(asked, "helper"),
    )
    return RequestOpened(request) if request is not None else None


def _closed(fields: Fields, session: SessionId, call: HookCall) -> list[Event]:
    return [
        RequestClosed(session, RequestId(f"{KIND}:{native}"), call.at, _HOW.get(text_of(closed, "how"), _ANSWERED))
        for closed in objects_of(fields, "closed")
        if (native := text_of(closed, "id"))
    ]
