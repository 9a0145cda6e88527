"""Tests of reading a conversation; what real agents write is replayed by the contract suite."""

import json
from datetime import UTC, datetime

import pytest

from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Ending, NameSource
from desktop.formats import tool_calls
from desktop.formats.conversation_log import ConversationLog

S = SessionId("some-agent:abc")
NOW = "2026-01-02T03:04:05.678Z"
AT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


@pytest.fixture
def log() -> ConversationLog:
    return ConversationLog(S, AgentKind("some-agent"), ("<machine>",))


def feed(log: ConversationLog, *records: dict[str, object]) -> list[Event]:
    return [event for record in records for event in log.feed(json.dumps({"timestamp": NOW, **record}).encode())]


def user(content: object, **fields: object) -> dict[str, object]:
    return {"type": "user", "message": {"content": content}, **fields}


def says(words: str, stop: str | None = "end_turn", message: str = "m1", **fields: object) -> dict[str, object]:
    content = [{"type": "text", "text": words}]
    return {"type": "assistant", "message": {"id": message, "stop_reason": stop, "content": content}, **fields}


def calls(tool: str, given: object, call: str = "t1") -> dict[str, object]:
    content = [{"type": "tool_use", "id": call, "name": tool, "input": given}]
    return {"type": "assistant", "message": {"stop_reason": "tool_use", "content": content}}


def result(call: str = "t1", **fields: object) -> dict[str, object]:
    block = {"type": "tool_result", "tool_use_id": call, "content": "ok", "is_error": bool(fields.pop("failed", False))}
    return user([block], **fields)


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_a_typed_prompt_starts_a_turn_and_the_last_words_end_it(log: ConversationLog) -> None:
    events = feed(log, user("do\nit", promptSource="typed"), says("looking", "tool_use"), says("done"))

    assert events == [
        TurnStarted(S, AT, "do it"),
        ActivitySeen(S, AT, "looking"),
        TurnFinished(S, AT, last_words="done"),
    ]


def test_a_prompt_with_a_picture_is_a_prompt(log: ConversationLog) -> None:
    assert feed(log, user([{"type": "image"}, {"type": "text", "text": "what is this"}])) == [
        TurnStarted(S, AT, "what is this")
    ]


@pytest.mark.parametrize(
    "record",
    [
        user("a reminder", isMeta=True),
        user("the story so far", isCompactSummary=True),
        user("<command-name>/clear</command-name>"),
        user("<local-command-stdout></local-command-stdout>"),
        user("typed to a subagent", isSidechain=True),
        {"type": "user"},
        {"type": "user", "message": None},
    ],
)
def test_what_no_one_asked_starts_no_turn(log: ConversationLog, record: dict[str, object]) -> None:
    assert feed(log, record) == []


def test_a_prompt_that_the_agent_put_in_starts_a_turn_without_words(log: ConversationLog) -> None:
    assert feed(log, user("<machine> go on", promptSource="system")) == [TurnStarted(S, AT, "")]


def test_the_end_of_a_turn_is_told_once_for_several_pieces_of_one_message(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"))

    events = feed(log, says("first"), says("second"), {"type": "system", "subtype": "turn_duration"})

    assert kinds(events) == [TurnFinished, TurnFinished]
    assert events[-1] == TurnFinished(S, AT, last_words="second")


def test_a_turn_whose_last_words_have_no_stop_reason_ends_with_its_duration(log: ConversationLog) -> None:
    events = feed(
        log, user("go", promptSource="typed"), says("done", None), {"type": "system", "subtype": "turn_duration"}
    )

    assert events[-1] == TurnFinished(S, AT, last_words="done")


@pytest.mark.parametrize("words", ["[Request interrupted by user]", "[Request interrupted by user for tool use]"])
def test_an_interrupted_turn_says_so(log: ConversationLog, words: str) -> None:
    events = feed(log, user("go", promptSource="typed"), user([{"type": "text", "text": words}]))

    assert events[-1] == TurnFinished(S, AT, Ending.INTERRUPTED)


def test_an_error_of_the_models_server_fails_the_turn(log: ConversationLog) -> None:
    events = feed(
        log, user("go", promptSource="typed"), says("API Error: 400 no", "stop_sequence", isApiErrorMessage=True)
    )

    assert events[-1] == TurnFinished(S, AT, Ending.FAILED, "API Error: 400 no")


def test_words_about_an_error_are_no_error(log: ConversationLog) -> None:
    events = feed(log, user("go", promptSource="typed"), says("API Error: 400 is what you saw"))

    assert events[-1] == TurnFinished(S, AT, last_words="API Error: 400 is what you saw")


def test_a_call_carries_the_request_it_would_be(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"))

    started = feed(log, calls("Bash", {"command": "ls"}))[0]

    assert isinstance(started, ToolCallStarted)
    draft = started.call.draft
    assert draft is not None
    assert (draft.kind, draft.reach, draft.text) == (RequestKind.PERMISSION, Reach.TERMINAL, "ls")
    assert draft.why_not
    assert started.call.call_key == draft.call_key == tool_calls.call_key("Bash", {"command": "ls"})


def test_the_same_call_twice_is_two_requests(log: ConversationLog) -> None:
    first, *_ = feed(log, user("go", promptSource="typed"), calls("Bash", {}, "a"))[1:]
    second = feed(log, calls("Bash", {}, "b"))[0]

    assert isinstance(first, ToolCallStarted)
    assert isinstance(second, ToolCallStarted)
    assert first.call.draft
    assert second.call.draft
    assert first.call.draft.id != second.call.draft.id


def test_a_file_is_changed_when_its_write_succeeded(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"), calls("Write", {"file_path": "/p/a"}))

    assert feed(log, result()) == [ToolCallEnded(S, "t1", AT), FilesChanged(S, AT, ("/p/a",))]


@pytest.mark.parametrize(
    ("tool", "fields"), [("Write", {"failed": True}), ("Read", {}), ("Write", {"slug": "a-plan"})], ids=str
)
def test_nothing_else_is_a_changed_file(log: ConversationLog, tool: str, fields: dict[str, object]) -> None:
    feed(log, user("go", promptSource="typed"), calls(tool, {"file_path": "/home/x/plans/a-plan.md"}))

    assert kinds(feed(log, result(**fields))) == [ToolCallEnded]


def test_a_refused_call_is_denied_and_a_failed_one_is_not(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"), calls("Bash", {}, "a"), calls("Bash", {}, "b"))

    assert feed(log, result("a", failed=True, toolDenialKind="user-rejected")) == [
        ToolCallEnded(S, "a", AT, is_denied=True)
    ]
    assert feed(log, result("b", failed=True)) == [ToolCallEnded(S, "b", AT, is_denied=False)]


def test_a_result_after_the_end_starts_no_new_turn(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"), calls("Bash", {}), says("done"))

    assert kinds(feed(log, result())) == [ToolCallEnded]


def test_a_helper_that_runs_on_is_told_from_start_to_end(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"), calls("Agent", {"subagent_type": "explorer"}))
    launched = feed(log, result(toolUseResult={"status": "async_launched", "agentId": "h1"}))
    note = "<task-notification>\n<task-id>h1</task-id>\n"

    ended = feed(log, {"type": "queue-operation", "operation": "enqueue", "content": note})

    assert launched[-1] == SubagentStarted(S, "h1", "explorer", AT)
    assert ended == [SubagentStopped(S, "h1", AT)]


@pytest.mark.parametrize(
    ("told", "wished", "model"),
    [({"resolvedModel": "opus-5-5"}, {"model": "opus"}, "opus-5-5"), ({}, {"model": "haiku"}, "haiku"), ({}, {}, "")],
)
def test_a_helper_has_the_model_that_it_got_or_else_the_one_that_was_wished_for(
    log: ConversationLog, told: dict[str, str], wished: dict[str, str], model: str
) -> None:
    feed(log, user("go", promptSource="typed"), calls("Agent", {"subagent_type": "explorer", **wished}))

    launched = feed(log, result(toolUseResult={"status": "async_launched", "agentId": "h1", **told}))

    assert launched[-1] == SubagentStarted(S, "h1", "explorer", AT, model)


def test_a_tail_that_begins_inside_a_turn_says_that_one_runs_but_is_not_decided(log: ConversationLog) -> None:
    assert kinds(feed(log, result())) == [TurnStarted, ToolCallEnded]
    assert not log.is_decided

    feed(log, user("next", promptSource="typed"))
    assert log.is_decided


def test_facts_are_told_once_and_again_when_they_change(log: ConversationLog) -> None:
    here = {"cwd": "/p", "gitBranch": "main", "version": "1"}
    first = feed(log, user("a", promptSource="typed", **here))[0]
    again = feed(log, user("b", promptSource="typed", **here))
    moved = feed(log, user("c", promptSource="typed", **{**here, "gitBranch": "topic"}))[0]

    assert first == SessionDescribed(S, AgentKind("some-agent"), AT, cwd="/p", branch="main", version="1")
    assert kinds(again) == [TurnStarted]
    assert moved == SessionDescribed(S, AgentKind("some-agent"), AT, branch="topic")


def test_the_persons_own_title_outlasts_a_made_up_one(log: ConversationLog) -> None:
    events = feed(
        log,
        {"type": "ai-title", "aiTitle": "Made up"},
        {"type": "custom-title", "customTitle": "Mine"},
        {"type": "ai-title", "aiTitle": "Made up again"},
        {"type": "last-prompt", "lastPrompt": "the\nprompt"},
    )

    assert [event.name for event in events if isinstance(event, SessionDescribed)] == [
        (NameSource.TITLE, "Made up"),
        (NameSource.TITLE, "Mine"),
        (NameSource.PROMPT, "the prompt"),
    ]


def test_a_command_of_the_persons_own_is_shown_as_typed(log: ConversationLog) -> None:
    tagged = (
        "<command-message>fix</command-message>\n<command-name>/fix</command-name>\n<command-args>all 3</command-args>"
    )

    assert feed(log, user(tagged, origin={"kind": "human"})) == [TurnStarted(S, AT, "/fix all 3")]


def test_lines_that_cannot_be_read_are_counted(log: ConversationLog) -> None:
    assert log.feed(b'{"type":"user","mess') == []
    assert log.feed(b'{"type":"user","message":7}') == []
    assert log.feed(b'{"type":"from-the-future"}') == []

    assert log.skipped == 2


def test_many_open_calls_do_not_pile_up(log: ConversationLog) -> None:
    feed(
        log, user("go", promptSource="typed"), *(calls("Write", {"file_path": f"/p/{n}"}, f"t{n}") for n in range(300))
    )

    assert kinds(feed(log, result("t0"))) == [ToolCallEnded]
    assert kinds(feed(log, result("t299"))) == [ToolCallEnded, FilesChanged]


def test_the_agents_own_filler_says_nothing(log: ConversationLog) -> None:
    filler = says("No response requested.")
    filler["message"]["model"] = "<synthetic>"  # type: ignore[index]

    assert feed(log, filler) == []


def test_trying_again_and_compacting_are_signs_of_life(log: ConversationLog) -> None:
    for subtype in ("api_error", "compact_boundary"):
        assert kinds(feed(log, {"type": "system", "subtype": subtype})) == [ActivitySeen]
    assert feed(log, {"type": "system", "subtype": "from-the-future"}) == []


def test_an_answer_that_is_no_list_of_pieces_says_nothing(log: ConversationLog) -> None:
    assert feed(log, {"type": "assistant", "message": {"content": "x"}}, {"type": "assistant"}) == []


def test_a_time_that_is_none_leaves_the_last_one_standing(log: ConversationLog) -> None:
    feed(log, user("a", promptSource="typed"))

    assert feed(log, {**user("b", promptSource="typed"), "timestamp": "yesterday"}) == [TurnStarted(S, AT, "b")]
    assert feed(log, {**user("c", promptSource="typed"), "timestamp": "2027-01-01T00:00:00"}) == [
        TurnStarted(S, AT, "c")
    ]


def test_thinking_is_a_sign_of_life_and_ends_nothing(log: ConversationLog) -> None:
    def thinks(stop: str | None) -> dict[str, object]:
        return {
            "type": "assistant",
            "message": {"stop_reason": stop, "content": [{"type": "thinking", "thinking": "x"}]},
        }

    feed(log, user("go", promptSource="typed"))

    assert feed(log, thinks("tool_use")) == [ActivitySeen(S, AT, "thinking")]
    assert feed(log, thinks("end_turn")) == []


def test_an_input_that_is_none_is_shown_as_it_came(log: ConversationLog) -> None:
    feed(log, user("go", promptSource="typed"))

    started = feed(log, calls("Bash", ["rm", "-rf"]))[0]

    assert isinstance(started, ToolCallStarted)
    assert started.call.draft is not None
    assert "rm" in started.call.draft.text


def skimmed(*lines: dict[str, object] | bytes) -> tuple[ConversationLog, list[Event]]:
    """What a reader makes of the end of a log, without its descriptions."""
    reader = ConversationLog(S, AgentKind("some-agent"), ("<machine>",))
    written = [
        line if isinstance(line, bytes) else json.dumps({"timestamp": NOW, **line}, separators=(",", ":")).encode()
        for line in lines
    ]
    events = reader.skim(b"".join(line + b"\n" for line in written), is_last_try=True)
    assert events is not None
    return reader, [event for event in events if not isinstance(event, SessionDescribed)]


def prompt(words: str) -> dict[str, object]:
    return {"type": "user", "message": {"role": "user", "content": words}}


def answer(words: str) -> dict[str, object]:
    message = {"id": "m1", "role": "assistant", "content": [{"type": "text", "text": words}], "stop_reason": "end_turn"}
    return {"type": "assistant", "message": message}


def results(*calls: str) -> dict[str, object]:
    blocks = [{"tool_use_id": call, "type": "tool_result", "content": "ok"} for call in calls]
    return {"type": "user", "message": {"role": "user", "content": blocks}}


def uses(*calls: str) -> dict[str, object]:
    blocks = [{"type": "tool_use", "id": call, "name": "Bash", "input": {"command": "ls"}} for call in calls]
    return {"type": "assistant", "message": {"id": "m0", "role": "assistant", "content": blocks}}


def test_a_line_of_a_person_that_cannot_be_read_is_counted_and_the_rest_told() -> None:
    reader, events = skimmed(prompt("go"), b'{"type":"user","message":{"role":"user","content":', answer("Done."))

    assert reader.skipped == 1
    assert kinds(events)[0] is TurnStarted
    assert TurnFinished in kinds(events)


def test_several_results_in_one_record_end_all_their_calls() -> None:
    _, events = skimmed(prompt("go"), uses("t1", "t2", "t3"), results("t1", "t2"), answer("Done."))

    assert TurnFinished in kinds(events)
    left = {event.call.id for event in events if isinstance(event, ToolCallStarted)}
    left -= {event.call for event in events if isinstance(event, ToolCallEnded)}
    assert left <= {"t3"}


def test_what_the_terminal_was_given_in_full_is_not_searched_for_results() -> None:
    full = {**results("t1"), "toolUseResult": {"tool_use_id": "t2"}}

    _, events = skimmed(prompt("go"), uses("t1", "t2"), full)

    ended = {event.call for event in events if isinstance(event, ToolCallEnded)}
    assert "t2" not in ended


def test_a_helper_that_outlived_its_turn_has_all_of_the_log_read() -> None:
    launched = {**results("t1"), "toolUseResult": {"status": "async_launched", "agentId": "a1"}}

    _, events = skimmed(prompt("first"), uses("t1"), launched, answer("Started."), prompt("second"), answer("Done."))

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["first", "second"]


def test_a_result_is_no_prompt_wherever_its_record_says_whose_it_is() -> None:
    blocks = [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]
    turned = {"type": "user", "message": {"content": blocks, "role": "user"}}

    _, events = skimmed(prompt("go"), uses("t1"), turned, answer("Done."))

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go"]


def test_what_is_attached_to_a_prompt_is_no_prompt() -> None:
    attached = {"attachment": {"type": "file"}, **prompt("the file")}

    _, events = skimmed(prompt("go"), attached, answer("Done."))

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go"]


def test_blocks_of_a_person_begin_a_turn_unless_they_carry_a_result() -> None:
    typed = {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": "go on"}]}}

    _, events = skimmed(answer("Earlier."), typed, answer("Done."))

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go on"]


def test_an_end_that_reaches_not_back_to_a_turns_begin_asks_for_more(log: ConversationLog) -> None:
    ended = json.dumps({"timestamp": NOW, **answer("Done.")}, separators=(",", ":")).encode() + b"\n"

    assert log.skim(ended, is_last_try=False) is None
    assert log.skim(ended, is_last_try=True)
