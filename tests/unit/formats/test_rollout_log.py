"""Rollouts of both shapes, record by record."""

import json
import time
from datetime import UTC, datetime

import pytest

from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.requests import RequestKind
from desktop.domain.session import Ending, Launch, NameSource
from desktop.formats import tool_calls
from desktop.formats.rollout_log import RolloutLog

S = SessionId("example:one")
AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
PATCH = "*** Begin Patch\n*** Add File: /src/a.py\n+1\n*** End Patch"


def line(kind: str, at: str = "2026-11-23T20:00:00.000Z", **payload: object) -> bytes:
    return json.dumps({"timestamp": at, "ordinal": 7, "type": kind, "payload": payload}).encode()


def event(kind: str, **payload: object) -> bytes:
    return line("event_msg", type=kind, **payload)


def item(kind: str, **payload: object) -> bytes:
    return line("response_item", type=kind, **payload)


def call(name: str, given: object, number: str = "call_1") -> bytes:
    return item("function_call", name=name, arguments=json.dumps(given), call_id=number)


def done(kind: str, **fields: object) -> bytes:
    return event("item_completed", item={"type": kind, **fields})


BEGIN = event("task_started", turn_attribution={"turn_trigger": "user"}, collaboration_mode_kind="plan")
META = line("session_meta", id="one", cwd="/src", cli_version="1.2", source="cli", git={"branch": "main"})


@pytest.fixture
def log() -> RolloutLog:
    """A reader of nothing yet."""
    return RolloutLog(S, AgentKind("example"))


def fed(log: RolloutLog, *lines: bytes) -> list[Event]:
    return [told for each in lines for told in log.feed(each)]


def facts(events: list[Event]) -> dict[str, object]:
    told: dict[str, object] = {}
    for each in events:
        if isinstance(each, SessionDescribed):
            told |= {
                name: value
                for name in ("cwd", "version", "branch", "model", "launch", "name")
                if (value := getattr(each, name)) is not None
            }
    return told


def test_the_first_record_and_the_last_prompt_describe_the_session(log: RolloutLog) -> None:
    events = fed(
        log,
        META,
        line("turn_context", cwd="/src", model="m1", approval_policy="on-request"),
        done("UserMessage", content=[{"type": "text", "text": "paint it\nred"}, "odd"]),
        done("UserMessage", content=[{"type": "text", "text": "and now blue"}]),
    )

    assert facts(events) == {
        "cwd": "/src",
        "version": "1.2",
        "branch": "main",
        "model": "m1",
        "name": (NameSource.PROMPT, "and now blue"),
    }


def test_a_model_that_is_set_again_is_told_once(log: RolloutLog) -> None:
    settings = event("thread_settings_applied", thread_settings={"model": "m1"})

    assert [facts([told]) for told in fed(log, settings, settings)] == [{"model": "m1"}]


def test_a_run_that_prints_and_ends_says_so(log: RolloutLog) -> None:
    assert facts(fed(log, line("session_meta", source="exec")))["launch"] is Launch.HEADLESS


@pytest.mark.parametrize("said", ["<environment_context>x", "# AGENTS.md instructions", " ", ""])
def test_what_the_agent_puts_in_itself_names_nothing(log: RolloutLog, said: str) -> None:
    assert fed(log, event("user_message", message=said), done("UserMessage", content=said)) == []


@pytest.mark.parametrize(("trigger", "is_a_persons"), [("user", True), ("exec", True), ("goal", False)])
def test_a_turn_begins_by_a_person_or_by_itself(log: RolloutLog, trigger: str, is_a_persons: bool) -> None:
    (started,) = fed(log, event("task_started", turn_attribution={"turn_trigger": trigger}))

    assert isinstance(started, TurnStarted)
    assert bool(started.prompt) is is_a_persons
    assert log.is_decided


def test_a_turn_ends_with_the_last_words_of_either_shape(log: RolloutLog) -> None:
    new = fed(log, BEGIN, event("task_complete", last_agent_message="done"))[-1]
    old = fed(log, BEGIN, event("agent_message", message="said"), event("task_complete", last_agent_message=None))[-1]

    assert [getattr(told, "last_words", "") for told in (new, old)] == ["done", "said"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"message": "Quota exceeded.", "code": "q"}, "Quota exceeded."),
        ({"code": "usage_limit"}, "usage_limit"),
        ({"code": 7}, "the turn failed"),
    ],
)
def test_a_turn_that_fails_says_why(log: RolloutLog, error: dict[str, object], words: str) -> None:
    finished = fed(log, BEGIN, event("task_complete", last_agent_message=None, error=error))[-1]

    assert isinstance(finished, TurnFinished)
    assert (finished.ending, finished.error) == (Ending.FAILED, words)


def test_the_older_shape_fails_without_a_word_and_a_summary_is_no_failure(log: RolloutLog) -> None:
    end = event("task_complete", turn_id="t", last_agent_message=None)

    failed = fed(log, BEGIN, end)[-1]
    summed_up = fed(log, BEGIN, line("compacted", message="all so far"), end)[-1]
    newer = fed(log, BEGIN, event("task_complete", last_agent_message=None, completed_at=7))[-1]

    assert [getattr(told, "ending", None) for told in (failed, summed_up, newer)] == [
        Ending.FAILED,
        Ending.FINISHED,
        Ending.FINISHED,
    ]


@pytest.mark.parametrize(
    ("reason", "ending"),
    [("interrupted", Ending.INTERRUPTED), ("replaced", Ending.INTERRUPTED), ("budget_limited", Ending.FAILED)],
)
def test_a_turn_that_is_broken_off_says_how(log: RolloutLog, reason: str, ending: Ending) -> None:
    finished = fed(log, BEGIN, event("turn_aborted", reason=reason))[-1]

    assert isinstance(finished, TurnFinished)
    assert finished.ending is ending
    assert (reason in finished.error) is (ending is Ending.FAILED)


@pytest.mark.parametrize("end", [event("task_complete"), event("turn_aborted", reason="interrupted")])
def test_a_tail_that_holds_only_the_end_of_a_turn_tells_a_turn(log: RolloutLog, end: bytes) -> None:
    assert [type(told) for told in fed(log, end)] == [TurnStarted, TurnFinished]


def test_words_thoughts_and_calls_are_signs_of_a_turn(log: RolloutLog) -> None:
    events = fed(
        log, done("AgentMessage", content=[{"text": "Let me see."}]), item("reasoning"), event("agent_message")
    )

    assert [type(told) for told in events] == [TurnStarted, ActivitySeen, ActivitySeen]
    assert [told.text for told in events if isinstance(told, ActivitySeen)] == ["Let me see.", "thinking"]


# -- calls


@pytest.mark.parametrize(
    ("name", "given", "tool", "does"),
    [
        ("exec_command", {"cmd": "ls"}, "Bash", "running ls"),
        ("shell", {"command": ["bash", "-lc", "ls -l"]}, "Bash", "running ls -l"),
        ("shell", {"command": ["git", "status"]}, "Bash", "running git status"),
        ("shell", {"command": [1]}, "Bash", "running"),
        ("exec_command", {"cmd": f"apply_patch <<'EOF'\n{PATCH}\nEOF"}, "apply_patch", "editing /src/a.py"),
        ("update_plan", {"plan": []}, "update_plan", "planning its tasks"),
        ("write_stdin", {"chars": ""}, "write_stdin", "using write_stdin"),
        ("request_user_input", {}, "request_user_input", "asking"),
    ],
)
def test_a_call_is_told_in_the_words_of_its_hook(
    log: RolloutLog, name: str, given: object, tool: str, does: str
) -> None:
    started, activity = fed(log, BEGIN, call(name, given))[1:]

    assert isinstance(started, ToolCallStarted)
    assert isinstance(activity, ActivitySeen)
    assert (started.call.tool, activity.text) == (tool, does)


def test_calls_of_the_other_shapes_are_told_too(log: RolloutLog) -> None:
    two = PATCH.replace("*** End", "*** Delete File: b\n*** End")
    events = fed(
        log,
        BEGIN,
        item("custom_tool_call", name="apply_patch", input=two, call_id="a"),
        item("local_shell_call", action={"command": ["ls"]}, call_id="b"),
        item("custom_tool_call_output", call_id="a", output="Success."),
    )

    assert [told.text for told in events if isinstance(told, ActivitySeen)] == ["editing 2 files", "running ls"]
    assert [told.call for told in events if isinstance(told, ToolCallEnded)] == ["a"]
    keys = [told.call.call_key for told in events if isinstance(told, ToolCallStarted)]
    assert keys[0] == tool_calls.call_key("apply_patch", {"command": two})


def test_a_call_without_a_name_or_an_id_means_nothing(log: RolloutLog) -> None:
    assert fed(log, call("", {}), call("shell", {}, ""), item("function_call_output")) == []


def test_a_call_that_wants_out_of_its_sandbox_most_likely_waits(log: RolloutLog) -> None:
    given = {"cmd": "touch x", "sandbox_permissions": "require_escalated", "justification": "May I?"}
    started = fed(log, BEGIN, call("exec_command", given))[1]

    assert isinstance(started, ToolCallStarted)
    assert started.call.hint == "it wants to run a command outside its sandbox"
    draft = started.call.draft
    assert draft is not None
    assert (draft.kind, draft.text, draft.call_key) == (RequestKind.PERMISSION, "touch x", started.call.call_key)


def test_a_question_in_plan_mode_most_likely_waits_with_its_choices(log: RolloutLog) -> None:
    question = {"id": "db", "question": "Which?", "header": "DB", "options": [{"label": "A", "description": "a"}]}

    started = fed(log, BEGIN, call("request_user_input", {"questions": [question]}))[1]

    assert isinstance(started, ToolCallStarted)
    assert started.call.hint == "it asks a question"
    assert started.call.draft is not None
    assert started.call.draft.questions[0].text == "Which?"
    assert started.call.draft.kind is RequestKind.QUESTION


@pytest.mark.parametrize(
    ("before", "name", "given"),
    [
        (
            line("turn_context", approval_policy="never"),
            "shell",
            {"command": ["x"], "with_escalated_permissions": True},
        ),
        (
            line("turn_context", approval_policy="on-request", approvals_reviewer="guardian"),
            "exec_command",
            {"cmd": "x", "sandbox_permissions": "require_escalated"},
        ),
        (BEGIN.replace(b'"plan"', b'"default"'), "request_user_input", {}),
        (BEGIN, "exec_command", {"cmd": "x"}),
    ],
)
def test_nothing_waits_where_nobody_is_asked(log: RolloutLog, before: bytes, name: str, given: object) -> None:
    started = next(told for told in fed(log, BEGIN, before, call(name, given)) if isinstance(told, ToolCallStarted))

    assert (started.call.hint, started.call.draft) == ("", None)


def test_the_older_shape_of_leaving_the_sandbox_is_known(log: RolloutLog) -> None:
    started = fed(log, BEGIN, call("shell", {"command": ["x"], "with_escalated_permissions": True}))[1]

    assert isinstance(started, ToolCallStarted)
    assert started.call.hint


@pytest.mark.parametrize(
    ("output", "is_denied"),
    [('failed: "Rejected("no")"', True), ("Wall time: 2\naborted by user", True), ("exited with code 1", False)],
)
def test_a_result_says_whether_the_call_was_refused(log: RolloutLog, output: str, is_denied: bool) -> None:
    ended = fed(log, BEGIN, call("shell", {}), item("function_call_output", call_id="call_1", output=output))[-1]

    assert isinstance(ended, ToolCallEnded)
    assert ended.is_denied is is_denied


def test_a_result_at_the_head_of_a_tail_tells_a_turn(log: RolloutLog) -> None:
    events = fed(log, item("function_call_output", call_id="c", output=["not text"]))

    assert [type(told) for told in events] == [TurnStarted, ToolCallEnded]


def test_a_flood_of_open_calls_is_bounded(log: RolloutLog) -> None:
    fed(log, BEGIN, *(call("shell", {}, f"c{number}") for number in range(1000)))

    assert len(log._calls) == 256


def test_files_are_told_by_either_shape_when_they_were_written(log: RolloutLog) -> None:
    events = fed(
        log,
        done("FileChange", changes={"/a": {}, "/b": {}}, status="completed"),
        done("FileChange", changes={"/c": {}}, status="declined"),
        done("FileChange", changes=["/d"], status="completed"),
        event("patch_apply_end", success=True, changes={"/e": {}}),
        event("patch_apply_end", success=False, changes={"/f": {}}),
    )

    assert [told.paths for told in events if isinstance(told, FilesChanged)] == [("/a", "/b"), ("/e",)]


# -- lines


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  ",
        line("world_state", full=True),
        line("token_usage_record"),
        event("token_count", info=None),
        item("message", role="user", content=[]),
        b'{"ordinal":1,"type":"from_the_future","payload":{}}',
        b'{"ordinal":1,"type":"event_msg","payload":{"type":"from_the_future"}}',
        b'{"ordinal":1,"type":"response_item","payload":{"type":"from_the_future"}}',
        done("CommandExecution", status="completed"),
    ],
)
def test_records_that_say_nothing_to_us_are_neither_told_nor_counted(log: RolloutLog, raw: bytes) -> None:
    assert log.feed(raw) == []
    assert log.skipped == 0


def test_what_is_no_record_is_counted(log: RolloutLog) -> None:
    assert fed(log, b"[]", b"{", BEGIN[:-5]) == []
    assert log.skipped == 3


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T21:00:00+01:00", AT),
        ("0001-01-01T00:00:00+14:00", datetime.fromtimestamp(0, UTC)),
        ("2026-11-23T20:00:00", datetime.fromtimestamp(0, UTC)),
        ("noon", datetime.fromtimestamp(0, UTC)),
    ],
)
def test_a_time_that_cannot_be_read_is_that_of_the_record_before(log: RolloutLog, at: str, expected: datetime) -> None:
    (started,) = log.feed(line("event_msg", at, type="task_started"))

    assert isinstance(started, TurnStarted)
    assert started.at == expected


# -- looking back


def shape(events: list[Event] | None) -> list[str]:
    return [type(told).__name__ for told in events or ()]


def test_of_a_whole_log_the_last_turn_and_the_facts_are_told(log: RolloutLog) -> None:
    asked = done("UserMessage", content=[{"text": "first"}])
    turn = [BEGIN, asked, call("shell", {}), event("task_complete")]
    last = [BEGIN, event("user_message", message="second")]

    events = log.skim(b"\n".join([META, *turn, b"torn", line("turn_context", model="m1"), *last]), is_last_try=False)

    assert shape(events) == ["SessionDescribed", "SessionDescribed", "TurnStarted", "SessionDescribed"]
    assert facts(events or [])["name"] == (NameSource.PROMPT, "second")


def test_a_tail_names_the_session_by_its_last_prompt(log: RolloutLog) -> None:
    asked = [event("user_message", message=name) for name in ("before", "later", "later")]

    events = log.skim(b"\n".join([event("token_count"), asked[0], BEGIN, *asked[1:]]), is_last_try=False)

    assert shape(events) == ["TurnStarted", "SessionDescribed"]
    assert facts(events or [])["name"] == (NameSource.PROMPT, "later")


def test_a_log_that_was_met_empty_names_the_session_by_its_first_prompt(log: RolloutLog) -> None:
    assert log.skim(b"", is_last_try=True) == []

    assert facts(fed(log, META, BEGIN, event("user_message", message="first")))["name"] == (NameSource.PROMPT, "first")


def test_a_tail_without_the_begin_of_a_turn_wants_more(log: RolloutLog) -> None:
    tail = b"\n".join([done("AgentMessage", content=[{"text": "task_started"}]), event("token_count")])

    assert log.skim(tail, is_last_try=False) is None
    assert shape(log.skim(tail, is_last_try=True)) == ["TurnStarted", "ActivitySeen"]


def test_a_flood_of_false_begins_is_read_in_linear_time(log: RolloutLog) -> None:
    words = "task_started *** Begin Patch\n" * 10_000
    lines = [done("AgentMessage", content=[{"text": words}]), call("shell", {"command": ["apply_patch", words]})]

    began = time.process_time()
    events = log.skim(b"\n".join(lines), is_last_try=True)

    assert time.process_time() - began < 1.0
    assert shape(events) == ["TurnStarted", "ActivitySeen", "ToolCallStarted", "ActivitySeen"]


def test_bytes_before_the_top_are_not_looked_at(log: RolloutLog) -> None:
    head = b'half a line of task_started"}\n'

    events = log.skim(head + META + b"\n" + BEGIN + b"\n", len(head), is_last_try=False)

    assert shape(events) == ["SessionDescribed", "TurnStarted"]
