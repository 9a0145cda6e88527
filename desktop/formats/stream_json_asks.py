"""What an agent asks of the host of its JSON lines, as a request of ours, and the line that answers it.

An answer is taken afresh from the very line the agent asked with; one that was shown from other bytes gets none.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.record import replace
from desktop.domain.replies import RequestReply
from desktop.domain.requests import Reach, Request
from desktop.formats import hook_decision, hook_payload
from desktop.formats.foreign_json import object_of, parse_object, text_of


def read(raw: bytes, fields: Mapping[str, object], session: SessionId, at: datetime) -> tuple[str, Request] | None:
    """The call that the line *raw* asks about, and the request that it makes; None for what else it may want."""
    asked = _call_in(fields)
    if asked is None:
        return None
    number = text_of(fields, "request_id")
    unique = hashlib.sha256(f"{session}\0{number}\0{at.isoformat()}".encode("utf-8", "replace")).hexdigest()
    try:
        request = hook_payload.as_request(raw, asked, object_of(asked, "input"), session, at)
    except (RecursionError, OverflowError):
        return None  # nested or numbered beyond reason
    return text_of(asked, "tool_use_id"), replace(
        request,
        id=RequestId(unique[:32]),
        reach=Reach.SERVER,
        subagent_id=text_of(asked, "agent_id"),
        is_parallel=True,  # each is answered under its own id
    )


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """The line that answers *payload*; None when there is no such answer."""
    digest = hashlib.sha256(payload).hexdigest()
    if not digest == request.digest == reply.digest or reply.request != request.id or reply.session != request.session:
        return None
    fields = parse_object(payload) or {}
    asked = _call_in(fields)
    if asked is None:
        return None
    given = object_of(asked, "input")
    try:
        decision = hook_decision.decide(asked, given, reply)
        if decision is None:
            return None
        # A call runs with what its allow carries: all of its input, or it would run without.
        whole = {"updatedInput": given} if decision["behavior"] == "allow" else {}
        answer = {**whole, **decision, "toolUseID": text_of(asked, "tool_use_id")}
        response = {"subtype": "success", "request_id": text_of(fields, "request_id"), "response": answer}
        return line({"type": "control_response", "response": response})
    except RecursionError:
        return None


def line(message: Mapping[str, object]) -> bytes:
    """One message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _call_in(fields: Mapping[str, object]) -> Mapping[str, object] | None:
    asked = object_of(fields, "request")
    match asked:
        case {"subtype": "can_use_tool", "tool_name": str(tool), "input": dict()} if tool:
            return asked
        case _:
            return None
