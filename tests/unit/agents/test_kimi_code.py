import json
from datetime import UTC, datetime

import pytest

from desktop.agents import kimi_code
from desktop.agents.kimi_code import AGENT
from desktop.channels import prompt_line
from desktop.domain.events import (
    Event,
    FilesChanged,
    RequestClosed,
    RequestOpened,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.requests import Choice, Reach, RequestKind
from desktop.domain.session import Ending
from tests.helpers import recorded

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NODE = "/usr/bin/node"
FOLDER = "/h/sessions/wd_shop_e828acfc792e"


def fed(*records: dict[str, object]) -> list[Event]:
    reader = kimi_code.open_transcript(recorded.SESSION)
    return [event for record in records for event in reader.feed(json.dumps(record).encode())]


def asked(kind: str, **wanted: object) -> RequestOpened:
    record = {"type": "interaction.request", "id": "r", "kind": kind, "request": wanted, "time": 1}
    (event,) = (event for event in fed(record) if isinstance(event, RequestOpened))
    return event


def looped(**event: object) -> dict[str, object]:
    return {"type": "context.append_loop_event", "event": event, "time": 1}


def told(name: str) -> list[Event]:
    (capture,) = (path for path in recorded.captures(AGENT, "transcripts", ".jsonl") if path.name.startswith(name))
    return recorded.events_of(AGENT, capture)


@pytest.mark.parametrize(
    ("cwd", "named"),
    [
        ("/home/dev/shop", "wd_shop_"),
        ("/home/dev/My Shop!/", "wd_my-shop_"),
        ("/", "wd_workspace_"),
        (f"/x/{'a' * 39}-b", f"wd_{'a' * 39}_"),
    ],
)
def test_the_folder_of_a_directory_has_its_name_and_the_hash_of_its_path(cwd: str, named: str) -> None:
    (folder,) = kimi_code.log_dirs("/h", cwd, NOW)

    assert folder.startswith(f"/h/sessions/{named}")
    assert folder.endswith("/*/agents/main")


def test_a_log_lies_below_the_folder_of_its_conversation() -> None:
    (path,) = kimi_code.transcript_paths("/h", "session_1", "/home/dev/shop")

    assert path == "/h/sessions/wd_shop_e828acfc792e/session_1/agents/main/wire.jsonl"
    assert kimi_code.transcript_paths("/h", "../x", "/home/dev") == []
    assert kimi_code.transcript_paths("/h", "session_1", "") == []


def test_the_head_of_a_log_tells_the_session_by_its_folder_and_when_it_began() -> None:
    line = b'{"type":"metadata","protocol_version":"1.5","created_at":1796064404836}\n{"type"'

    head = kimi_code.read_log_head(line, f"{FOLDER}/session_1/agents/main/wire.jsonl")

    assert head is not None
    assert (head.native, head.cwd, head.started_at) == ("session_1", None, datetime.fromtimestamp(1796064404.836, UTC))
    assert kimi_code.read_log_head(b"{", f"{FOLDER}/session_1/agents/main/wire.jsonl") is None
    assert kimi_code.read_log_head(line, "wire.jsonl") is None


def test_a_turn_says_how_it_ended() -> None:
    events = [event for event in told("allowed") if isinstance(event, TurnFinished)]

    assert [event.ending for event in events] == [*[Ending.FINISHED] * 4, Ending.FAILED, Ending.INTERRUPTED]
    assert [event.error for event in events if event.error] == ["400 scripted error 400"]


def test_what_it_asks_is_open_until_it_is_answered() -> None:
    events = told("allowed")

    opened = [event.request for event in events if isinstance(event, RequestOpened)]
    closed = [(event.request, event.how) for event in events if isinstance(event, RequestClosed)]

    assert [request.text for request in opened] == [
        "touch kimi-1",
        "touch kimi-2",
        "/home/dev/shop/note.txt\n\nhello\n",
        "Which?",
    ]
    assert closed == [
        (opened[0].id, "approved in the terminal"),
        (opened[1].id, "rejected in the terminal"),
        (opened[2].id, "approved in the terminal"),
        (opened[3].id, "answered in the terminal"),
    ]
    assert [event.is_denied for event in events if isinstance(event, ToolCallEnded)] == [False, True, False, False]
    assert [event.paths for event in events if isinstance(event, FilesChanged)] == [("/home/dev/shop/note.txt",)]


@pytest.mark.parametrize(
    ("display", "text", "summary"),
    [
        ({"kind": "command", "command": "make\nall", "cwd": "/x"}, "make\nall", "wants to run a command"),
        ({"kind": "command", "command": "make", "as": "root"}, None, "wants leave for command"),
        ({"kind": "file_io", "path": "/x/a", "content": "b"}, "/x/a\n\nb", "wants to write a file"),
        ({"kind": "file_io", "path": "/x/a", "before": "b", "after": "c"}, None, "wants to change a file"),
        ({"kind": "plan_review", "plan": "First"}, None, "wants leave for plan review"),
        ({"plan": "First"}, None, "wants leave for something"),
    ],
)
def test_what_it_wants_is_shown_whole(display: dict[str, str], text: str | None, summary: str) -> None:
    request = asked("approval", toolName="X", display=display).request

    assert request.summary == summary
    assert request.text == text if text is not None else all(value in request.text for value in display.values())
    assert (request.kind, request.reach) == (RequestKind.PERMISSION, Reach.TERMINAL)
    assert "terminal" in request.why_not


def test_the_file_that_it_would_write_is_named() -> None:
    display = {"kind": "file_io", "path": "/x/a", "content": "b"}

    assert asked("approval", toolName="Write", display=display).request.writes == ("/x/a",)
    assert asked("approval", toolName="Bash", display=display).request.writes == ()


def test_a_question_has_its_choices() -> None:
    request = asked("question", questions=[{"question": "Which?", "options": [{"label": "A"}]}]).request

    assert request.kind is RequestKind.QUESTION
    assert [question.choices for question in request.questions] == [(Choice("A"),)]
    assert asked("question", odd=True).request.text == '{\n  "odd": true\n}'


def test_a_subagent_has_its_role_and_its_model() -> None:
    events = told("subagent")

    started = [(event.role, event.model) for event in events if isinstance(event, SubagentStarted)]
    assert started == [("coder", "m")]
    assert [event.subagent for event in events if isinstance(event, SubagentStopped)] == ["agent-0"]
    assert fed({"type": "subagent.spawned"}, {"type": "subagent.failed"}) == []


def test_what_it_begins_by_itself_has_no_prompt_of_the_person() -> None:
    said = [{"type": "text", "text": "wake up"}]

    (started,) = fed({"type": "turn.prompt", "input": said, "origin": {"kind": "cron"}})

    assert isinstance(started, TurnStarted)
    assert started.prompt == ""


def test_a_tail_that_begins_inside_a_turn_is_work() -> None:
    assert any(isinstance(event, TurnStarted) for event in fed(looped(type="step.begin")))
    assert any(isinstance(event, TurnStarted) for event in fed(looped(type="content.part", part={"type": "thinking"})))
    assert not any(isinstance(event, ToolCallStarted) for event in fed(looped(type="tool.call", name="Bash")))
    assert fed({"type": "interaction.request", "kind": "approval"}) == []


def test_a_record_of_an_unknown_family_is_counted() -> None:
    reader = kimi_code.open_transcript(recorded.SESSION)
    reader.feed(b'{"type":"turn.steered"}')
    reader.feed(b'{"type":"from-the-future"}')

    assert reader.skipped == 1


@pytest.mark.parametrize(
    ("exe", "argv", "is_session"),
    [
        (NODE, ("kimi-code", "", ""), True),
        (NODE, ("node", "/x/node_modules/.bin/kimi"), True),
        (NODE, ("node", "/x/@moonshot-ai/kimi-code/dist/main.mjs", "--version"), False),
        (NODE, ("node", "/x/@moonshot-ai/kimi-code/dist/main.mjs", "web"), False),
        (NODE, ("node", "/x/other.mjs"), False),
        (NODE, (), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, argv: tuple[str, ...], is_session: bool) -> None:
    assert kimi_code.is_session_process(exe, argv) is is_session


def test_its_input_line_is_told_by_its_frame_and_a_dialog_has_none() -> None:
    box = "\x1b[38;5;240m│\x1b[39m > \x1b[7m \x1b[0m                │"
    typed = "\x1b[38;5;240m│\x1b[39m > fix it\x1b[7m \x1b[0m          │"
    dialog = "  ▶ Run this command?\n\n    $ touch a\n\n  ▶ 1. Approve once\n    2. Reject\n\n > said before"

    assert prompt_line.input_of(box, AGENT.prompt_marks) == ""
    assert prompt_line.input_of(typed, AGENT.prompt_marks) == "fix it"
    assert prompt_line.input_of(dialog, AGENT.prompt_marks) is None
