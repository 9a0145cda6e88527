"""Tests of what a relay prints for a reply."""

import dataclasses
import hashlib
import json
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import HookCall
from desktop.domain.events import RequestOpened
from desktop.domain.ids import AgentKind, RequestId
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Request
from desktop.formats import hook_decision, hook_payload
from tests.helpers.shallow_stack import with_little_stack

SUGGESTION = {"type": "setMode", "mode": "acceptEdits", "destination": "session", "unknown": [1, {"a": "ü"}]}
QUESTIONS = [
    {"question": "Which?", "header": "W", "options": [{"label": "A"}, {"label": "B"}], "multiSelect": False},
    {"question": "What else?", "header": "E", "options": [{"label": "C"}, {"label": "D"}], "multiSelect": True},
]


def asked(tool: str, given: object, **fields: object) -> tuple[bytes, Request]:
    payload = {
        "hook_event_name": "PermissionRequest",
        "session_id": "abc",
        "tool_name": tool,
        "tool_input": given,
        **fields,
    }
    raw = json.dumps(payload).encode()
    call = HookCall(raw, 1, datetime(2026, 1, 2, tzinfo=UTC), (), "f" * 32)
    opened = [event for event in hook_payload.events(call, AgentKind("some-agent")) if isinstance(event, RequestOpened)]
    return raw, opened[0].request


def named(request: Request) -> tuple[object, ...]:
    return request.session, request.id, request.digest


def decision(raw: bytes, request: Request, reply: RequestReply) -> object:
    written = hook_decision.write(raw, request, reply)
    if written is None:
        return None
    output = json.loads(written)["hookSpecificOutput"]
    assert output["hookEventName"] == "PermissionRequest"
    return output["decision"]


BASH = asked("Bash", {"command": "ls"}, permission_suggestions=[SUGGESTION, 7])
ASK = asked("AskUserQuestion", {"questions": QUESTIONS, "metadata": {"kept": True}})
PLAN = asked("ExitPlanMode", {"plan": "# P\n" + "x" * 20_000, "planFilePath": "/p.md"})


def test_a_plain_allow_is_the_exact_bytes_the_agent_expects() -> None:
    raw, request = BASH

    written = hook_decision.write(raw, request, Allow(request.session, request.id, request.digest))

    assert written == (b'{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}')


def test_a_chosen_suggestion_goes_back_as_it_came() -> None:
    raw, request = BASH

    told = decision(raw, request, Allow(request.session, request.id, request.digest, (0, 0)))

    assert told == {"behavior": "allow", "updatedPermissions": [SUGGESTION]}


def test_an_agent_that_takes_no_other_key_gets_none() -> None:
    raw, request = BASH
    named = (request.session, request.id, request.digest)

    for reply in (Allow(*named), Deny(*named, "no")):
        assert hook_decision.write_plain(raw, request, reply) == hook_decision.write(raw, request, reply)
    assert hook_decision.write_plain(raw, request, Allow(*named, (0,))) is None
    assert hook_decision.write_plain(raw, request, Deny(*named, stops=True)) is None


@pytest.mark.parametrize("index", [-1, 2, 99])
def test_a_suggestion_that_was_never_made_allows_nothing(index: int) -> None:
    raw, request = BASH

    assert decision(raw, request, Allow(request.session, request.id, request.digest, (index,))) is None


def test_a_denial_gives_its_reason_and_may_stop_the_turn() -> None:
    raw, request = BASH

    reply = Deny(request.session, request.id, request.digest, "use another path", stops=True)

    assert decision(raw, request, reply) == {"behavior": "deny", "message": "use another path", "interrupt": True}


@pytest.mark.parametrize("case", [BASH, ASK, PLAN], ids=["permission", "question", "plan"])
def test_a_denial_without_a_reason_still_says_something(case: tuple[bytes, Request]) -> None:
    raw, request = case

    match decision(raw, request, Deny(request.session, request.id, request.digest, "  ")):
        case {"behavior": "deny", "message": str(message), **rest}:
            assert message
            assert not rest
        case other:
            pytest.fail(str(other))


def test_a_reason_that_the_agent_would_cut_is_not_sent() -> None:
    raw, request = BASH

    assert decision(raw, request, Deny(request.session, request.id, request.digest, "x" * 10_001)) is None


def test_answers_go_back_with_the_whole_input() -> None:
    raw, request = ASK

    told = decision(raw, request, Answer(request.session, request.id, request.digest, (("B",), ("C", "D"))))

    assert told == {
        "behavior": "allow",
        "updatedInput": {
            "questions": QUESTIONS,
            "metadata": {"kept": True},
            "answers": {"Which?": "B", "What else?": "C, D"},
        },
    }


def test_an_answer_may_be_the_persons_own_words() -> None:
    raw, request = ASK

    told = decision(raw, request, Answer(request.session, request.id, request.digest, (("neither “x”",), ("C",))))

    assert isinstance(told, dict)
    assert told["updatedInput"]["answers"]["Which?"] == "neither “x”"


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (("A",),),
        (("A", "B"), ("C",)),
        (("A",), ()),
        (("A",), (" ",)),
        (("A",), ("C",), ("D",)),
        (("x" * 9_999,), ("CC",)),
    ],
    ids=["none", "too few", "two for a single choice", "one left out", "an empty one", "too many", "too long"],
)
def test_answers_that_do_not_fit_the_questions_are_not_sent(answers: tuple[tuple[str, ...], ...]) -> None:
    raw, request = ASK

    assert decision(raw, request, Answer(request.session, request.id, request.digest, answers)) is None


def test_two_questions_with_the_same_words_cannot_be_answered_here() -> None:
    raw, request = asked("AskUserQuestion", {"questions": [QUESTIONS[0], QUESTIONS[0]]})

    assert decision(raw, request, Answer(request.session, request.id, request.digest, (("A",), ("B",)))) is None


def test_a_plan_is_approved_whole_and_into_the_chosen_mode() -> None:
    raw, request = PLAN

    told = decision(raw, request, ApprovePlan(request.session, request.id, request.digest, "acceptEdits"))

    assert told == {
        "behavior": "allow",
        "updatedInput": json.loads(raw)["tool_input"],
        "updatedPermissions": [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}],
    }


@pytest.mark.parametrize("mode", ["bypassPermissions", "x"])
def test_a_plan_is_never_approved_into_a_mode_that_was_not_offered(mode: str) -> None:
    raw, request = PLAN

    assert decision(raw, request, ApprovePlan(request.session, request.id, request.digest, mode)) is None


@pytest.mark.parametrize(
    ("case", "verb"),
    [(ASK, Allow), (PLAN, Allow), (BASH, ApprovePlan), (ASK, ApprovePlan)],
    ids=["allow a question", "allow a plan", "approve a command", "approve a question"],
)
def test_a_reply_of_another_kind_is_not_sent(case: tuple[bytes, Request], verb: type[Allow | ApprovePlan]) -> None:
    raw, request = case

    assert decision(raw, request, verb(request.session, request.id, request.digest)) is None


def test_a_reply_to_other_bytes_another_request_or_another_text_is_not_sent() -> None:
    raw, request = BASH
    other_raw, other = asked("Bash", {"command": "rm -rf /"})
    reply = Allow(request.session, request.id, request.digest)

    assert hook_decision.write(other_raw, request, reply) is None
    assert hook_decision.write(raw, request, dataclasses.replace(reply, digest=other.digest)) is None
    assert hook_decision.write(raw, request, dataclasses.replace(reply, request=RequestId("other"))) is None
    assert (
        hook_decision.write(raw, dataclasses.replace(request, digest=""), dataclasses.replace(reply, digest="")) is None
    )


def test_what_was_shown_does_not_decide_what_is_answered() -> None:
    raw, request = BASH
    painted = dataclasses.replace(request, kind=PLAN[1].kind, text="harmless")

    assert decision(raw, painted, ApprovePlan(request.session, request.id, request.digest)) is None


def test_bytes_that_ask_nothing_get_no_answer() -> None:
    raw = b'{"hook_event_name":"Stop","session_id":"abc"}'
    _, request = BASH
    claimed = dataclasses.replace(request, digest=hashlib.sha256(raw).hexdigest())

    assert hook_decision.write(raw, claimed, Allow(claimed.session, claimed.id, claimed.digest)) is None


def test_a_plan_may_be_approved_without_a_change_of_mode() -> None:
    raw, request = PLAN

    told = decision(raw, request, ApprovePlan(request.session, request.id, request.digest))

    assert isinstance(told, dict)
    assert "updatedPermissions" not in told


def test_a_permission_is_not_answered_like_a_question() -> None:
    raw, request = BASH

    assert decision(raw, request, Answer(request.session, request.id, request.digest, (("ls",),))) is None


def test_an_input_nested_beyond_reason_gets_no_answer_rather_than_a_crash() -> None:
    named_only = BASH[1]
    for size in range(800, 1000, 9):  # around what Python's stack holds
        raw = (
            b'{"hook_event_name":"PermissionRequest","session_id":"abc","tool_name":"ExitPlanMode","tool_input":{"a":'
            + b"[" * size
            + b"]" * size
            + b"}}"
        )
        request = dataclasses.replace(named_only, digest=hashlib.sha256(raw).hexdigest())

        written = hook_decision.write(raw, request, ApprovePlan(request.session, request.id, request.digest))

        assert written is None or written.count(b"[") == size


def test_an_answer_that_cannot_be_written_for_want_of_stack_is_none() -> None:
    raw, request = asked("Bash", {"a": [[[[[[[[[[[[1]]]]]]]]]]]]})
    reply = Allow(request.session, request.id, request.digest)

    written = list(with_little_stack(lambda: hook_decision.write(raw, request, reply)))

    assert None in written
    assert written[-1] is not None
