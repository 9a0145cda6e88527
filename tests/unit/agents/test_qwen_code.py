import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desktop.agents import qwen_code
from desktop.agents.qwen_code import AGENT
from desktop.domain.agent import HookCall
from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    RequestOpened,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.replies import Allow, Answer, Deny
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Ending
from tests.helpers import recorded

SCRIPT = "/usr/lib/node_modules/.bin/qwen"


def payload(event: str, **fields: object) -> bytes:
    return json.dumps({"session_id": "abc", "hook_event_name": event, "cwd": "/home/dev/shop", **fields}).encode()


def hook(event: str, **fields: object) -> list[Event]:
    return qwen_code.read_hook(HookCall(payload(event, **fields), 42, datetime(2026, 11, 23, tzinfo=UTC)))


def asked(tool: str, **given: object) -> Request:
    events = hook("PermissionRequest", tool_name=tool, tool_input=given)
    return next(event.request for event in events if isinstance(event, RequestOpened))


def fed(*records: dict[str, object]) -> list[Event]:
    reader = qwen_code.open_transcript(recorded.SESSION)
    stamped = ({"timestamp": "2026-11-23T20:00:00Z", **record} for record in records)
    return [event for record in stamped for event in reader.feed(json.dumps(record).encode())]


def calls(name: str, **given: object) -> dict[str, object]:
    return {
        "type": "assistant",
        "message": {"parts": [{"functionCall": {"id": "c1", "name": name, "args": given}}]},
    }


def result(**told: object) -> dict[str, object]:
    parts = [{"functionResponse": {"id": "c1", "name": "x", "response": {}}}]
    return {"type": "tool_result", "message": {"parts": parts}, "toolCallResult": {"callId": "c1", **told}}


@pytest.mark.parametrize(
    ("given", "text", "summary"),
    [
        ({"command": "make", "description": "d", "is_background": False}, "make", "wants to run a command"),
        ({"command": "make", "is_background": True}, "make", "wants to run a command in the background"),
        (
            {"command": "make", "directory": "/srv"},
            'make\n\n{\n  "directory": "/srv"\n}',
            "wants to run a command",
        ),
    ],
)
def test_a_command_is_shown_with_all_that_changes_what_runs(given: dict[str, object], text: str, summary: str) -> None:
    request = asked("run_shell_command", **given)

    assert (request.text, request.summary) == (text, summary)


def test_a_file_to_be_written_is_named_and_shown() -> None:
    request = asked("write_file", file_path="/home/dev/a", content="hello")

    assert (request.text, request.writes) == ("/home/dev/a\n\nhello", ("/home/dev/a",))


def test_hook_and_log_tell_of_a_call_by_the_same_key() -> None:
    given = {"command": "make", "is_background": False}
    (started,) = (e for e in fed(calls("run_shell_command", **given)) if isinstance(e, ToolCallStarted))

    assert asked("run_shell_command", **given).call_key == started.call.call_key


@pytest.mark.parametrize(
    ("tool", "kind"), [("ask_user_question", RequestKind.QUESTION), ("exit_plan_mode", RequestKind.PLAN)]
)
def test_questions_and_plans_are_shown_and_left_to_the_terminal(tool: str, kind: RequestKind) -> None:
    request = asked(tool, questions=[{"question": "Which?", "options": [{"label": "A"}]}])
    raw = payload("PermissionRequest", tool_name=tool, tool_input={})
    named = (request.session, request.id, request.digest)

    assert (request.kind, request.reach) == (kind, Reach.TERMINAL)
    assert "terminal" in request.why_not
    assert not qwen_code.asks_by_hook(raw)
    assert qwen_code.write_hook_reply(raw, request, Answer(*named, (("A",),))) is None
    assert qwen_code.write_hook_reply(raw, request, Allow(*named)) is None


def test_a_permission_takes_a_plain_allow_or_a_deny_with_its_reason_and_nothing_else() -> None:
    raw = payload("PermissionRequest", tool_name="run_shell_command", tool_input={"command": "make"})
    request = asked("run_shell_command", command="make")
    named = (request.session, request.id, request.digest)

    allowed = qwen_code.write_hook_reply(raw, request, Allow(*named))
    denied = qwen_code.write_hook_reply(raw, request, Deny(*named, "not now"))

    assert json.loads(allowed or b"")["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    assert json.loads(denied or b"")["hookSpecificOutput"]["decision"] == {"behavior": "deny", "message": "not now"}
    assert qwen_code.write_hook_reply(raw, request, Allow(*named, suggestions=(0,))) is None
    assert qwen_code.write_hook_reply(raw, request, Deny(*named, stops=True)) is None
    assert qwen_code.write_hook_reply(raw, replace(request, digest="other"), Allow(*named)) is None


def test_a_prompt_that_is_a_result_begins_no_turn() -> None:
    assert not any(isinstance(event, TurnStarted) for event in hook("UserPromptSubmit", prompt=""))
    assert any(isinstance(event, TurnStarted) for event in hook("UserPromptSubmit", prompt="go"))


def test_no_in_the_terminal_ends_the_turn() -> None:
    events = fed(calls("run_shell_command", command="make"), result(status="cancelled"))

    assert [event.is_denied for event in events if isinstance(event, ToolCallEnded)] == [True]
    assert [event.ending for event in events if isinstance(event, TurnFinished)] == [Ending.INTERRUPTED]


def test_no_from_a_hook_lets_the_turn_go_on() -> None:
    events = fed(calls("run_shell_command", command="make"), result(status="error", errorType="execution_denied"))

    assert [event.is_denied for event in events if isinstance(event, ToolCallEnded)] == [True]
    assert not any(isinstance(event, TurnFinished) for event in events)


def test_last_words_may_be_broken_off_which_its_hook_alone_knows() -> None:
    events = fed({"type": "assistant", "message": {"parts": [{"text": "so"}]}})

    assert [event.hook_tells_too for event in events if isinstance(event, TurnFinished)] == [True]


def test_a_file_that_was_written_is_told() -> None:
    events = fed(calls("edit", file_path="/home/dev/a"), result(status="success"))
    failed = fed(calls("edit", file_path="/home/dev/a"), result(status="error"))

    assert [event.paths for event in events if isinstance(event, FilesChanged)] == [("/home/dev/a",)]
    assert not any(isinstance(event, FilesChanged) for event in failed)


@pytest.mark.parametrize(
    ("told", "ending"),
    [
        ({"status_code": 400, "error_message": "bad"}, Ending.FAILED),
        ({"status_code": 429}, None),
        ({"status_code": 500}, None),
        ({"error_type": "APIUserAbortError"}, Ending.INTERRUPTED),
    ],
)
def test_an_error_that_is_tried_again_ends_nothing(told: dict[str, object], ending: Ending | None) -> None:
    event = {"event.name": "qwen-code.api_error", **told}
    prompt = {"type": "user", "message": {"parts": [{"text": "go"}]}}

    events = fed(prompt, {"type": "system", "systemPayload": {"uiEvent": event}})

    assert next((e.ending for e in events if isinstance(e, TurnFinished)), None) == ending
    assert any(isinstance(e, ActivitySeen) for e in events) is (ending is None)


def test_thoughts_are_no_last_words() -> None:
    events = fed({"type": "assistant", "message": {"parts": [{"text": "hm", "thought": True}]}})

    assert not any(isinstance(event, TurnFinished) for event in events)


@pytest.mark.parametrize(
    ("argv", "is_session"),
    [
        (("/usr/bin/node", SCRIPT), True),
        (("/usr/bin/node", "--max-old-space-size=4096", SCRIPT, "-m", "x"), True),
        (("/usr/bin/node", SCRIPT, "mcp"), False),
        (("/usr/bin/node", SCRIPT, "--version"), False),
        (("/usr/bin/node", "/srv/app.js"), False),
        (("/usr/bin/node",), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(argv: tuple[str, ...], is_session: bool) -> None:
    assert qwen_code.PROGRAM.is_session("/usr/bin/node", argv) is is_session
    assert not qwen_code.PROGRAM.is_session("/usr/bin/vim", argv)


def test_its_hook_for_permissions_may_take_as_long_as_we_hold_it() -> None:
    assert AGENT.hook_setup is not None
    (asking,) = (event for event in AGENT.hook_setup.events if event.name == "PermissionRequest")

    assert AGENT.hook_setup.shape.is_in_ms
    assert asking.timeout_s > 10 * AGENT.hook_hold_s > 0
    assert asking.timeout_s * 1000 < 2**31  # what a timer of its runtime takes


def test_an_id_that_could_harm_is_not_put_into_a_path() -> None:
    assert qwen_code.transcript_paths("/h", "../x", "/home/dev") == []
    assert qwen_code.transcript_paths("/h", "abc", "/home/dev") == ["/h/projects/-home-dev/chats/abc.jsonl"]
