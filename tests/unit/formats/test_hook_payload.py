"""Tests of the shared hook fields; what real agents send is replayed by the contract suite."""

import json
from datetime import UTC, datetime

import pytest

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
from desktop.domain.ids import AgentKind
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Claim, Ending
from desktop.formats import hook_payload
from tests.helpers.shallow_stack import with_little_stack

AT = datetime(2026, 1, 2, tzinfo=UTC)
KIND = AgentKind("some-agent")


def told(event: str, marks: tuple[str, ...] = (), **fields: object) -> list[Event]:
    payload = {"hook_event_name": event, "session_id": "abc", "cwd": "/p", **fields}
    call = HookCall(json.dumps(payload).encode(), 1, AT, (("TMUX_PANE", "%3"), ("SOME_HOME", "/h")), "f" * 32)
    return hook_payload.events(call, KIND, marks, "SOME_HOME")


def test_every_known_call_describes_its_session_first() -> None:
    described = told("SessionStart", model="m", transcript_path="/t.jsonl")[0]

    assert described == SessionDescribed(
        told("SessionStart")[0].session,  # type: ignore[union-attr]
        KIND,
        AT,
        cwd="/p",
        model="m",
        transcript="/t.jsonl",
        home="/h",
        pane="%3",
    )


def test_a_prompt_starts_a_turn() -> None:
    match told("UserPromptSubmit", prompt="do\nit"):
        case [_, TurnStarted(prompt=prompt)]:
            assert prompt == "do it"
        case other:
            pytest.fail(str(other))


def test_a_prompt_the_agent_put_in_is_no_ones_words() -> None:
    match told("UserPromptSubmit", ("<machine>",), prompt=" <machine>x"):
        case [_, TurnStarted(prompt=prompt)]:
            assert prompt == ""
        case other:
            pytest.fail(str(other))


def test_the_end_of_a_turn_tells_what_runs_on() -> None:
    tasks = [
        {"id": "s1", "type": "subagent", "status": "running", "agent_type": "explorer"},
        {"id": "s2", "type": "subagent", "status": "completed"},
        {"id": "b1", "type": "shell", "status": "running"},
    ]

    match told("Stop", last_assistant_message="done", background_tasks=tasks):
        case [
            _,
            TurnFinished(last_words="done"),
            SubagentStarted(subagent="s1", role="explorer"),
            EvidenceGiven() as said,
        ]:
            assert said.evidence.claim is Claim.BACKGROUND
            assert said.evidence.ttl is not None
        case other:
            pytest.fail(str(other))


def test_a_failed_turn_tells_its_error() -> None:
    match told("StopFailure", error="unknown", last_assistant_message="API Error: 400"):
        case [_, TurnFinished(ending=Ending.FAILED, error="API Error: 400")]:
            pass
        case other:
            pytest.fail(str(other))


def test_a_permission_notification_does_not_say_what_is_waited_for() -> None:
    match told("Notification", notification_type="permission_prompt"):
        case [_, EvidenceGiven(evidence=evidence)]:
            assert evidence.claim is Claim.WAITING
            assert not evidence.is_fresh(AT + hook_payload.NOTIFIED_FOR)
        case other:
            pytest.fail(str(other))


def test_an_ended_conversation_says_why() -> None:
    assert [event.why for event in told("SessionEnd", reason="clear") if isinstance(event, SessionEnded)] == [
        "the conversation was cleared"
    ]


@pytest.mark.parametrize("event", ["SubagentStart", "SubagentStop"])
def test_the_agents_own_errands_are_no_subagents(event: str) -> None:
    assert told(event, agent_id="a1", agent_type="") == []


def test_a_request_is_ours_to_answer_and_bound_to_its_bytes() -> None:
    match told(
        "PermissionRequest", tool_name="Bash", tool_input={"command": "ls"}, agent_type="explorer", agent_id="a"
    ):
        case [SessionDescribed(), RequestOpened(request=request)]:
            assert request.id == "f" * 32
            assert request.kind is RequestKind.PERMISSION
            assert request.reach is Reach.HOOK
            assert len(request.digest) == 64
            assert (request.subagent, request.subagent_id) == ("explorer", "a")
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize(
    ("tool", "given", "writes"),
    [
        ("Write", {"file_path": "/p/a.py", "content": "x"}, ("/p/a.py",)),
        ("Edit", {"file_path": "/etc/hosts", "old_string": "a", "new_string": "b"}, ("/etc/hosts",)),
        ("MultiEdit", {"file_path": "/p/a.py", "edits": []}, ("/p/a.py",)),
        ("NotebookEdit", {"notebook_path": "/p/a.ipynb", "new_source": "x"}, ("/p/a.ipynb",)),
        ("Read", {"file_path": "/p/a.py"}, ()),
        ("Bash", {"command": "ls"}, ()),
    ],
)
def test_a_request_names_the_file_it_would_write(tool: str, given: dict[str, object], writes: tuple[str, ...]) -> None:
    match told("PermissionRequest", tool_name=tool, tool_input=given):
        case [SessionDescribed(), RequestOpened(request=request)]:
            assert request.writes == writes
        case other:
            pytest.fail(str(other))


def test_a_plan_names_the_modes_that_may_follow() -> None:
    match told("PermissionRequest", tool_name="ExitPlanMode", tool_input={"plan": "x"}):
        case [_, RequestOpened(request=request)]:
            assert request.modes == hook_payload.PLAN_MODES
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize("event", ["PreToolUse", "FromTheFuture", "", "PermissionRequest"])
def test_a_call_nobody_knows_means_nothing(event: str) -> None:
    assert told(event) == []


@pytest.mark.parametrize("native", ["../x", "a/b", "a\nb", "", " ", "-x", "x" * 129])
def test_attack_44_an_id_that_could_do_harm_names_no_session(native: str) -> None:
    assert not hook_payload.is_plain_id(native)
    assert told("Stop", session_id=native) == []


def test_only_a_request_for_permission_is_held() -> None:
    asking = {"hook_event_name": "PermissionRequest", "session_id": "abc", "tool_name": "Bash", "tool_input": {}}

    assert hook_payload.asks(json.dumps(asking).encode())
    assert not hook_payload.asks(json.dumps({**asking, "hook_event_name": "Stop"}).encode())
    assert not hook_payload.asks(json.dumps({**asking, "tool_name": 7}).encode())
    assert not hook_payload.asks(b"")


def test_attack_18_an_input_nested_beyond_reason_opens_nothing() -> None:
    deep = b'{"hook_event_name":"PermissionRequest","session_id":"abc","tool_name":"X","tool_input":{"a":%s}}'
    sizes = range(800, 1000, 9)  # around what Python's stack holds

    for size in sizes:
        payload = deep % (b"[" * size + b"]" * size)
        hook_payload.events(HookCall(payload, 1, AT, (), "f" * 32), KIND)  # raises at no depth


def test_a_request_without_a_number_of_its_own_is_named_after_its_bytes() -> None:
    asking = {"hook_event_name": "PermissionRequest", "session_id": "abc", "tool_name": "Bash", "tool_input": {}}

    opened = hook_payload.events(HookCall(json.dumps(asking).encode(), 1, AT), KIND)[1]

    assert isinstance(opened, RequestOpened)
    assert opened.request.id == opened.request.digest[:32]


@pytest.mark.parametrize("given", [None, "rm -rf /", ["rm"], 7])
def test_an_input_that_could_not_be_shown_whole_opens_nothing(given: object) -> None:
    asking = {"hook_event_name": "PermissionRequest", "session_id": "abc", "tool_name": "Bash", "tool_input": given}

    assert told("PermissionRequest", tool_name="Bash", tool_input=given) == []
    assert not hook_payload.asks(json.dumps(asking).encode())


def test_a_subagent_starts_and_stops() -> None:
    assert [type(event) for event in told("SubagentStart", agent_id="a1", agent_type="explorer")[1:]] == [
        SubagentStarted
    ]
    assert [type(event) for event in told("SubagentStop", agent_id="a1", agent_type="explorer")[1:]] == [
        SubagentStopped
    ]


@pytest.mark.parametrize("fields", [{}, {"agent_id": "a1"}, {"agent_type": "explorer"}])
def test_an_errand_of_the_agent_itself_is_no_subagent(fields: dict[str, object]) -> None:
    assert told("SubagentStart", **fields) == []


def test_a_subagent_that_runs_on_is_no_other_task() -> None:
    running = [{"type": "subagent", "id": "a1", "agent_type": "explorer", "status": "running"}]

    news = told("Stop", background_tasks=running)

    assert SubagentStarted in [type(event) for event in news]
    assert Claim.BACKGROUND not in [event.evidence.claim for event in news if isinstance(event, EvidenceGiven)]


def test_a_call_that_cannot_be_told_for_want_of_stack_means_nothing() -> None:
    payload = (
        b'{"hook_event_name":"PermissionRequest","session_id":"abc","tool_name":"X","tool_input":{"a":[[[[[1]]]]]}}'
    )
    call = HookCall(payload, 1, AT, (), "f" * 32)

    told_of = list(with_little_stack(lambda: (hook_payload.read(payload), hook_payload.events(call, KIND))))

    assert any(read is not None and events == [] for read, events in told_of)
    assert told_of[-1][1] != []


def test_a_call_from_below_a_process_of_the_agent_tells_of_that_process() -> None:
    payload = json.dumps({"hook_event_name": "SessionStart", "session_id": "abc"}).encode()
    call = HookCall(payload, 7, AT, agent_pid=42)
    (described,) = hook_payload.events(call, KIND)
    assert isinstance(described, SessionDescribed)

    (event,) = hook_payload.process_events(described.session, call)

    assert described.pid == 42
    assert isinstance(event, EvidenceGiven)
    assert (event.evidence.claim, event.evidence.origin) == (Claim.ALIVE, "42")
    assert hook_payload.process_events(described.session, HookCall(payload, 7, AT)) == []
