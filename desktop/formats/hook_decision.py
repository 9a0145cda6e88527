"""What a relay prints to answer a permission request of the agents that share this hook protocol.

Everything is taken afresh from the very bytes the agent gave; a request that was shown from other bytes gets no answer.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import assert_never

from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Request, RequestKind
from desktop.formats import hook_payload, tool_calls
from desktop.formats.foreign_json import object_of, text_of

# Longer texts are cut by the agent, and what was cut nobody answered.
LONGEST_TEXT = 10_000

_DENIED = {
    RequestKind.PERMISSION: "The user does not want this to be done.",
    RequestKind.QUESTION: "The user does not want to answer this now.",
    RequestKind.PLAN: "The user does not approve this plan.",
    RequestKind.ELICITATION: "The user declined.",
}

Decision = dict[str, object]


def write(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """What the relay must print for *reply*; None when there is no such answer."""
    digest = hashlib.sha256(payload).hexdigest()
    if not digest == request.digest == reply.digest or reply.request != request.id or reply.session != request.session:
        return None
    call = hook_payload.read(payload)
    if call is None or not hook_payload.is_request(call):
        return None
    try:
        decision = decide(call.fields, object_of(call.fields, "tool_input"), reply)
        if decision is None:
            return None
        output = {"hookEventName": hook_payload.ASKING_EVENT, "decision": decision}
        return json.dumps({"hookSpecificOutput": output}, separators=(",", ":")).encode()
    except RecursionError:
        return None


def write_plain(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """The same for an agent that takes a plain allow and a deny with a message, and no other key."""
    match reply:
        case Allow(suggestions=()) | Deny(stops=False):
            return write(payload, request, reply)
        case _:
            return None


def decide(fields: Mapping[str, object], given: Mapping[str, object], reply: RequestReply) -> Decision | None:
    """The decision on the call in *fields* with the input *given*; None when that is no answer to it."""
    kind = tool_calls.describe(text_of(fields, "tool_name"), given).kind
    match reply:
        case Allow() if kind is RequestKind.PERMISSION:
            return _allowed(fields, reply)
        case Answer() if kind is RequestKind.QUESTION:
            return _answered(given, reply)
        case ApprovePlan() if kind is RequestKind.PLAN:
            return _approved(given, reply)
        case Deny():
            return _denied(kind, reply)
        case Allow() | Answer() | ApprovePlan():
            return None  # not what was asked
        case _:
            assert_never(reply)


def _allowed(fields: Mapping[str, object], reply: Allow) -> Decision | None:
    decision: Decision = {"behavior": "allow"}
    if not reply.suggestions:
        return decision
    offered = fields.get("permission_suggestions")
    if not isinstance(offered, list) or not all(0 <= index < len(offered) for index in reply.suggestions):
        return None
    decision["updatedPermissions"] = [offered[index] for index in dict.fromkeys(reply.suggestions)]
    return decision


def _denied(kind: RequestKind, reply: Deny) -> Decision | None:
    message = reply.reason.strip() or _DENIED[kind]
    if len(message) > LONGEST_TEXT:
        return None
    decision: Decision = {"behavior": "deny", "message": message}
    if reply.stops:
        decision["interrupt"] = True
    return decision


def _answered(given: Mapping[str, object], reply: Answer) -> Decision | None:
    asked = tool_calls.questions(given)
    if not asked or len(asked) != len(reply.answers) or len({question.text for question in asked}) != len(asked):
        return None
    answers: dict[str, str] = {}
    for question, chosen in zip(asked, reply.answers, strict=True):
        words = [choice for choice in chosen if choice.strip()]
        if not words or (len(words) > 1 and not question.is_multiple):
            return None
        answers[question.text] = ", ".join(words)
    if sum(map(len, answers.values())) > LONGEST_TEXT:
        return None
    return {"behavior": "allow", "updatedInput": {**given, "answers": answers}}


def _approved(given: Mapping[str, object], reply: ApprovePlan) -> Decision | None:
    decision: Decision = {"behavior": "allow", "updatedInput": dict(given)}
    if reply.mode and reply.mode not in hook_payload.PLAN_MODES:
        return None
    if reply.mode:
        decision["updatedPermissions"] = [{"type": "setMode", "mode": reply.mode, "destination": "session"}]
    return decision
