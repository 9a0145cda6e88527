"""What every agent's own server has to bear: words of any shape mean nothing at worst, and nobody is spoken to."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.app.agents import load_agents
from desktop.domain.agent import Agent, AgentServer, ServerTalk, ServerWord
from desktop.domain.events import EvidenceGiven, RequestOpened
from desktop.domain.ids import RequestId, session_id
from desktop.domain.replies import Allow, Answer, Interrupt, Prompt, Stop
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Source

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERVED = [agent for agent in load_agents() if agent.server is not None]

# Words that the protocols use, so that what is made of them comes past the first look.
KEYS = st.sampled_from(
    [
        *("id", "method", "params", "result", "error", "thread", "threadId", "status", "type", "activeFlags", "turn"),
        *("turnId", "item", "itemId", "changes", "questions", "requestId", "data", "cwd", "createdAt", "properties"),
        *("sessionID", "payload", "info", "permission", "patterns", "metadata", "always", "tool", "options", "time"),
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


def opened(agent: Agent) -> ServerTalk:
    talk = server_of(agent).open_talk("/home/dev/.agent")
    talk.opened(NOW)
    return talk


@pytest.fixture(params=SERVED, ids=[agent.kind for agent in SERVED])
def agent(request: pytest.FixtureRequest) -> Agent:
    found = request.param
    assert isinstance(found, Agent)
    return found


@pytest.mark.parametrize("agent", SERVED, ids=[agent.kind for agent in SERVED])
@given(words=st.lists(st.tuples(VALUES, TAGS, STATUSES), max_size=6))
def test_words_of_any_shape_never_raise_and_name_only_its_own_sessions(
    agent: Agent, words: list[tuple[object, str, int]]
) -> None:
    talk = opened(agent)

    for value, tag, status in words:
        talk.outgoing()
        for event in talk.feed(ServerWord(json.dumps(value).encode(), tag, status), NOW):
            session = event.request.session if isinstance(event, RequestOpened) else getattr(event, "session", None)
            assert session is None or session.startswith(f"{agent.kind}:")
            if isinstance(event, RequestOpened):
                assert event.request.reach is not Reach.HOOK
            if isinstance(event, EvidenceGiven):
                assert event.evidence.source is Source.SERVER

    talk.sessions()
    talk.closed(NOW, "it hung up")


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"{", b"[" * 5000, b'"' + b"x" * 100_000, b"\x00" * 64])
def test_bytes_that_are_no_words_mean_nothing(agent: Agent, raw: bytes) -> None:
    assert opened(agent).feed(ServerWord(raw), NOW) == []


def test_it_sends_nothing_that_it_was_not_told_to(agent: Agent) -> None:
    talk = opened(agent)
    talk.outgoing()

    assert list(talk.outgoing()) == []


def test_a_request_nobody_asked_takes_no_reply(agent: Agent) -> None:
    talk = opened(agent)
    talk.outgoing()

    assert talk.reply(RequestId("forged"), b"{}")
    assert talk.payload_of(RequestId("forged")) is None
    assert list(talk.outgoing()) == []


def test_a_session_nobody_told_of_is_not_spoken_to(agent: Agent) -> None:
    talk = opened(agent)
    talk.outgoing()
    session = session_id(agent.kind, "forged")

    for reply in (Prompt(session, "x"), Interrupt(session), Stop(session)):
        assert talk.say(session, reply)
    assert list(talk.outgoing()) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"torn", b'{"method":"x","params":[]}'])
def test_an_answer_to_what_cannot_be_read_is_none(agent: Agent, payload: bytes) -> None:
    session, known = session_id(agent.kind, "one"), RequestId("r")
    write = server_of(agent).write_reply
    question = Request(known, session, RequestKind.QUESTION, NOW, reach=Reach.SERVER)

    assert write(payload, question, Answer(session, known, "", (("x",), ("y",)))) is None


def test_an_allow_never_takes_a_rule_that_was_not_offered(agent: Agent) -> None:
    session, known = session_id(agent.kind, "one"), RequestId("r")
    asked = Request(known, session, RequestKind.PERMISSION, NOW, reach=Reach.SERVER)

    assert server_of(agent).write_reply(b"{}", asked, Allow(session, known, "", (0,))) is None


def test_no_other_machine_is_ever_found(agent: Agent) -> None:
    for argv in (["x", "--port", "4096", "--hostname", "192.0.2.1"], ["x", "--hostname=0.0.0.0", "--port=4096"], ["x"]):
        place = server_of(agent).find("/home/dev/.agent", argv, {})
        assert place is None or place.address.startswith(("/home/dev/.agent/", "http://127.0.0.1:", "http://[::1]:"))
