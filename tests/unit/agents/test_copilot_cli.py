import json

import pytest

from desktop.agents import copilot_cli
from desktop.agents.copilot_cli import AGENT
from desktop.domain.events import (
    Event,
    FilesChanged,
    RequestClosed,
    RequestOpened,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.requests import Choice, Question, Reach, RequestKind
from desktop.domain.session import Ending
from tests.helpers import recorded

PROGRAM = "/usr/lib/node_modules/@github/copilot-linux-x64/copilot"


def fed(*events: tuple[str, dict[str, object]]) -> list[Event]:
    reader = copilot_cli.open_transcript(recorded.SESSION)
    records = ({"type": kind, "data": data, "timestamp": "2026-11-23T20:00:00Z"} for kind, data in events)
    return [event for record in records for event in reader.feed(json.dumps(record).encode())]


def asked(**wanted: object) -> RequestOpened:
    (event,) = (
        event
        for event in fed(("permission.requested", {"requestId": "r", "permissionRequest": wanted}))
        if isinstance(event, RequestOpened)
    )
    return event


def told(name: str) -> list[Event]:
    (capture,) = (path for path in recorded.captures(AGENT, "transcripts", ".jsonl") if path.name.startswith(name))
    return recorded.events_of(AGENT, capture)


def test_a_session_is_known_by_the_file_it_holds() -> None:
    assert copilot_cli.native_of_open_file("/h/session-state/27af-86/inuse.17020.hold") == "27af-86"
    assert copilot_cli.native_of_open_file("/h/session-state/27af-86/inuse.17020.hold (deleted)") == ""
    assert copilot_cli.native_of_open_file("/h/session-state/27af-86/other") == ""
    assert copilot_cli.transcript_paths("/h", "27af-86", "/x") == ["/h/session-state/27af-86/events.jsonl"]
    assert copilot_cli.transcript_paths("/h", "../x", "/x") == []


@pytest.mark.parametrize(
    ("wanted", "text", "writes"),
    [
        ({"kind": "shell", "fullCommandText": "make\nrelease"}, "make\nrelease", ()),
        ({"kind": "write", "fileName": "/home/dev/a", "diff": "+x"}, "/home/dev/a\n\n+x", ("/home/dev/a",)),
        ({"kind": "url", "url": "http://x"}, '{\n  "kind": "url",\n  "url": "http://x"\n}', ()),
    ],
)
def test_what_it_asks_leave_for_is_shown_whole(wanted: dict[str, object], text: str, writes: tuple[str, ...]) -> None:
    request = asked(**wanted).request

    assert (request.text, request.writes) == (text, writes)
    assert request.reach is Reach.TERMINAL
    assert "terminal" in request.why_not


def test_a_request_is_closed_by_its_own_end() -> None:
    opened = asked(kind="shell", fullCommandText="make").request
    closed = fed(("permission.completed", {"requestId": "r", "result": {"kind": "approved"}}))

    assert [(event.request, event.how) for event in closed if isinstance(event, RequestClosed)] == [
        (opened.id, "approved in the terminal")
    ]
    assert fed(("permission.requested", {})) == []


def test_a_turn_says_how_it_ended() -> None:
    endings = [event.ending for event in told("allowed") if isinstance(event, TurnFinished)]

    assert endings == [Ending.FAILED, Ending.FAILED, Ending.FAILED, Ending.FINISHED, Ending.INTERRUPTED]


def test_a_file_that_was_written_is_told() -> None:
    call = {"toolCallId": "c", "toolName": "create", "arguments": {"path": "/home/dev/a"}}
    events = fed(("tool.execution_start", call), ("tool.execution_complete", {"toolCallId": "c", "success": True}))

    assert [event.paths for event in events if isinstance(event, FilesChanged)] == [("/home/dev/a",)]


@pytest.mark.parametrize(
    ("exe", "words", "is_session"),
    [
        (PROGRAM, (), True),
        (PROGRAM, ("login",), False),
        (PROGRAM, ("sessions", "list"), False),
        (PROGRAM, ("--version",), False),
        ("/usr/bin/node", ("/usr/bin/copilot",), False),  # the script that starts it
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, words: tuple[str, ...], is_session: bool) -> None:
    assert copilot_cli.PROGRAM.is_session(exe, (exe, *words)) is is_session


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert copilot_cli.PROGRAM.is_headless((PROGRAM, "-p", "x"))
    assert not copilot_cli.PROGRAM.is_headless((PROGRAM,))


def test_a_question_is_open_until_it_is_answered() -> None:
    events = told("asked")

    (opened,) = (
        event.request
        for event in events
        if isinstance(event, RequestOpened) and event.request.kind is RequestKind.QUESTION
    )
    assert opened.questions == (Question("Which?\nDatabase", "Database", (Choice("Postgres"), Choice("SQLite"))),)
    assert (opened.text, opened.reach) == ("Which?\nDatabase", Reach.TERMINAL)
    assert [event.how for event in events if isinstance(event, RequestClosed) and event.request == opened.id] == [
        "answered in the terminal"
    ]


@pytest.mark.parametrize(
    ("given", "text", "labels"),
    [
        ({"message": "Why?"}, "Why?", [()]),
        ({"odd": 1}, '{\n  "odd": 1\n}', []),
        (
            {
                "message": "Say",
                "requestedSchema": {
                    "properties": {
                        "a": {"oneOf": [{"const": "x", "title": "X"}, {"const": "y"}]},
                        "b": {"title": "B", "description": "more"},
                    }
                },
            },
            "Say\na\n\nB\nmore",
            [("X", "y"), ()],
        ),
    ],
)
def test_a_form_is_shown_whole(given: dict[str, object], text: str, labels: list[tuple[str, ...]]) -> None:
    call = {"toolCallId": "c", "toolName": "ask_user", "arguments": given}
    (request,) = (event.request for event in fed(("tool.execution_start", call)) if isinstance(event, RequestOpened))

    assert request.text == text
    assert [tuple(choice.label for choice in each.choices) for each in request.questions] == labels


def test_a_subagents_prompt_and_words_are_not_its_parents() -> None:
    events = told("asked")

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == [
        "ask: Which?",
        "helper: bash: touch sub-1 |> slow: 1",
    ]
    assert [event.last_words for event in events if isinstance(event, TurnFinished)] == [
        "It said: User responded: Postgres",
        "It said: Done.",
    ]


def test_a_subagent_has_its_role_its_model_and_its_requests() -> None:
    events = told("asked")

    (started,) = (event for event in events if isinstance(event, SubagentStarted))
    (stopped,) = (event for event in events if isinstance(event, SubagentStopped))
    asked_by = [event.request for event in events if isinstance(event, RequestOpened) and event.request.subagent]

    assert (started.role, started.model, stopped.subagent) == ("general-purpose", "m", started.subagent)
    assert [(each.text, each.subagent, each.subagent_id) for each in asked_by] == [
        ("touch sub-1", "general-purpose", started.subagent)
    ]


def test_a_subagents_record_of_an_unknown_family_is_counted() -> None:
    reader = copilot_cli.open_transcript(recorded.SESSION)
    reader.feed(b'{"type":"assistant.turn_end","agentId":"a","data":{}}')
    reader.feed(b'{"type":"from-the-future","agentId":"a","data":{}}')

    assert reader.skipped == 1
