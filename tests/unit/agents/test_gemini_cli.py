import json
from datetime import UTC, datetime

import pytest

from desktop.agents import gemini_cli
from desktop.agents.gemini_cli import AGENT
from desktop.domain.agent import HookCall
from desktop.domain.events import (
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestOpened,
    SessionEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending
from tests.helpers import recorded

NODE = "/usr/bin/node"
SCRIPT = "/usr/lib/node_modules/.bin/gemini"
CHILD = (NODE, "--max-old-space-size=4096", SCRIPT)


def hook(event: str, **fields: object) -> list[Event]:
    payload = {"session_id": "abc", "hook_event_name": event, "cwd": "/home/dev/shop", **fields}
    return gemini_cli.read_hook(HookCall(json.dumps(payload).encode(), 42, datetime(2026, 11, 23, tzinfo=UTC)))


def asked(events: list[Event]) -> Request:
    return next(event.request for event in events if isinstance(event, RequestOpened))


def notified(**details: object) -> list[Event]:
    return hook("Notification", notification_type="ToolPermission", message="m", details=details)


def fed(*records: object) -> list[Event]:
    reader = gemini_cli.open_transcript(recorded.SESSION)
    return [event for record in records for event in reader.feed(json.dumps(record).encode())]


@pytest.mark.parametrize(
    ("argv", "is_session"),
    [
        (CHILD, True),
        ((*CHILD, "-m", "flash", "-p", "hello"), True),
        (("node", SCRIPT), True),
        ((*CHILD, "mcp", "list"), False),
        ((*CHILD, "--version"), False),
        ((NODE, "--max-old-space-size=4096", "/srv/app.js"), False),
        ((NODE,), False),
        ((), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(argv: tuple[str, ...], is_session: bool) -> None:
    assert gemini_cli.PROGRAM.is_session(NODE, argv) is is_session


def test_another_program_is_no_session() -> None:
    assert not gemini_cli.PROGRAM.is_session("/usr/bin/vim", CHILD)


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert gemini_cli.PROGRAM.is_headless((*CHILD, "-p", "x"))
    assert not gemini_cli.PROGRAM.is_headless(CHILD)


def test_logs_are_looked_for_by_the_name_of_the_directory() -> None:
    folders = gemini_cli.log_dirs("/h", "/home/dev/My_Shop!", datetime(2026, 11, 23, tzinfo=UTC))

    assert folders[:2] == ["/h/tmp/my-shop/chats", "/h/tmp/my-shop-1/chats"]
    assert gemini_cli.log_dirs("/h", "/", datetime(2026, 11, 23, tzinfo=UTC))[0] == "/h/tmp/project/chats"


def test_the_head_of_a_log_tells_the_session_and_its_directory() -> None:
    path = next(path for path in recorded.captures(AGENT, "transcripts", ".jsonl") if path.stem == "plain")

    head = gemini_cli.read_log_head(path.read_bytes(), str(path))

    assert head is not None
    assert (head.native, head.cwd) == ("2b6a644c-b23d-44ae-8b5b-71e3ab7803c0", "/home/dev/gem")
    assert head.started_at == datetime(2026, 11, 23, 20, 42, 33, 871000, tzinfo=UTC)
    assert not head.is_hidden


@pytest.mark.parametrize("head", [b"", b"{}", b'{"sessionId":"../x"}', b'{"sessionId":"a"}\n{"id":"b"}\n', b"[]\n[]"])
def test_a_head_without_session_or_directory_tells_nothing(head: bytes) -> None:
    assert gemini_cli.read_log_head(head, "x") is None


def test_a_log_of_an_errand_is_hidden() -> None:
    context = {"type": "user", "content": "**Workspace Directories:**\n  - /home/dev"}
    head = "\n".join(json.dumps(each) for each in ({"sessionId": "a", "kind": "subagent"}, context))

    read = gemini_cli.read_log_head(head.encode(), "x")

    assert read is not None
    assert read.is_hidden


def test_a_cancelled_request_does_not_bring_old_prompts_back() -> None:
    path = next(path for path in recorded.captures(AGENT, "transcripts", ".jsonl") if path.stem.startswith("allowed"))

    events = recorded.events_of(AGENT, path)

    assert [event.prompt[-5:] for event in events if isinstance(event, TurnStarted)] == ["a.txt", "b.txt", "c.txt"]
    last = [event for event in events if isinstance(event, TurnFinished)][-1]
    assert last.ending is Ending.INTERRUPTED


def test_a_turn_after_a_cancelled_one_is_seen() -> None:
    events = fed(
        {"type": "user", "content": "go", "timestamp": "2026-11-23T20:00:00Z"},
        {"type": "info", "content": "Request cancelled.", "timestamp": "2026-11-23T20:00:05Z"},
        {"type": "user", "content": "<session_context>", "timestamp": "2026-11-23T20:00:05Z"},
        {"type": "user", "content": "go", "timestamp": "2026-11-23T20:00:05Z"},
        {"type": "user", "content": "again", "timestamp": "2026-11-23T20:00:09Z"},
    )

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go", "again"]


def test_a_conversation_that_is_written_again_over_some_milliseconds_is_still_the_old_one() -> None:
    events = fed(
        {"type": "user", "content": "go", "timestamp": "2026-11-23T20:00:00Z"},
        {"type": "info", "content": "Request cancelled.", "timestamp": "2026-11-23T20:00:05.001Z"},
        {"type": "user", "content": "<session_context>", "timestamp": "2026-11-23T20:00:05.002Z"},
        {"type": "gemini", "id": "b", "content": "An old answer", "timestamp": "2026-11-23T20:00:05.009Z"},
        {"$set": {"messages": []}},
        {"type": "user", "content": "again", "timestamp": "2026-11-23T20:00:05.900Z"},
    )

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go", "again"]
    assert [event.ending for event in events if isinstance(event, TurnFinished)] == [Ending.INTERRUPTED]


def test_a_file_that_was_written_is_told_and_one_that_was_refused_is_not() -> None:
    call = {"name": "write_file", "args": {"file_path": "/home/dev/a.txt"}, "status": "success"}
    message = {"type": "gemini", "id": "m", "content": "", "timestamp": "2026-11-23T20:00:00Z"}

    assert [event.paths for event in fed({**message, "toolCalls": [call]}) if isinstance(event, FilesChanged)] == [
        ("/home/dev/a.txt",)
    ]
    refused = fed({**message, "toolCalls": [{**call, "status": "cancelled"}]})
    assert not any(isinstance(event, FilesChanged) for event in refused)
    assert [event.is_denied for event in refused if isinstance(event, ToolCallEnded)] == [True]
    assert [event.ending for event in refused if isinstance(event, TurnFinished)] == [Ending.INTERRUPTED]


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


def test_no_hook_of_it_is_ever_held_or_answered() -> None:
    assert AGENT.asks_by_hook is None
    assert AGENT.write_hook_reply is None


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
    begun = fed({"sessionId": "abc", "kind": "main", "startTime": "2026-11-23T20:00:00Z"})

    assert claims == {"SessionStart": [Claim.RESTING], "BeforeAgent": [Claim.WORKING]}
    assert [event.evidence.claim for event in begun if isinstance(event, EvidenceGiven)] == [Claim.RESTING]
