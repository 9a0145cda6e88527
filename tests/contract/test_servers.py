"""What every talk with an agent has to bear, over its server or with a process that we began: words of any shape mean
nothing at worst, and nobody is spoken to.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.app.agents import load_agents
from desktop.domain.agent import Agent, AgentServer, ServerTalk, ServerWord
from desktop.domain.events import EvidenceGiven, RequestOpened
from desktop.domain.ids import AgentKind, RequestId, session_id
from desktop.domain.replies import Allow, Answer, Interrupt, Prompt, RequestReply, Stop
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERVED = [agent for agent in load_agents() if agent.server is not None]


@dataclass(frozen=True)
class Spoken:
    """A way to speak with one kind of agent."""

    kind: AgentKind
    way: str
    open_talk: Callable[[], ServerTalk]
    write_reply: Callable[[bytes, Request, RequestReply], bytes | None]


def ways(agent: Agent) -> list[Spoken]:
    found = []
    if (server := agent.server) is not None:
        found.append(Spoken(agent.kind, "server", lambda: server.open_talk("/home/dev/.agent"), server.write_reply))
    if (start := agent.start) is not None:

        def begun() -> ServerTalk:
            return start.open_talk(agent.kind, "/home/dev/shop", "fix it")

        found.append(Spoken(agent.kind, "start", begun, start.write_reply))
    return found


SPOKEN = [way for agent in load_agents() for way in ways(agent)]
NAMES = [f"{way.kind} {way.way}" for way in SPOKEN]

# Words that the protocols use, so that what is made of them comes past the first look.
KEYS = st.sampled_from(
    [
        *("id", "method", "params", "result", "error", "thread", "threadId", "status", "type", "activeFlags", "turn"),
        *("turnId", "item", "itemId", "changes", "questions", "requestId", "data", "cwd", "createdAt", "properties"),
        *("sessionID", "payload", "info", "permission", "patterns", "metadata", "always", "tool", "options", "time"),
        *("sessionId", "protocolVersion", "update", "sessionUpdate", "toolCall", "toolCallId", "content", "stopReason"),
        *("session_id", "subtype", "message", "request", "request_id", "tool_name", "input", "task_id", "tasks"),
    ]
)
TEXTS = st.sampled_from(
    [
        *(
            "one",
            "",
            "../x",
            "thread/started",
            "thread/status/changed",
            "item/commandExecution/requestApproval",
            "idle",
        ),
        *("item/fileChange/requestApproval", "item/tool/requestUserInput", "serverRequest/resolved", "active", "busy"),
        *("turn/completed", "item/started", "permission.asked", "permission.replied", "question.asked", "failed"),
        *(
            "session.status",
            "session.error",
            "session.idle",
            "session.created",
            "tray-1",
            "tray-2",
            "waitingOnApproval",
        ),
        *("\u202e", "\ud800", "server.connected"),
        *("session/update", "session/request_permission", "tool_call", "agent_message_chunk", "end_turn"),
        *("system", "init", "assistant", "user", "result", "control_request", "control_response", "can_use_tool"),
        *("task_started", "task_updated", "task_notification", "background_tasks_changed", "control_cancel_request"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=20,
)
TAGS = st.sampled_from(["", "events", "health", "permissions", "questions", "status", "sessions", "x"])
STATUSES = st.sampled_from([0, 200, 204, 404, 500, -1])


def server_of(agent: Agent) -> AgentServer:
    assert agent.server is not None
    return agent.server


def opened(way: Spoken) -> ServerTalk:
    talk = way.open_talk()
    talk.opened(NOW)
    return talk


@pytest.fixture(params=SPOKEN, ids=NAMES)
def way(request: pytest.FixtureRequest) -> Spoken:
    found = request.param
    assert isinstance(found, Spoken)
    return found


@pytest.mark.parametrize("way", SPOKEN, ids=NAMES)
@given(words=st.lists(st.tuples(VALUES, TAGS, STATUSES), max_size=6))
def test_words_of_any_shape_never_raise_and_name_only_its_own_sessions(
    way: Spoken, words: list[tuple[object, str, int]]
) -> None:
    talk = opened(way)

    for value, tag, status in words:
        talk.outgoing()
        for event in talk.feed(ServerWord(json.dumps(value).encode(), tag, status), NOW):
            session = event.request.session if isinstance(event, RequestOpened) else getattr(event, "session", None)
            assert session is None or session.startswith(f"{way.kind}:")
            if isinstance(event, RequestOpened):
                assert event.request.reach is not Reach.HOOK
            if isinstance(event, EvidenceGiven):
                assert event.evidence.source is Source.SERVER

    talk.sessions()
    talk.closed(NOW, "it hung up")


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"{", b"[" * 5000, b'"' + b"x" * 100_000, b"\x00" * 64])
def test_bytes_that_are_no_words_mean_nothing(way: Spoken, raw: bytes) -> None:
    assert opened(way).feed(ServerWord(raw), NOW) == []


def test_it_sends_nothing_that_it_was_not_told_to(way: Spoken) -> None:
    talk = opened(way)
    talk.outgoing()

    assert list(talk.outgoing()) == []


def test_a_request_nobody_asked_takes_no_reply(way: Spoken) -> None:
    talk = opened(way)
    talk.outgoing()

    assert talk.reply(RequestId("forged"), b"{}")
    assert talk.payload_of(RequestId("forged")) is None
    assert list(talk.outgoing()) == []


def test_a_session_nobody_told_of_is_not_spoken_to(way: Spoken) -> None:
    talk = opened(way)
    talk.outgoing()
    session = session_id(way.kind, "forged")

    for reply in (Prompt(session, "x"), Interrupt(session), Stop(session)):
        assert talk.say(session, reply)
    assert list(talk.outgoing()) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"torn", b'{"method":"x","params":[]}'])
def test_an_answer_to_what_cannot_be_read_is_none(way: Spoken, payload: bytes) -> None:
    session, known = session_id(way.kind, "one"), RequestId("r")
    write = way.write_reply
    question = Request(known, session, RequestKind.QUESTION, NOW, reach=Reach.SERVER)

    assert write(payload, question, Answer(session, known, "", (("x",), ("y",)))) is None


def test_an_allow_never_takes_a_rule_that_was_not_offered(way: Spoken) -> None:
    session, known = session_id(way.kind, "one"), RequestId("r")
    asked = Request(known, session, RequestKind.PERMISSION, NOW, reach=Reach.SERVER)

    assert way.write_reply(b"{}", asked, Allow(session, known, "", (0,))) is None


@pytest.mark.parametrize("agent", SERVED, ids=[agent.kind for agent in SERVED])
def test_no_other_machine_is_ever_found(agent: Agent) -> None:
    for argv in (["x", "--port", "4096", "--hostname", "192.0.2.1"], ["x", "--hostname=0.0.0.0", "--port=4096"], ["x"]):
        place = server_of(agent).find("/home/dev/.agent", argv, {})
        assert place is None or place.address.startswith(("/home/dev/.agent/", "http://127.0.0.1:", "http://[::1]:"))
