import json
from datetime import UTC, datetime

import pytest

from desktop.agents import kimi_cli
from desktop.agents.kimi_cli import AGENT
from desktop.domain.events import Event, FilesChanged, TurnFinished
from desktop.domain.session import Ending
from tests.helpers import recorded

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FOLDER = "/h/sessions/03a3655fff3e9bdea48de9f49e938e32"  # the MD5 of /home/dev
PYTHON = "/usr/bin/python3.13"


def fed(*messages: tuple[str, dict[str, object]]) -> list[Event]:
    reader = kimi_cli.open_transcript(recorded.SESSION)
    records = (
        {"timestamp": 1.0 + at, "message": {"type": kind, "payload": what}} for at, (kind, what) in enumerate(messages)
    )
    return [event for record in records for event in reader.feed(json.dumps(record).encode())]


def test_its_logs_lie_in_a_folder_for_each_conversation_of_a_directory() -> None:
    (folder,) = kimi_cli.log_dirs("/h", "/home/dev", NOW)

    assert folder.endswith("/*")
    assert kimi_cli.transcript_paths("/h", "abc", "/home/dev") == [f"{folder[:-2]}/abc/wire.jsonl"]
    assert kimi_cli.transcript_paths("/h", "../x", "/home/dev") == []


def test_the_head_of_a_log_tells_the_session_by_its_folder_and_when_it_began() -> None:
    (capture,) = recorded.captures(AGENT, "transcripts", ".jsonl")

    head = kimi_cli.read_log_head(capture.read_bytes(), "/x/612d/wire.jsonl")
    young = kimi_cli.read_log_head(b'{"type": "metadata"}\n', "/x/612d/wire.jsonl")

    assert head is not None
    assert (head.native, head.cwd) == ("612d", None)
    assert head.started_at is not None
    assert young is not None
    assert young.started_at is None
    assert kimi_cli.read_log_head(b"{", "/x/612d/wire.jsonl") is None
    assert kimi_cli.read_log_head(b"{}", "/x/a b/wire.jsonl") is None


def test_a_turn_says_how_it_ended() -> None:
    (capture,) = recorded.captures(AGENT, "transcripts", ".jsonl")

    endings = [event.ending for event in recorded.events_of(AGENT, capture) if isinstance(event, TurnFinished)]

    assert endings == [Ending.FINISHED, Ending.INTERRUPTED, Ending.FAILED]


def test_a_file_that_was_written_is_told() -> None:
    call = {"id": "c", "function": {"name": "WriteFile", "arguments": '{"path": "/home/dev/a"}'}}
    events = fed(("ToolCall", call), ("ToolResult", {"tool_call_id": "c", "return_value": {"is_error": False}}))

    assert [event.paths for event in events if isinstance(event, FilesChanged)] == [("/home/dev/a",)]


@pytest.mark.parametrize(
    ("exe", "argv", "is_session"),
    [
        (PYTHON, ("Kimi Code", "", ""), True),
        (PYTHON, (PYTHON, "/opt/venv/bin/kimi"), True),
        (PYTHON, (PYTHON, "/opt/venv/bin/kimi", "login"), False),
        (PYTHON, (PYTHON, "/srv/app.py"), False),
        (PYTHON, (), False),
        ("/usr/bin/vim", ("vim", "/opt/venv/bin/kimi"), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, argv: tuple[str, ...], is_session: bool) -> None:
    assert kimi_cli.is_session_process(exe, argv) is is_session


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert kimi_cli.PROGRAM.is_headless((PYTHON, "kimi", "--print"))
    assert not kimi_cli.PROGRAM.is_headless((PYTHON, "kimi"))
