"""What its server says, and what is sent to it; words as in tests/data/opencode/1.18.33/server."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from desktop.agents.opencode_server import Talk, find, write_reply
from desktop.domain.agent import ServerCall, ServerWord
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    Event,
    EvidenceGiven,
    FilesChanged,
    HealthReported,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.replies import Allow, Answer, Deny, Interrupt, Prompt, Stop
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Claim, Ending
from tests.helpers import recorded

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ONE = SessionId("opencode:ses_1")
PERMISSION = {
    "id": "per_1", "sessionID": "ses_1", "permission": "bash", "patterns": ["ls"], "metadata": {"command": "ls"},
    "always": ["ls *"],
}  # fmt: skip
QUESTION = {
    "id": "que_1", "sessionID": "ses_1",
    "questions": [{"question": "Which?", "header": "DB", "options": [{"label": "A", "description": ""}]}],
}  # fmt: skip


class Server:
    """A talk, and a server that says what it is told to."""

    def __init__(self) -> None:
        self.talk = Talk()
        self.talk.opened(AT)
        self.calls: list[ServerCall] = self.talk.outgoing()

    def answers(self, tag: str, body: object = None, status: int = 200) -> list[Event]:
        events = self.talk.feed(ServerWord(json.dumps(body).encode(), tag, status), AT)
        self.calls += self.talk.outgoing()
        return events

    def says(self, name: str, directory: str = "/home/dev/shop", **properties: object) -> list[Event]:
        told = {"directory": directory, "payload": {"type": name, "properties": properties}}
        return self.answers("events", told, 0)

    def is_busy(self, native: str = "ses_1", kind: str = "busy") -> list[Event]:
        return self.says("session.status", sessionID=native, status={"type": kind, "message": "no credit"})

    def asks(self, asked: Mapping[str, object] | None = None) -> Request:
        kind = "question" if asked is QUESTION else "permission"
        events = self.says(f"{kind}.asked", **dict(asked or PERMISSION))  # type: ignore[arg-type]
        (opened,) = [event for event in events if isinstance(event, RequestOpened)]
        return opened.request

    def last_call(self) -> tuple[str, str, object]:
        call = self.calls[-1]
        return call.method, call.path, json.loads(call.body)


@pytest.fixture
def server() -> Server:
    return Server()


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def claims(events: list[Event]) -> list[Claim]:
    return [event.evidence.claim for event in events if isinstance(event, EvidenceGiven)]


def finished(events: list[Event]) -> TurnFinished:
    (found,) = [event for event in events if isinstance(event, TurnFinished)]
    return found


# -- where


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("opencode --port 4711", "http://127.0.0.1:4711"),
        ("opencode --port=4711 --hostname 0.0.0.0", "http://127.0.0.1:4711"),
        ("opencode serve --port 4711 --hostname localhost", "http://127.0.0.1:4711"),
        ("opencode serve", "http://127.0.0.1:4096"),
        ("opencode --print-logs web", "http://127.0.0.1:4096"),
        ("opencode", ""),
        ("opencode /home/dev/serve", ""),
        ("opencode --port 0", ""),
        ("opencode --port 99999", ""),
        ("opencode --port x", ""),
        ("opencode --port 4711 --hostname 10.0.0.7", ""),
    ],
)
def test_it_is_found_by_the_words_of_its_process_on_this_machine_alone(words: str, address: str) -> None:
    place = find("/home/dev/.config/opencode", words.split(), {})

    assert (place.address if place is not None else "") == address


# -- coming in


def test_its_health_is_asked_before_anything_else(server: Server) -> None:
    assert [call.path for call in server.calls] == ["/global/health"]


def test_one_that_is_starting_is_asked_again(server: Server) -> None:
    server.answers("health", None, -1)

    assert [call.path for call in server.calls] == ["/global/health"] * 2


def test_one_that_wants_a_password_is_reported_and_not_asked_further(server: Server) -> None:
    (reported,) = server.answers("health", None, 401)

    assert isinstance(reported, HealthReported)
    assert "password" in reported.text
    assert len(server.calls) == 1


@pytest.mark.parametrize(("body", "status"), [({"healthy": False}, 200), ([], 200), (None, 500)])
def test_one_that_is_not_well_is_left_alone(server: Server, body: object, status: int) -> None:
    assert server.answers("health", body, status) == []
    assert len(server.calls) == 1


def test_who_comes_late_learns_names_before_what_is_asked(server: Server) -> None:
    server.answers("health", {"healthy": True, "version": "1.18.33"})
    assert [call.path for call in server.calls[1:]] == ["/global/event", "/session"]
    server.answers("list", [{"id": "ses_1", "title": "Fix the till", "directory": "/home/dev/shop"}, 7])
    assert [call.path for call in server.calls[3:]] == ["/session/status", "/permission", "/question"]

    events = server.answers("status", {"ses_1": {"type": "busy"}, "ses_2": 7, "../x": {"type": "busy"}})

    described = events[0]
    assert isinstance(described, SessionDescribed)
    assert described.name is not None
    assert (described.session, described.cwd, described.name[1]) == (ONE, "/home/dev/shop", "Fix the till")
    assert claims(events) == [Claim.WORKING]
    opened = server.answers("open permission", [PERMISSION, "x", {}])
    assert kinds(opened) == [RequestOpened]
    assert kinds(server.answers("open question", [QUESTION])) == [RequestOpened]


def test_conversations_that_rest_are_history(server: Server) -> None:
    assert server.answers("list", [{"id": "ses_1", "title": "Old"}]) == []
    assert server.says("session.updated", info={"id": "ses_1", "title": "Older"}) == []
    assert server.says("session.idle", sessionID="ses_1") == []
    assert server.talk.sessions() == []


# -- turns


def test_a_turn_begins_and_ends(server: Server) -> None:
    began = server.is_busy()
    server.says("message.updated", info={"id": "msg_2", "role": "assistant", "sessionID": "ses_1"})
    server.says(
        "message.part.updated", part={"type": "text", "text": "Done.", "messageID": "msg_2", "sessionID": "ses_1"}
    )

    ended = server.says("session.status", sessionID="ses_1", status={"type": "idle"})

    assert kinds(began)[:2] == [SessionDescribed, TurnStarted]
    assert (finished(ended).ending, finished(ended).last_words) == (Ending.FINISHED, "Done.")
    assert claims(ended) == [Claim.RESTING]
    assert server.says("session.idle", sessionID="ses_1") == []


def test_a_turn_that_a_person_began_says_with_what_words(server: Server) -> None:
    server.says("message.updated", info={"id": "msg_1", "role": "user", "sessionID": "ses_1"})
    part = {"type": "text", "text": "Fix\nthe till", "messageID": "msg_1", "sessionID": "ses_1"}
    server.says("message.part.updated", part=part)

    (started,) = [event for event in server.is_busy() if isinstance(event, TurnStarted)]

    assert started.prompt == "Fix the till"


def test_an_error_stands_though_the_agent_rests(server: Server) -> None:
    server.is_busy()
    error = {"name": "APIError", "data": {"message": "bad request"}}

    failed = server.says("session.error", sessionID="ses_1", error=error)
    rests = server.says("session.idle", sessionID="ses_1")

    assert (finished(failed).ending, finished(failed).error) == (Ending.FAILED, "bad request")
    assert kinds(rests) == [EvidenceGiven]


def test_an_abort_is_an_interruption(server: Server) -> None:
    server.is_busy()

    events = server.says("session.error", sessionID="ses_1", error={"name": "MessageAbortedError"})

    assert finished(events).ending is Ending.INTERRUPTED


def test_a_retry_is_work_that_says_why_it_takes_so_long(server: Server) -> None:
    server.is_busy()

    events = server.is_busy(kind="retry")

    assert claims(events) == [Claim.WORKING]
    assert [event.text for event in events if isinstance(event, ActivitySeen)] == ["retrying: no credit"]


def test_a_retry_that_is_broken_off_is_an_interruption(server: Server) -> None:
    server.is_busy(kind="retry")

    assert finished(server.says("session.idle", sessionID="ses_1")).ending is Ending.INTERRUPTED


def test_a_refusal_that_ends_the_turn_is_an_interruption(server: Server) -> None:
    server.is_busy()
    server.asks()
    server.says("permission.replied", sessionID="ses_1", requestID="per_1", reply="reject")

    assert finished(server.says("session.idle", sessionID="ses_1")).ending is Ending.INTERRUPTED


def test_a_refusal_after_which_it_goes_on_is_none(server: Server) -> None:
    server.is_busy()
    server.asks()
    server.says("permission.replied", sessionID="ses_1", requestID="per_1", reply="reject")
    server.is_busy()

    assert finished(server.says("session.idle", sessionID="ses_1")).ending is Ending.FINISHED


def test_what_a_tool_does_and_wrote_is_told(server: Server) -> None:
    server.is_busy()
    part = {"type": "tool", "tool": "write", "sessionID": "ses_1"}
    given = {"filePath": "/home/dev/shop/a"}

    runs = server.says("message.part.updated", part={**part, "state": {"status": "running", "input": given}})
    done = server.says("message.part.updated", part={**part, "state": {"status": "completed", "input": given}})

    assert [event.text for event in runs if isinstance(event, ActivitySeen)] == ["write /home/dev/shop/a"]
    assert [event.paths for event in done if isinstance(event, FilesChanged)] == [("/home/dev/shop/a",)]


def test_a_subagent_belongs_to_its_parent(server: Server) -> None:
    server.is_busy()
    server.says("session.created", info={"id": "ses_2", "parentID": "ses_1", "agent": "general", "model": {"id": "m"}})

    (started,) = server.is_busy("ses_2")
    request = server.asks({**PERMISSION, "id": "per_2", "sessionID": "ses_2"})
    stopped = server.says("session.idle", sessionID="ses_2")

    assert isinstance(started, SubagentStarted)
    assert (started.session, started.role, started.model) == (ONE, "general", "m")
    assert (request.session, request.subagent) == (ONE, "general")
    assert kinds(stopped) == [SubagentStopped]


# -- answers


def test_an_answer_goes_to_the_directory_of_its_conversation_and_is_confirmed(server: Server) -> None:
    server.is_busy()
    request = server.asks()
    payload = server.talk.payload_of(request.id)
    assert payload is not None
    assert (request.reach, request.digest) == (Reach.SERVER, hashlib.sha256(payload).hexdigest())
    answer = write_reply(payload, request, Allow(ONE, request.id, request.digest))
    assert answer is not None

    assert server.talk.reply(request.id, answer) == ""
    server.calls += server.talk.outgoing()

    assert server.last_call() == ("POST", "/permission/per_1/reply?directory=%2Fhome%2Fdev%2Fshop", {"reply": "once"})
    assert kinds(server.answers(f"reply {request.id}", True)) == [ReplyDelivered]
    assert server.talk.payload_of(request.id) is None


def test_an_answer_that_came_second_says_so(server: Server) -> None:
    request = server.asks()
    server.talk.reply(request.id, b'{"reply":"once"}')

    assert kinds(server.answers(f"reply {request.id}", {}, 404)) == [DeliveryFailed]


def test_a_refused_question_is_followed_by_the_persons_words(server: Server) -> None:
    request = server.asks(QUESTION)
    payload = server.talk.payload_of(request.id)
    assert payload is not None
    answer = write_reply(payload, request, Deny(ONE, request.id, request.digest, "later"))
    assert answer is not None

    server.talk.reply(request.id, answer)
    rejected, prompt = server.talk.outgoing()

    assert rejected.path.startswith("/question/que_1/reject")
    assert prompt.path.startswith("/session/ses_1/prompt_async")
    assert json.loads(prompt.body)["parts"] == [{"type": "text", "text": "later"}]


def test_no_answer_fits_other_bytes(server: Server) -> None:
    request = server.asks(QUESTION)
    payload = server.talk.payload_of(request.id)
    assert payload is not None
    reply = Answer(ONE, request.id, request.digest, (("A",),))

    assert write_reply(payload, request, reply) == b'{"answers": [["A"]]}'
    assert write_reply(payload + b" ", request, reply) is None
    assert write_reply(payload, request, Answer(ONE, request.id, "other", (("A",),))) is None


def test_what_was_answered_in_the_terminal_is_closed_and_takes_no_answer(server: Server) -> None:
    request = server.asks()

    events = server.says("permission.replied", sessionID="ses_1", requestID="per_1", reply="once")

    assert kinds(events) == [RequestClosed]
    assert server.talk.reply(request.id, b'{"reply":"once"}')
    assert server.says("permission.replied", sessionID="ses_1", requestID="per_1", reply="once") == []


def test_what_is_open_when_the_turn_ends_is_open_no_more(server: Server) -> None:
    server.is_busy()
    server.asks()

    assert RequestClosed in kinds(server.says("session.idle", sessionID="ses_1"))


def test_a_prompt_and_an_interrupt_are_sent(server: Server) -> None:
    server.is_busy()

    assert server.talk.say(ONE, Prompt(ONE, "go on")) == ""
    assert server.talk.say(ONE, Interrupt(ONE)) == ""
    prompt, abort = server.talk.outgoing()

    assert prompt.path == "/session/ses_1/prompt_async?directory=%2Fhome%2Fdev%2Fshop"
    assert abort.path.startswith("/session/ses_1/abort")
    assert kinds(server.answers("say ses_1", {}, 500)) == [DeliveryFailed]
    assert server.answers("say ses_1", None, 204) == []


def test_what_it_cannot_do_is_said(server: Server) -> None:
    server.is_busy()

    assert server.talk.say(ONE, Stop(ONE))
    assert server.talk.say(SessionId("opencode:ses_9"), Interrupt(ONE))


def test_a_lost_connection_lets_go_of_what_was_asked(server: Server) -> None:
    server.is_busy()
    request = server.asks()

    events = server.talk.closed(AT, "it hung up")

    released = events[0]
    assert isinstance(released, RequestReleased)
    assert released.request == request.id
    assert claims(events) == [Claim.SILENT]


# -- what nobody knows


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"7", b'{"payload":7}', b'{"type":"session.status","properties":{"sessionID":7}}',
            b'{"payload":{"type":"permission.asked","properties":{"sessionID":"ses_1"}}}', b"[" * 100_000],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["events", "health", "list", "status", "open permission", "open x", "reply x", "?"])
def test_words_that_nobody_knows_mean_nothing(raw: bytes, tag: str) -> None:
    for status in (0, 200):
        assert Talk().feed(ServerWord(raw, tag, status), AT) == []


def test_a_recorded_hour_is_told_in_order() -> None:
    server = Server()
    events: list[Event] = []
    for line in (recorded.DATA / "opencode" / "1.18.33" / "server" / "events.jsonl").read_bytes().splitlines():
        events += server.talk.feed(ServerWord(line, "events", 0), AT)

    opened = [event.request.id for event in events if isinstance(event, RequestOpened)]
    closed = [event.request for event in events if isinstance(event, RequestClosed)]
    assert opened
    assert sorted(opened) == sorted(closed)
    assert {event.ending for event in events if isinstance(event, TurnFinished)} >= {Ending.FINISHED, Ending.FAILED}
    assert all(RequestId(f"opencode:{each.partition(':')[2]}") == each for each in opened)
