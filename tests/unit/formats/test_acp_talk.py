"""The Agent Client Protocol, as spoken by real agents."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.agent import ServerWord
from desktop.domain.events import (
    Event,
    EvidenceGiven,
    FilesChanged,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.replies import Allow, Answer, Deny, Interrupt, Prompt, RequestReply, Stop
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending
from desktop.formats import acp_talk, host_talk
from desktop.formats.acp_talk import AcpTalk, write_reply

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
KIND = AgentKind("any")
SESSION = SessionId("any:ses_1")
# Options in the order of two real agents: one lists what holds for ever first.
ALWAYS_FIRST = (("proceed_always", "allow_always"), ("proceed_once", "allow_once"), ("cancel", "reject_once"))
ONCE_FIRST = (("once", "allow_once"), ("always", "allow_always"), ("reject", "reject_once"))


class Agent:
    """The other end, and what was heard of it."""

    def __init__(self) -> None:
        self.talk = AcpTalk(KIND, "/home/dev/shop", "fix the refunds")
        self.events: list[Event] = []
        self.talk.opened(NOON)

    def sent(self) -> list[dict[str, object]]:
        return [json.loads(call.body) for call in self.talk.outgoing()]

    def says(self, **message: object) -> list[Event]:
        return self.hears(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def hears(self, line: bytes) -> list[Event]:
        news = self.talk.feed(ServerWord(line), NOON)
        self.events += news
        return news

    def begins(self) -> "Agent":
        self.says(id=0, result={"protocolVersion": 1})
        self.says(id=1, result={"sessionId": "ses_1"})
        self.talk.outgoing()
        return self

    def updates(self, kind: str, **fields: object) -> list[Event]:
        return self.says(
            method="session/update", params={"sessionId": "ses_1", "update": {"sessionUpdate": kind, **fields}}
        )

    def asks(self, options: tuple[tuple[str, str], ...] = ONCE_FIRST, number: object = 0, **call: object) -> Request:
        tool = {"toolCallId": "call_1", "title": "touch a.txt", "kind": "execute", **call}
        offered = [{"optionId": name, "kind": kind, "name": name.title()} for name, kind in options]
        self.says(
            id=number,
            method="session/request_permission",
            params={"sessionId": "ses_1", "toolCall": tool, "options": offered},
        )
        opened = [event.request for event in self.events if isinstance(event, RequestOpened)]
        return opened[-1]

    def answer(self, request: Request, reply: RequestReply) -> Mapping[str, object]:
        payload = self.talk.payload_of(request.id)
        assert payload is not None
        line = write_reply(payload, request, reply)
        assert line is not None
        assert self.talk.reply(request.id, line) == ""
        return self.sent()[-1]


def allow(request: Request, *suggestions: int) -> Allow:
    return Allow(request.session, request.id, request.digest, suggestions)


def test_it_says_who_it_is_opens_a_session_and_gives_it_the_prompt() -> None:
    agent = Agent()

    [hello] = agent.sent()
    agent.says(id=0, result={"protocolVersion": 1})
    [new] = agent.sent()
    news = agent.says(id=1, result={"sessionId": "ses_1"})
    [prompt] = agent.sent()

    assert (hello["method"], new["method"], prompt["method"]) == ("initialize", "session/new", "session/prompt")
    assert new["params"] == {"cwd": "/home/dev/shop", "mcpServers": []}
    assert prompt["params"] == {"sessionId": "ses_1", "prompt": [{"type": "text", "text": "fix the refunds"}]}
    assert [type(event) for event in news] == [SessionDescribed, TurnStarted, EvidenceGiven]
    assert agent.talk.session == SESSION
    assert [session.native for session in agent.talk.sessions()] == ["ses_1"]


def test_another_version_of_the_protocol_begins_nothing() -> None:
    agent = Agent()
    agent.talk.outgoing()

    agent.says(id=0, result={"protocolVersion": 2})

    assert (agent.sent(), agent.talk.session, list(agent.talk.sessions())) == ([], None, [])


@pytest.mark.parametrize("native", ["", "../../etc", "a b", "x" * 200, None, 7])
def test_an_id_that_is_none_begins_nothing(native: object) -> None:
    agent = Agent()
    agent.says(id=0, result={"protocolVersion": 1})

    assert agent.says(id=1, result={"sessionId": native}) == []
    assert agent.talk.session is None


@pytest.mark.parametrize(
    ("result", "ending", "said"),
    [
        ({"result": {"stopReason": "end_turn"}}, Ending.FINISHED, ""),
        ({"result": {"stopReason": "cancelled"}}, Ending.INTERRUPTED, ""),
        ({"result": {"stopReason": "refusal"}}, Ending.FAILED, "the model refused to go on"),
        ({"error": {"code": -1, "message": "no\ncredit"}}, Ending.FAILED, "no credit"),
    ],
)
def test_a_turn_ends_as_the_agent_says(result: dict[str, object], ending: Ending, said: str) -> None:
    agent = Agent().begins()
    agent.updates("agent_message_chunk", content={"type": "text", "text": "All "})
    agent.updates("agent_message_chunk", content={"type": "text", "text": "done."})

    over, rests = agent.says(id=2, **result)

    assert isinstance(over, TurnFinished)
    assert (over.ending, over.error) == (ending, said)
    assert over.last_words == ("All done." if ending is Ending.FINISHED else "")
    assert isinstance(rests, EvidenceGiven)
    assert rests.evidence.claim is Claim.RESTING


@pytest.mark.parametrize("options", [ALWAYS_FIRST, ONCE_FIRST], ids=["always first", "once first"])
def test_an_option_is_chosen_by_its_kind_and_not_its_place(options: tuple[tuple[str, str], ...]) -> None:
    names = {kind: name for name, kind in options}
    for reply, kind in (
        (lambda asked: allow(asked), "allow_once"),
        (lambda asked: allow(asked, 0), "allow_always"),
        (lambda asked: Deny(asked.session, asked.id, asked.digest), "reject_once"),
    ):
        agent = Agent().begins()
        asked = agent.asks(options, number="a-7")

        said = agent.answer(asked, reply(asked))

        assert said["id"] == "a-7"
        assert said["result"] == {"outcome": {"outcome": "selected", "optionId": names[kind]}}


def test_what_it_asks_is_shown_whole_and_open_until_the_call_goes_on_after_our_answer() -> None:
    agent = Agent().begins()
    agent.updates("tool_call", toolCallId="call_1", title="bash", status="pending")

    asked = agent.asks(rawInput={"command": "touch a.txt"})
    agent.updates("tool_call_update", toolCallId="call_1", status="in_progress", title="touch a.txt")

    assert (asked.kind, asked.tool, asked.text, asked.reach) == (
        RequestKind.PERMISSION, "Bash", "touch a.txt", Reach.SERVER,
    )  # fmt: skip
    assert asked.is_answerable
    assert asked.suggestions[0].text == "Always (the agent does not say for what else this holds)"
    assert not [event for event in agent.events if isinstance(event, ReplyDelivered | RequestClosed)]
    agent.answer(asked, allow(asked))
    assert agent.talk.reply(asked.id, b"{}\n") != "", "an answer is sent once"

    news = agent.updates("tool_call_update", toolCallId="call_1", status="completed")

    assert ReplyDelivered(SESSION, asked.id, NOON) in news
    assert any(isinstance(event, ToolCallEnded) for event in news)
    assert agent.talk.payload_of(asked.id) is None
    assert agent.talk.reply(asked.id, b"{}\n") != ""


def test_a_call_of_something_else_answers_nothing() -> None:
    agent = Agent().begins()
    asked = agent.asks()
    agent.answer(asked, allow(asked))

    agent.updates("tool_call_update", toolCallId="call_2", status="completed")

    assert not [event for event in agent.events if isinstance(event, ReplyDelivered)]


@pytest.mark.parametrize(
    ("call", "tool", "words", "writes"),
    [
        ({"rawInput": {"command": "ls", "secret": 1}}, "Bash", ("ls", "secret"), ()),
        ({"rawInput": {"cwd": "/tmp"}}, "Bash", ("touch a.txt", "/tmp"), ()),
        (
            {"kind": "edit", "content": [{"type": "diff", "path": "/a.py", "oldText": "one", "newText": "two"}]},
            "Edit",
            ("/a.py", "one", "two"),
            ("/a.py",),
        ),
        (
            {"kind": "edit", "content": [{"type": "diff", "path": "/a.py", "oldText": None, "newText": "two"}]},
            "Write",
            ("/a.py", "two"),
            ("/a.py",),
        ),
        (
            {
                "kind": "edit",
                "content": [
                    {"type": "diff", "path": "/a.py", "newText": "two"},
                    {"type": "diff", "path": "/b.py", "newText": "three"},
                ],
            },
            "edit",
            ("/a.py", "/b.py", "two", "three"),
            ("/a.py", "/b.py"),
        ),
        ({"kind": "fetch", "rawInput": {"url": "http://x"}}, "fetch", ("http://x", "touch a.txt"), ()),
        ({"kind": ""}, "tool", ("touch a.txt",), ()),
    ],
)
def test_a_request_is_shown_as_the_tool_it_is_like_with_nothing_left_out(
    call: dict[str, object], tool: str, words: tuple[str, ...], writes: tuple[str, ...]
) -> None:
    asked = Agent().begins().asks(**call)

    assert (asked.tool, asked.writes) == (tool, writes)
    assert [word for word in words if word not in asked.text] == []


def test_changed_files_are_told_when_the_change_is_done() -> None:
    agent = Agent().begins()
    change = [{"type": "diff", "path": "/a.py", "newText": "x"}]

    failed = agent.updates("tool_call_update", toolCallId="c", status="failed", content=change)
    done = agent.updates("tool_call_update", toolCallId="c", status="completed", content=change)

    assert not any(isinstance(event, FilesChanged) for event in failed)
    assert FilesChanged(SESSION, NOON, ("/a.py",)) in done


def test_what_is_open_ends_with_its_turn_and_with_its_process() -> None:
    agent = Agent().begins()
    first = agent.asks()
    assert RequestClosed(SESSION, first.id, NOON, "its turn ended") in agent.says(
        id=2, result={"stopReason": "end_turn"}
    )
    agent.talk.say(SESSION, Prompt(SESSION, "go on"))
    second = agent.asks(number=1)

    gone = agent.talk.closed(NOON, "its process ended")

    assert gone == [
        RequestClosed(SESSION, second.id, NOON, "its process ended"),
        TurnFinished(SESSION, NOON, Ending.FAILED, error="its process ended"),
    ]
    assert agent.talk.closed(NOON, "again") == []
    assert Agent().talk.closed(NOON, "before it began") == []


def test_a_prompt_waits_for_the_end_of_the_turn_and_an_interrupt_answers_what_is_open() -> None:
    agent = Agent().begins()
    assert agent.talk.say(SESSION, Prompt(SESSION, "more")) == host_talk.NOT_NOW
    agent.asks(number=5)

    assert agent.talk.say(SESSION, Interrupt(SESSION)) == ""

    cancelled, cancel = agent.sent()
    assert (cancelled["id"], cancelled["result"]) == (5, {"outcome": {"outcome": "cancelled"}})
    assert (cancel["method"], "id" in cancel) == ("session/cancel", False)
    agent.says(id=2, result={"stopReason": "cancelled"})
    assert agent.talk.say(SESSION, Prompt(SESSION, "more")) == ""
    assert agent.sent()[0]["method"] == "session/prompt"
    assert agent.talk.say(SESSION, Stop(SESSION)) != ""
    assert agent.talk.say(SessionId("any:other"), Prompt(SESSION, "more")) == host_talk.NO_SESSION


def test_an_error_after_our_interrupt_is_no_failure_and_one_of_the_next_turn_is() -> None:
    agent = Agent().begins()
    agent.talk.say(SESSION, Interrupt(SESSION))
    error = {"code": -32603, "message": "Internal error"}

    interrupted, _ = agent.says(id=2, error=error)
    agent.talk.say(SESSION, Prompt(SESSION, "more"))
    failed, _ = agent.says(id=3, error=error)

    assert interrupted == TurnFinished(SESSION, NOON, Ending.INTERRUPTED)
    assert failed == TurnFinished(SESSION, NOON, Ending.FAILED, error="Internal error")


def test_what_we_do_not_offer_is_refused_and_not_left_waiting() -> None:
    agent = Agent().begins()

    agent.says(id=9, method="fs/read_text_file", params={"path": "/etc/passwd"})

    [refusal] = agent.sent()
    assert refusal["id"] == 9
    assert isinstance(refusal["error"], dict)


def test_ids_of_the_agent_and_ours_are_two_sets() -> None:
    agent = Agent().begins()

    asked = agent.asks(number=2)  # our own prompt is 2 as well

    assert agent.talk.payload_of(asked.id) is not None
    assert any(isinstance(event, TurnFinished) for event in agent.says(id=2, result={"stopReason": "end_turn"}))


def test_answers_that_fit_nothing_or_are_of_other_bytes_are_none() -> None:
    agent = Agent().begins()
    asked = agent.asks()
    payload = agent.talk.payload_of(asked.id)
    assert payload is not None

    def written(reply: RequestReply, raw: bytes = payload) -> bytes | None:
        return write_reply(raw, asked, reply)

    assert written(allow(asked, 7)) is None
    assert written(allow(asked, 0, 0)) is None
    assert written(Deny(asked.session, asked.id, asked.digest, "because")) is None
    assert written(Answer(asked.session, asked.id, asked.digest, (("x",),))) is None
    assert written(Allow(asked.session, RequestId("other"), asked.digest)) is None
    assert written(Allow(SessionId("any:other"), asked.id, asked.digest)) is None
    assert written(allow(asked), payload + b" ") is None


@pytest.mark.parametrize("payload", [b"[]", b'{"method":"session/request_permission"}', b'{"id":1,"params":{}}'])
def test_an_answer_to_what_is_no_request_is_none(payload: bytes) -> None:
    digest = hashlib.sha256(payload).hexdigest()
    asked = Request(RequestId("r"), SESSION, RequestKind.PERMISSION, NOON, digest=digest)

    assert write_reply(payload, asked, Allow(SESSION, asked.id, digest)) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON",
        b"[]",
        b'{"id":true,"result":{}}',
        b'{"id":99,"result":{}}',
        b'{"id":"0","result":{}}',
        b'{"method":"session/update"}',
        b'{"method":"session/update","params":{"update":{"sessionUpdate":"from_the_future"}}}',
        b'{"method":"session/update","params":{"update":{"sessionUpdate":"tool_call"}}}',
        b'{"method":"session/request_permission","id":3,"params":{"options":[]}}',
        b'{"method":"session/request_permission","params":{"options":[{}]}}',
    ],
)
def test_what_nobody_knows_means_nothing(line: bytes) -> None:
    agent = Agent().begins()

    assert agent.hears(line) == []
    assert Agent().talk.feed(ServerWord(line), NOON) == []


def test_signs_of_life_are_no_more_than_that_and_a_flood_is_bounded() -> None:
    agent = Agent().begins()

    assert len(agent.updates("plan", entries=[])) == 1
    for number in range(acp_talk.MOST_OPEN + 5):
        agent.updates("tool_call", toolCallId=f"c{number}", title="x")
        if number:
            agent.asks(number=number, toolCallId=f"c{number}")

    assert sum(isinstance(event, ToolCallStarted) for event in agent.events) == acp_talk.MOST_OPEN
    assert sum(isinstance(event, RequestOpened) for event in agent.events) == acp_talk.MOST_OPEN


KEYS = st.sampled_from(
    ["id", "method", "params", "update", "sessionUpdate", "toolCall", "options", "kind", "content", "result"]
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
    agent.hears(json.dumps({"id": 1, "method": "session/request_permission", "params": message}).encode())
    agent.hears(json.dumps({"method": "session/update", "params": {"update": message}}).encode())
