import json
from datetime import UTC, datetime

import pytest

from desktop.agents.gemini_cli import AGENT
from desktop.agents.gemini_cli_log import log_dirs, open_transcript, read_log_head
from desktop.domain.events import Event, EvidenceGiven, FilesChanged, ToolCallEnded, TurnFinished, TurnStarted
from desktop.domain.session import Claim, Ending
from tests.helpers import recorded


def fed(*records: object) -> list[Event]:
    reader = open_transcript(recorded.SESSION)
    return [event for record in records for event in reader.feed(json.dumps(record).encode())]


def test_logs_are_looked_for_by_the_name_of_the_directory() -> None:
    folders = log_dirs("/h", "/home/dev/My_Shop!", datetime(2026, 11, 23, tzinfo=UTC))

    assert folders[:2] == ["/h/tmp/my-shop/chats", "/h/tmp/my-shop-1/chats"]
    assert log_dirs("/h", "/", datetime(2026, 11, 23, tzinfo=UTC))[0] == "/h/tmp/project/chats"


def test_the_head_of_a_log_tells_the_session_and_its_directory() -> None:
    path = next(path for path in recorded.captures(AGENT, "transcripts", ".jsonl") if path.stem == "plain")

    head = read_log_head(path.read_bytes(), str(path))

    assert head is not None
    assert (head.native, head.cwd) == ("2b6a644c-b23d-44ae-8b5b-71e3ab7803c0", "/home/dev/gem")
    assert head.started_at == datetime(2026, 11, 23, 20, 42, 33, 871000, tzinfo=UTC)
    assert not head.is_hidden


@pytest.mark.parametrize("head", [b"", b"{}", b'{"sessionId":"../x"}', b'{"sessionId":"a"}\n{"id":"b"}\n', b"[]\n[]"])
def test_a_head_without_session_or_directory_tells_nothing(head: bytes) -> None:
    assert read_log_head(head, "x") is None


def test_a_log_of_an_errand_is_hidden() -> None:
    context = {"type": "user", "content": "**Workspace Directories:**\n  - /home/dev"}
    head = "\n".join(json.dumps(each) for each in ({"sessionId": "a", "kind": "subagent"}, context))

    read = read_log_head(head.encode(), "x")

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


def test_a_log_that_has_only_begun_tells_of_a_session_that_rests() -> None:
    begun = fed({"sessionId": "abc", "kind": "main", "startTime": "2026-11-23T20:00:00Z"})

    assert [event.evidence.claim for event in begun if isinstance(event, EvidenceGiven)] == [Claim.RESTING]
