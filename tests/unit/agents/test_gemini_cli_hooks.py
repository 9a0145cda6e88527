import json
from datetime import UTC, datetime

import pytest

from desktop.agents.gemini_cli import AGENT
from desktop.agents.gemini_cli_hooks import read_hook
from desktop.domain.agent import HookCall
from desktop.domain.events import (
    Event,
    EvidenceGiven,
    RequestOpened,
    SessionEnded,
    ToolCallEnded,
    ToolCallStarted,
)
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim


def hook(event: str, **fields: object) -> list[Event]:
    payload = {"session_id": "abc", "hook_event_name": event, "cwd": "/home/dev/shop", **fields}
    return read_hook(HookCall(json.dumps(payload).encode(), 42, datetime(2026, 11, 23, tzinfo=UTC)))


def asked(events: list[Event]) -> Request:
    return next(event.request for event in events if isinstance(event, RequestOpened))


def notified(**details: object) -> list[Event]:
    return hook("Notification", notification_type="ToolPermission", message="m", details=details)


@pytest.mark.parametrize(
    ("details", "given", "text"),
    [
        (
            {"type": "exec", "command": "make\nrelease", "rootCommand": "make"},
            ("run_shell_command", {"command": "make\nrelease", "description": "d"}),
            "make\nrelease",
        ),
        (
            {"type": "edit", "filePath": "/home/dev/a.txt", "fileName": "a.txt", "fileDiff": "-a\n+b"},
            ("replace", {"file_path": "a.txt"}),
            "/home/dev/a.txt\n\n-a\n+b",
        ),
        (
            {"type": "info", "prompt": "read x", "urls": ["http://x"]},
            ("web_fetch", {"prompt": "read x"}),
            "read x\nhttp://x",
        ),
    ],
)
def test_what_it_asks_leave_for_is_shown_whole_and_closed_by_the_end_of_that_call(
    details: dict[str, object], given: tuple[str, dict[str, object]], text: str
) -> None:
    tool, arguments = given
    begun = next(e for e in hook("BeforeTool", tool_name=tool, tool_input=arguments) if isinstance(e, ToolCallStarted))
    request = asked(notified(**details))
    ended = next(e for e in hook("AfterTool", tool_name=tool, tool_input=arguments) if isinstance(e, ToolCallEnded))

    assert request.text == text
    assert (request.kind, request.reach) == (RequestKind.PERMISSION, Reach.TERMINAL)
    assert request.call_key == begun.call.call_key == begun.call.id == ended.call
    assert "own terminal" in request.why_not


def test_a_tool_of_a_server_is_named() -> None:
    request = asked(notified(type="mcp", serverName="db", toolName="drop", title="t"))
    context = {"mcp_context": {"tool_name": "drop"}}
    ended = hook("AfterTool", tool_name="mcp_db_drop", tool_input={}, **context)

    assert request.text.startswith("db: drop\n")
    assert [event.call for event in ended if isinstance(event, ToolCallEnded)] == [request.call_key]


def test_a_question_is_asked_once_with_its_options() -> None:
    given = {"questions": [{"question": "Which?", "header": "DB", "type": "choice", "options": [{"label": "A"}]}]}

    request = asked(hook("BeforeTool", tool_name="ask_user", tool_input=given))

    assert request.kind is RequestKind.QUESTION
    assert request.text == "Which?\n- A"
    assert notified(type="ask_user", title="Ask User") == []


def test_a_plan_that_waits_is_shown_as_waiting() -> None:
    assert asked(notified(type="exit_plan_mode", title="Plan")).summary == "waits in its terminal"


def test_a_session_that_its_hook_ends_is_over() -> None:
    (ended,) = (event for event in hook("SessionEnd", reason="exit") if isinstance(event, SessionEnded))

    assert ended.why == "the person left"


def test_every_hook_is_over_in_seconds_and_its_time_is_in_milliseconds() -> None:
    assert AGENT.hook_setup is not None
    assert AGENT.hook_setup.shape.is_in_ms
    assert max(event.timeout_s for event in AGENT.hook_setup.events) <= 5
    assert {"BeforeModel", "AfterModel"}.isdisjoint(event.name for event in AGENT.hook_setup.events)


def test_a_session_without_a_prompt_rests_and_one_with_a_prompt_works() -> None:
    claims = {
        name: [event.evidence.claim for event in hook(name, prompt="go") if isinstance(event, EvidenceGiven)]
        for name in ("SessionStart", "BeforeAgent")
    }

    assert claims == {"SessionStart": [Claim.RESTING], "BeforeAgent": [Claim.WORKING]}
