"""A session over JSON lines, as a real agent speaks them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.agent import ServerWord
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.replies import Allow, Interrupt, Prompt, Stop
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending, Launch, Source
from desktop.formats import host_talk, stream_json_talk
from desktop.formats.stream_json_asks import write_reply
from desktop.formats.stream_json_talk import StreamJsonTalk

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
KIND = AgentKind("any")
SESSION = SessionId("any:ses-1")
QUESTION = {"questions": [{"question": "Which?", "options": [{"label": "A"}, {"label": "B"}]}]}


class Agent:
    """The other end, and what was heard of it."""

    def __init__(self) -> None:
        self.talk = StreamJsonTalk(KIND, "/home/dev/shop", "fix the refunds")
        self.events: list[Event] = []
        self.talk.opened(NOON)

    def sent(self) -> list[dict[str, object]]:
        return [json.loads(call.body) for call in self.talk.outgoing()]

    def says(self, kind: str, **fields: object) -> list[Event]:
        return self.hears(json.dumps({"type": kind, "session_id": "ses-1", **fields}).encode())

    def hears(self, line: bytes) -> list[Event]:
        news = self.talk.feed(ServerWord(line), NOON)
        self.events += news
        return news

    def begins(self) -> "Agent":
        self.says("system", subtype="init", model="m-1")
        self.talk.outgoing()
        return self

    def rests(self) -> "Agent":
        self.says("result", subtype="success", is_error=False, result="Done.", terminal_reason="completed")
        return self

    def asks(self, number: str = "r-1", tool: str = "Bash", call: str = "toolu_1", **asked: object) -> Request:
        body = {"subtype": "can_use_tool", "tool_name": tool, "input": {"command": "ls"}, "tool_use_id": call, **asked}
        self.says("control_request", request_id=number, request=body)
        return [event.request for event in self.events if isinstance(event, RequestOpened)][-1]

    def calls(self, tool: str, given: Mapping[str, object], call: str = "toolu_1", **fields: object) -> list[Event]:
        content = [{"type": "tool_use", "id": call, "name": tool, "input": given}]
        return self.says("assistant", message={"role": "assistant", "content": content}, **fields)

    def hands(self, call: str = "toolu_1", **fields: object) -> list[Event]:
        """The result of a call."""
        content = [{"type": "tool_result", "tool_use_id": call, **fields}]
        return self.says("user", message={"role": "user", "content": content})

    def starts_helper(self, helper: str = "h1", **fields: object) -> list[Event]:
        told = {"task_type": "local_agent", "subagent_type": "explorer", **fields}
        return self.says("system", subtype="task_started", task_id=helper, **told)

    def allows(self, request: Request) -> str:
        """Answer it; returns the id of what was asked after the answer."""
        payload = self.talk.payload_of(request.id)
        assert payload is not None
        line = write_reply(payload, request, Allow(request.session, request.id, request.digest))
        assert line is not None
        assert self.talk.reply(request.id, line) == ""
        answer, receipt = self.talk.outgoing()
        assert answer.body == line
        asked = json.loads(receipt.body)
        assert (asked["type"], asked["request"]) == ("control_request", {"subtype": "mcp_status"})
        return str(asked["request_id"])

    def answers(self, number: str) -> list[Event]:
        return self.says("control_response", response={"subtype": "success", "request_id": number, "response": {}})


def claims(events: list[Event]) -> list[Claim]:
    return [event.evidence.claim for event in events if isinstance(event, EvidenceGiven)]


def test_it_says_that_there_is_a_host_gives_the_prompt_and_learns_the_session_as_the_turn_begins() -> None:
    agent = Agent()

    hello, prompt = agent.sent()
    assert agent.talk.session is None
    assert list(agent.talk.sessions()) == []
    news = agent.says("system", subtype="init", model="m-1")

    assert (hello["type"], hello["request"]) == ("control_request", {"subtype": "initialize"})
    assert prompt == {
        "type": "user",
        "message": {"role": "user", "content": "fix the refunds"},
        "parent_tool_use_id": None,
        "session_id": "",
    }
    described, begun, evidence = news
    assert isinstance(described, SessionDescribed)
    assert (described.session, described.cwd, described.model) == (SESSION, "/home/dev/shop", "m-1")
    assert described.launch is Launch.HERE
    assert begun == TurnStarted(SESSION, NOON, "fix the refunds")
    assert isinstance(evidence, EvidenceGiven)
    assert (evidence.evidence.source, evidence.evidence.claim) == (Source.SERVER, Claim.WORKING)
    assert agent.talk.session == SESSION
    assert [session.native for session in agent.talk.sessions()] == ["ses-1"]


@pytest.mark.parametrize("native", ["", "../../etc", "a b", "x" * 200, None, 7])
def test_an_id_that_is_none_begins_nothing(native: object) -> None:
    agent = Agent()

    assert agent.says("system", subtype="init", session_id=native) == []
    assert agent.talk.session is None


def test_what_it_says_before_it_has_a_name_means_nothing() -> None:
    agent = Agent()

    assert agent.calls("Bash", {"command": "ls"}) == []
    assert agent.answers("tray-1") == []


@pytest.mark.parametrize(
    ("result", "ending", "error", "words"),
    [
        ({"result": "All done.", "is_error": False, "terminal_reason": "completed"}, Ending.FINISHED, "", "All done."),
        ({"result": "All done."}, Ending.FINISHED, "", "All done."),
        ({"result": "API Error: 400\nno", "is_error": True}, Ending.FAILED, "API Error: 400 no", ""),
        ({"is_error": True, "errors": ["no", 7, "credit"]}, Ending.FAILED, "no; credit", ""),
        ({"is_error": True, "errors": "x", "subtype": "error_max_turns"}, Ending.FAILED, "error_max_turns", ""),
        ({"is_error": True, "terminal_reason": "aborted_streaming"}, Ending.INTERRUPTED, "", ""),
        ({"is_error": True, "terminal_reason": "aborted_tools"}, Ending.INTERRUPTED, "", ""),
    ],
)
def test_a_turn_ends_as_the_agent_says(result: dict[str, object], ending: Ending, error: str, words: str) -> None:
    agent = Agent().begins()

    over, rests = agent.says("result", **result)

    assert over == TurnFinished(SESSION, NOON, ending, error=error, last_words=words)
    assert claims([rests]) == [Claim.RESTING]


def test_a_prompt_waits_for_the_end_of_the_turn_and_begins_the_next() -> None:
    agent = Agent().begins()
    assert agent.talk.say(SESSION, Prompt(SESSION, "more")) == host_talk.NOT_NOW
    agent.rests()

    assert agent.talk.say(SESSION, Prompt(SESSION, "more")) == ""
    assert agent.talk.say(SESSION, Prompt(SESSION, "too early")) == host_talk.NOT_NOW

    [prompt] = agent.sent()
    assert (prompt["message"], prompt["session_id"]) == ({"role": "user", "content": "more"}, "ses-1")
    begun, evidence = agent.says("system", subtype="init")
    assert begun == TurnStarted(SESSION, NOON, "more")
    assert claims([evidence]) == [Claim.WORKING]
    assert agent.says("system", subtype="init") == [], "one turn begins once"


def test_a_turn_that_nobody_prompted_is_a_turn_without_a_prompt() -> None:
    agent = Agent().begins().rests()

    begun, evidence, _ = agent.says("assistant", message={"content": [{"type": "text", "text": "It is ready."}]})

    assert begun == TurnStarted(SESSION, NOON, "")
    assert claims([evidence]) == [Claim.WORKING]


def test_an_interrupt_is_asked_for_and_nothing_else_is_said() -> None:
    agent = Agent().begins()

    assert agent.talk.say(SESSION, Interrupt(SESSION)) == ""

    [asked] = agent.sent()
    assert (asked["type"], asked["request"]) == ("control_request", {"subtype": "interrupt"})
    assert agent.talk.say(SESSION, Stop(SESSION)) != ""
    assert agent.talk.say(SessionId("any:other"), Prompt(SESSION, "more")) == host_talk.NO_SESSION
    assert agent.sent() == []


def test_a_request_is_open_until_the_agent_is_seen_to_have_read_the_answer() -> None:
    agent = Agent().begins()
    agent.calls("Bash", {"command": "ls"})

    request = agent.asks()

    assert (request.kind, request.text, request.reach) == (RequestKind.PERMISSION, "ls", Reach.SERVER)
    assert request.is_answerable
    assert claims(agent.events)[-1] is Claim.WAITING_APPROVAL
    receipt = agent.allows(request)
    assert agent.talk.reply(request.id, b"{}\n") == host_talk.TOO_LATE, "an answer is sent once"
    assert agent.says("system", subtype="status") == []
    assert agent.answers("tray-1") == [], "that answers something else"

    evidence, delivered = agent.answers(receipt)

    assert delivered == ReplyDelivered(SESSION, request.id, NOON)
    assert claims([evidence]) == [Claim.WORKING]
    assert agent.talk.payload_of(request.id) is None
    assert agent.talk.reply(request.id, b"{}\n") == host_talk.TOO_LATE
    assert agent.answers(receipt) == []


def test_the_result_of_its_call_shows_as_well_that_the_answer_was_taken() -> None:
    agent = Agent().begins()
    agent.calls("Bash", {"command": "ls"})
    agent.calls("Bash", {"command": "pwd"}, call="toolu_2")
    request, other = agent.asks(), agent.asks("r-2", call="toolu_2")
    agent.allows(request)

    news = agent.hands()
    gone = agent.hands("toolu_2")

    assert ReplyDelivered(SESSION, request.id, NOON) in news
    assert ToolCallEnded(SESSION, "toolu_1", NOON) in news
    assert RequestClosed(SESSION, other.id, NOON, "its call is over") in gone


def test_a_question_waits_for_an_answer() -> None:
    agent = Agent().begins()

    request = agent.asks(tool="AskUserQuestion", input=QUESTION)

    assert request.kind is RequestKind.QUESTION
    assert claims(agent.events)[-1] is Claim.WAITING_ANSWER


def test_what_the_agent_takes_back_is_closed_and_takes_no_answer() -> None:
    agent = Agent().begins()
    request = agent.asks()
    receipt = agent.allows(request)
    other = agent.asks("r-2")

    evidence, closed = agent.says("control_cancel_request", request_id="r-2")

    assert closed == RequestClosed(SESSION, other.id, NOON, "the agent asks it no more")
    assert claims([evidence]) == [Claim.WAITING_APPROVAL], "the first is not known to be answered"
    assert agent.says("control_cancel_request", request_id="r-9") == []
    assert agent.talk.payload_of(other.id) is None
    assert len(agent.answers(receipt)) == 2


def test_what_is_open_ends_with_its_turn_and_with_its_process() -> None:
    agent = Agent().begins()
    first = agent.asks()
    over = agent.says("result", result="Done.")
    assert RequestClosed(SESSION, first.id, NOON, "its turn ended") in over
    assert claims(over) == [Claim.WORKING, Claim.RESTING]
    agent.says("system", subtype="init")
    second = agent.asks("r-2")

    gone = agent.talk.closed(NOON, "its process ended")

    assert gone == [
        RequestClosed(SESSION, second.id, NOON, "its process ended"),
        TurnFinished(SESSION, NOON, Ending.FAILED, error="its process ended"),
    ]
    assert agent.talk.closed(NOON, "again") == []
    assert Agent().talk.closed(NOON, "before it began") == []


def test_a_subagent_belongs_to_its_session_and_its_request_outlasts_the_turn() -> None:
    agent = Agent().begins()

    assert agent.starts_helper() == [SubagentStarted(SESSION, "h1", "explorer", NOON)]
    agent.calls("Bash", {"command": "ls"}, call="toolu_9", parent_tool_use_id="toolu_1")
    request = agent.asks(agent_id="h1")
    stranger = agent.asks("r-2", agent_id="h2")
    over = agent.says("result", result="Done.")

    assert (request.subagent, request.subagent_id, stranger.subagent) == ("explorer", "h1", "subagent")
    assert not any(isinstance(event, ToolCallStarted | RequestClosed) for event in agent.events)
    assert claims(over) == [Claim.WAITING_APPROVAL]

    assert agent.says("system", subtype="task_updated", task_id="h1", patch={"status": "running"}) == []
    ended = agent.says("system", subtype="task_notification", task_id="h1", status="completed")

    assert RequestClosed(SESSION, request.id, NOON, "the subagent ended") in ended
    assert ended[-1] == SubagentStopped(SESSION, "h1", NOON)
    assert agent.says("system", subtype="task_updated", task_id="h1", patch={"status": "completed"}) == []


def test_a_subagent_without_a_role_goes_by_what_it_is_to_do() -> None:
    agent = Agent().begins()

    assert agent.starts_helper(subagent_type=None, description="look\naround") == [
        SubagentStarted(SESSION, "h1", "look around", NOON)
    ]
    assert agent.starts_helper("t1", task_type="local_bash") == []
    assert agent.starts_helper("") == []


def test_a_task_that_runs_on_is_told_when_the_turn_is_over() -> None:
    agent = Agent().begins()
    tasks = [{"task_type": "local_agent"}, {"task_type": "local_bash"}]

    running = agent.says("system", subtype="background_tasks_changed", tasks=tasks)
    over = agent.says("result", result="Done.")
    ended = agent.says("system", subtype="background_tasks_changed", tasks=tasks[:1])

    assert claims(running) == [Claim.WORKING]
    assert claims(over) == [Claim.BACKGROUND]
    assert claims(ended) == [Claim.RESTING]


def test_what_it_does_is_told_and_which_files_it_changed() -> None:
    agent = Agent().begins()

    calls = agent.calls("Write", {"file_path": "/home/dev/shop/a.py", "content": "x"})
    agent.calls("Edit", {"file_path": "/b.py"}, call="toolu_2")
    changed = agent.hands()
    failed = agent.hands("toolu_2", is_error=True)

    started = next(event for event in calls if isinstance(event, ToolCallStarted))
    assert (started.call.id, started.call.tool) == ("toolu_1", "Write")
    assert ActivitySeen(SESSION, NOON, "writing a.py") in calls
    assert FilesChanged(SESSION, NOON, ("/home/dev/shop/a.py",)) in changed
    assert not any(isinstance(event, FilesChanged) for event in failed)
    assert agent.hands("toolu_7") == [], "a call nobody heard of"


def test_a_conversation_that_is_cleared_ends_and_another_begins_in_its_place() -> None:
    agent = Agent().begins()
    agent.starts_helper()
    request = agent.asks(agent_id="h1")
    agent.rests()

    news = agent.says("system", subtype="init", session_id="ses-2")

    _, closed, ended, described, begun, _ = news
    assert closed == RequestClosed(SESSION, request.id, NOON, stream_json_talk.CLEARED)
    assert ended == SessionEnded(SESSION, NOON, stream_json_talk.CLEARED, Source.SERVER)
    assert isinstance(described, SessionDescribed)
    assert isinstance(begun, TurnStarted)
    assert described.session == begun.session == agent.talk.session == SessionId("any:ses-2")


@pytest.mark.parametrize("asked", [{"subtype": "hook_callback"}, {"subtype": "can_use_tool", "tool_name": "x"}, 7])
def test_what_we_do_not_offer_is_refused_and_not_left_waiting(asked: object) -> None:
    agent = Agent().begins()

    assert agent.says("control_request", request_id="r-9", request=asked) == []

    [refusal] = agent.sent()
    assert refusal["response"] == {"subtype": "error", "request_id": "r-9", "error": stream_json_talk.NOT_OFFERED}


def test_a_flood_is_bounded() -> None:
    agent = Agent().begins()

    for number in range(stream_json_talk.MOST_OPEN + 5):
        agent.calls("Bash", {"command": "ls"}, call=f"toolu_{number}")
        agent.asks(f"r-{number}", call=f"toolu_{number}")

    assert sum(isinstance(event, ToolCallStarted) for event in agent.events) == stream_json_talk.MOST_OPEN
    assert sum(isinstance(event, RequestOpened) for event in agent.events) == stream_json_talk.MOST_OPEN
    assert len(agent.sent()) == 5, "the others are refused"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON",
        b"[]",
        b'{"type":"from_the_future"}',
        b'{"type":"system"}',
        b'{"type":"user","message":{"content":"words"}}',
        b'{"type":"user","message":{"content":[{"type":"text","text":"x"}]}}',
        b'{"type":"control_response"}',
        b'{"type":"system","subtype":"task_updated","task_id":"nobody"}',
    ],
)
def test_what_nobody_knows_means_nothing(line: bytes) -> None:
    agent = Agent().begins()

    assert agent.hears(line) == []
    assert Agent().talk.feed(ServerWord(line), NOON) == []


def test_a_request_nobody_asked_has_no_bytes_and_takes_no_reply() -> None:
    agent = Agent().begins()

    assert agent.talk.payload_of(RequestId("forged")) is None
    assert agent.talk.reply(RequestId("forged"), b"{}") == host_talk.TOO_LATE
    assert agent.sent() == []


KEYS = st.sampled_from(
    ["type", "subtype", "message", "content", "request", "request_id", "input", "tool_name", "tasks", "id", "patch"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_said_nothing_is_raised(message: object) -> None:
    agent = Agent().begins()

    agent.hears(json.dumps(message).encode())
    for kind in ("assistant", "user", "system", "result", "control_request", "control_response"):
        agent.says(kind, message=message, request=message, response=message, tasks=message, patch=message)
    agent.says("control_request", request={"subtype": "can_use_tool", "tool_name": "Edit", "input": message})
    agent.says("system", subtype="task_started", task_id="h", task_type="local_agent", subagent_type=message)
