"""What the host of an agent's JSON lines is asked, and what it answers."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.formats import stream_json_asks
from tests.helpers.shallow_stack import with_little_stack

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SESSION = SessionId("any:abc")
RULE = {"type": "setMode", "mode": "acceptEdits", "destination": "session", "unknown": [1, {"a": "ü"}]}
QUESTIONS = [
    {"question": "Which?", "header": "W", "options": [{"label": "A"}, {"label": "B"}], "multiSelect": False},
    {"question": "What else?", "header": "E", "options": [{"label": "C"}, {"label": "D"}], "multiSelect": True},
]


def line_of(tool: str, given: object, number: str = "r-1", **fields: object) -> bytes:
    asked = {"subtype": "can_use_tool", "tool_name": tool, "input": given, "tool_use_id": "toolu_1", **fields}
    return json.dumps({"type": "control_request", "request_id": number, "request": asked}).encode()


def asked(line: bytes, at: datetime = NOON) -> Request:
    read = stream_json_asks.read(line, json.loads(line), SESSION, at)
    assert read is not None
    return read[1]


def answer(line: bytes, request: Request, reply: RequestReply) -> object:
    written = stream_json_asks.write_reply(line, request, reply)
    if written is None:
        return None
    said = json.loads(written)
    assert written.endswith(b"\n")
    assert (said["type"], said["response"]["subtype"], said["response"]["request_id"]) == (
        "control_response", "success", "r-1",
    )  # fmt: skip
    return said["response"]["response"]


BASH = line_of("Bash", {"command": "ls", "timeout": 5}, permission_suggestions=[RULE], agent_id="helper1")
ASK = line_of("AskUserQuestion", {"questions": QUESTIONS, "metadata": {"kept": True}})
PLAN = line_of("ExitPlanMode", {"plan": "# P", "planFilePath": "/p.md"})


def named(request: Request) -> tuple[SessionId, RequestId, str]:
    return request.session, request.id, request.digest


def test_it_is_shown_whole_and_bound_to_the_line_it_came_with() -> None:
    read = stream_json_asks.read(BASH, json.loads(BASH), SESSION, NOON)
    assert read is not None
    call, request = read

    assert call == "toolu_1"
    assert (request.session, request.kind, request.tool, request.text) == (
        SESSION,
        RequestKind.PERMISSION,
        "Bash",
        "ls",
    )
    assert (request.reach, request.subagent_id, request.is_parallel) == (Reach.SERVER, "helper1", True)
    assert request.digest == hashlib.sha256(BASH).hexdigest()
    assert len(request.suggestions) == 1
    assert "unknown" in request.suggestions[0].text, "what is not known of a rule is shown as it came"
    assert asked(PLAN).modes == ("default", "acceptEdits")


def test_the_same_asked_again_is_another_request() -> None:
    later = NOON.replace(hour=13)

    assert asked(BASH).id != asked(BASH, later).id
    assert asked(BASH).id != asked(BASH.replace(b"r-1", b"r-2")).id


def test_an_allow_carries_the_whole_input_and_the_chosen_rules_as_they_came() -> None:
    request = asked(BASH)
    given = {"command": "ls", "timeout": 5}

    assert answer(BASH, request, Allow(*named(request))) == {
        "behavior": "allow", "updatedInput": given, "toolUseID": "toolu_1",
    }  # fmt: skip
    assert answer(BASH, request, Allow(*named(request), (0,))) == {
        "behavior": "allow", "updatedInput": given, "updatedPermissions": [RULE], "toolUseID": "toolu_1",
    }  # fmt: skip
    assert answer(BASH, request, Allow(*named(request), (1,))) is None


def test_a_deny_carries_the_reason_and_whether_to_stop() -> None:
    request = asked(BASH)

    assert answer(BASH, request, Deny(*named(request), "use make")) == {
        "behavior": "deny", "message": "use make", "toolUseID": "toolu_1",
    }  # fmt: skip
    assert answer(BASH, request, Deny(*named(request), "no", stops=True)) == {
        "behavior": "deny", "message": "no", "interrupt": True, "toolUseID": "toolu_1",
    }  # fmt: skip


def test_questions_are_answered_and_plans_approved_or_sent_back() -> None:
    question, plan = asked(ASK), asked(PLAN)

    told = answer(ASK, question, Answer(*named(question), (("my own",), ("C", "D"))))
    approved = answer(PLAN, plan, ApprovePlan(*named(plan), "acceptEdits"))

    assert told == {
        "behavior": "allow",
        "updatedInput": {
            "questions": QUESTIONS, "metadata": {"kept": True}, "answers": {"Which?": "my own", "What else?": "C, D"},
        },
        "toolUseID": "toolu_1",
    }  # fmt: skip
    assert approved == {
        "behavior": "allow",
        "updatedInput": {"plan": "# P", "planFilePath": "/p.md"},
        "updatedPermissions": [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}],
        "toolUseID": "toolu_1",
    }
    assert answer(PLAN, plan, Deny(*named(plan), "add a step")) is not None
    assert answer(PLAN, plan, Allow(*named(plan))) is None
    assert answer(ASK, question, Answer(*named(question), (("A",),))) is None


def test_what_was_shown_from_other_bytes_gets_no_answer() -> None:
    request = asked(BASH)

    assert answer(BASH + b" ", request, Allow(*named(request))) is None
    assert answer(BASH, request, Allow(SESSION, request.id, "0" * 64)) is None
    assert answer(BASH, request, Allow(SESSION, RequestId("other"), request.digest)) is None
    assert answer(BASH, request, Allow(SessionId("any:other"), request.id, request.digest)) is None


@pytest.mark.parametrize("line", [b"torn", b"[]", b"{}", b'{"request":7}', line_of("", {}), line_of("Bash", [1])])
def test_what_is_no_call_is_no_request_and_takes_no_answer(line: bytes) -> None:
    fields = json.loads(line) if line.startswith(b"{") else {}
    digest = hashlib.sha256(line).hexdigest()
    request = Request(RequestId("r"), SESSION, RequestKind.PERMISSION, NOON, digest=digest)

    assert stream_json_asks.read(line, fields, SESSION, NOON) is None
    assert stream_json_asks.write_reply(line, request, Allow(SESSION, request.id, digest)) is None


def test_for_want_of_stack_it_is_no_request_and_takes_no_answer() -> None:
    line = line_of("Odd", {"a": [[[[[[[[[[[[1]]]]]]]]]]]]})
    fields = json.loads(line)
    request = asked(line)
    reply = Allow(*named(request))

    read = list(with_little_stack(lambda: stream_json_asks.read(line, fields, SESSION, NOON)))
    written = list(with_little_stack(lambda: stream_json_asks.write_reply(line, request, reply)))

    assert None in read
    assert None in written
    assert read[-1] is not None
    assert written[-1] is not None
