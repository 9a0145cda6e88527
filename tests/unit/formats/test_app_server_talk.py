"""A talk without a socket: what the server says goes in, what we say comes out."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from desktop.domain.agent import ServerWord
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    Event,
    EvidenceGiven,
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
from desktop.domain.ids import AgentKind, RequestId, session_id
from desktop.domain.replies import Interrupt, Prompt, Stop
from desktop.domain.requests import Reach
from desktop.domain.session import Claim, Ending, NameSource
from desktop.formats import app_server_asks, app_server_talk
from desktop.formats.app_server_talk import AppServerTalk

KIND = AgentKind("example")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ONE = session_id(KIND, "one")
ACTIVE: dict[str, object] = {"type": "active", "activeFlags": []}
APPROVAL: dict[str, object] = {"type": "active", "activeFlags": ["waitingOnApproval"]}


class Server:
    """The other side of a talk."""

    def __init__(self) -> None:
        self.talk = AppServerTalk(KIND, "nonce")
        self.said: list[dict[str, object]] = []
        self.talk.opened(NOW)
        self.hear()

    def opens(self, *natives: str) -> None:
        """It tells who it is, and what is open."""
        self.answers("initialize", result={})
        self.answers("thread/loaded/list", result={"data": list(natives)})

    def hear(self) -> None:
        self.said += [json.loads(call.body) for call in self.talk.outgoing()]

    def says(self, message: object, seconds: float = 0) -> list[Event]:
        events = self.talk.feed(ServerWord(json.dumps(message).encode()), NOW + timedelta(seconds=seconds))
        self.hear()
        return events

    def tells(self, method: str, **params: object) -> list[Event]:
        return self.says({"method": method, "params": params})

    def answers(self, method: str, **answer: object) -> list[Event]:
        """Answer the last call of *method*."""
        call = next(said for said in reversed(self.said) if said.get("method") == method)
        return self.says({"id": call["id"], **answer})

    def calls(self, method: str) -> list[object]:
        return [said["params"] for said in self.said if said.get("method") == method]

    def starts(self, native: str = "one", **fields: object) -> list[Event]:
        thread = {"id": native, "cwd": "/shop", "createdAt": 1795465960, "status": {"type": "idle"}, **fields}
        return self.tells("thread/started", thread=thread)

    def stands(self, status: object, native: str = "one") -> list[Event]:
        return self.tells("thread/status/changed", threadId=native, status=status)

    def asks(
        self, wire_id: object = 0, native: str = "one", method: str = app_server_asks.COMMAND, **more: object
    ) -> list[Event]:
        params = {"threadId": native, "turnId": "t1", "itemId": "c1", "command": "touch a", **more}
        return self.says({"method": method, "id": wire_id, "params": params})


@pytest.fixture
def server() -> Server:
    made = Server()
    made.opens()
    return made


@pytest.fixture
def stranger() -> Server:
    """One that said nothing yet."""
    return Server()


def claims(events: list[Event]) -> list[Claim]:
    return [event.evidence.claim for event in events if isinstance(event, EvidenceGiven)]


def opened(events: list[Event]) -> RequestId:
    (request,) = [event.request.id for event in events if isinstance(event, RequestOpened)]
    return request


def test_it_introduces_itself_and_asks_what_is_open(stranger: Server) -> None:
    server = stranger
    (first,) = server.calls("initialize")
    assert isinstance(first, dict)
    assert first["clientInfo"]["name"] == "agent-tray"

    server.answers("initialize", result={"userAgent": "x"})
    server.answers("thread/loaded/list", result={"data": ["one", 7, "../x"]})

    assert {"method": "initialized"} in server.said
    assert server.calls("thread/read") == [{"threadId": "one"}]


def test_a_server_that_refuses_the_introduction_is_asked_nothing(stranger: Server) -> None:
    server = stranger
    server.answers("initialize", error={"message": "no"})

    assert server.calls("thread/loaded/list") == []


def test_a_thread_that_was_there_before_is_read_and_joined_when_it_works(stranger: Server) -> None:
    server = stranger
    server.opens("one")

    events = server.answers(
        "thread/read",
        result={
            "thread": {
                "id": "one", "cwd": "/shop", "createdAt": 1795465960, "status": APPROVAL, "name": "Refunds",
                "preview": "fix it", "gitInfo": {"branch": "main"}, "threadSource": "user", "path": "/r.jsonl",
            }
        },
    )  # fmt: skip

    described = events[0]
    assert isinstance(described, SessionDescribed)
    assert (described.cwd, described.branch, described.name) == ("/shop", "main", (NameSource.TITLE, "Refunds"))
    assert not [event for event in events if isinstance(event, TurnStarted)]  # when it began is not known here
    assert server.calls("thread/resume") == [{"threadId": "one", "excludeTurns": True}]
    assert [(session.native, session.used_at) for session in server.talk.sessions()] == [("one", NOW)]


def test_the_conversations_are_told_of_when_all_are_known(stranger: Server) -> None:
    stranger.starts("new")
    stranger.stands({"type": "idle"}, "early")
    stranger.answers("thread/read", result={})
    assert stranger.talk.sessions() == []
    stranger.opens("one", "gone")
    first, second = [said["id"] for said in stranger.said if said.get("method") == "thread/read"][-2:]
    stranger.says({"id": first, "result": {"thread": {"id": "one", "cwd": "/shop"}}})
    assert stranger.talk.sessions() == []

    stranger.says({"id": second, "error": {"message": "no such thread"}})

    assert [session.native for session in stranger.talk.sessions()] == ["new", "one"]


def test_a_turn_is_seen_from_its_begin_to_its_end_and_joined_no_longer(server: Server) -> None:
    assert claims(server.starts(preview="hello")) == [Claim.RESTING]

    begun = server.stands(ACTIVE)
    assert claims(begun) == [Claim.WORKING]
    assert [type(event) for event in begun] == [EvidenceGiven, TurnStarted]
    assert server.stands(ACTIVE) == []
    server.answers("thread/resume", result={})
    assert claims(server.stands({"type": "idle"})) == [Claim.RESTING]
    done = server.tells(
        "turn/completed",
        threadId="one",
        turn={"id": "t1", "status": "completed", "items": [{"type": "agentMessage", "text": "All done.\nBye"}]},
    )

    assert done == [TurnFinished(ONE, NOW, last_words="All done. Bye")]
    assert len(server.calls("thread/resume")) == 1
    assert server.calls("thread/unsubscribe") == [{"threadId": "one"}]


@pytest.mark.parametrize(
    ("turn", "ending"),
    [
        ({"status": "interrupted"}, TurnFinished(ONE, NOW, Ending.INTERRUPTED)),
        ({"status": "failed", "error": {"message": "Quota"}}, TurnFinished(ONE, NOW, Ending.FAILED, "Quota")),
        ({"status": "failed"}, TurnFinished(ONE, NOW, Ending.FAILED, "the turn failed")),
        ({"status": "new"}, None),
    ],
)
def test_how_a_turn_ended_is_told(turn: dict[str, object], ending: Event | None, server: Server) -> None:
    server.starts()

    assert server.tells("turn/completed", threadId="one", turn=turn) == ([ending] if ending is not None else [])


def test_hidden_threads_never_become_sessions(server: Server) -> None:
    child = {"ephemeral": True, "parentThreadId": "one"}
    for native, fields in (("a", {"ephemeral": True}), ("b", child), ("c", {"threadSource": "x"})):
        assert server.starts(native, **fields) == []
        assert server.stands(ACTIVE, native) == []
        assert server.asks(9, native) == []
        assert server.tells("turn/completed", threadId=native, turn={"status": "failed"}) == []
    assert server.talk.sessions() == []
    assert server.calls("thread/resume") == []


def test_what_it_asks_is_told_with_its_wait_and_closes_when_it_was_answered_there(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    assert server.stands(APPROVAL) == []  # what for follows

    asked = server.asks(5)
    request = opened(asked)
    assert [type(event) for event in asked] == [RequestOpened, EvidenceGiven]
    assert claims(asked) == [Claim.WAITING_APPROVAL]
    assert server.talk.payload_of(request) is not None
    assert server.answers("thread/read", result={}) == []

    closed = server.tells("serverRequest/resolved", threadId="one", requestId=5)

    assert closed[-1] == RequestClosed(ONE, request, NOW, app_server_talk.THERE)
    assert claims(closed) == [Claim.WORKING]
    assert server.talk.payload_of(request) is None
    assert server.talk.reply(request, b"{}") == app_server_talk.GONE
    assert server.tells("serverRequest/resolved", threadId="one", requestId=5) == []


def test_a_wait_that_nobody_explains_is_told_all_the_same(server: Server) -> None:
    server.starts()
    server.stands({"type": "active", "activeFlags": ["waitingOnUserInput", "new"]})

    assert claims(server.answers("thread/read", result={})) == [Claim.WAITING_ANSWER]


def test_a_thread_that_cannot_be_joined_waits_in_its_terminal(server: Server) -> None:
    server.starts()
    server.stands(APPROVAL)

    assert claims(server.answers("thread/resume", error={"message": "no"})) == [Claim.WAITING_APPROVAL]


def test_a_request_that_is_not_ours_to_answer_leaves_the_wait(server: Server) -> None:
    server.starts()
    server.stands(APPROVAL)

    assert claims(server.asks(method="item/permissions/requestApproval")) == [Claim.WAITING_APPROVAL]


def test_a_reply_goes_out_once_and_is_delivered_when_the_server_says_so(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    request = opened(server.asks(5))

    assert server.talk.reply(request, b'{"result": {"decision": "accept"}}') == ""
    assert server.talk.reply(request, b'{"result": {"decision": "cancel"}}') != ""
    server.hear()

    assert [said for said in server.said if "result" in said] == [{"id": 5, "result": {"decision": "accept"}}]
    assert server.talk.payload_of(request) is None
    delivered = server.tells("serverRequest/resolved", threadId="one", requestId=5)
    assert ReplyDelivered(ONE, request, NOW) in delivered


def test_the_reason_of_a_refusal_follows_into_the_turn(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    request = opened(server.asks(5))

    server.talk.reply(request, b'{"result": {"decision": "decline"}, "then": "use a temp dir"}')
    server.hear()

    said = [{"type": "text", "text": "use a temp dir"}]
    assert server.calls("turn/steer") == [{"threadId": "one", "expectedTurnId": "t1", "input": said}]
    (failed,) = server.answers("turn/steer", error={"message": "too late"})
    assert isinstance(failed, DeliveryFailed)
    assert "too late" in failed.why


def test_a_prompt_starts_a_turn_and_an_interrupt_ends_the_one_that_runs(server: Server) -> None:
    server.starts()
    assert server.talk.say(ONE, Interrupt(ONE)) == app_server_talk.NO_TURN
    assert server.talk.say(ONE, Prompt(ONE, "go on")) == ""
    server.hear()
    assert server.calls("turn/start") == [{"threadId": "one", "input": [{"type": "text", "text": "go on"}]}]
    assert server.answers("turn/start", result={}) == []

    server.stands(ACTIVE)
    server.tells("item/started", threadId="one", turnId="t2", item={"type": "agentMessage"})
    assert server.talk.say(ONE, Interrupt(ONE)) == ""
    server.hear()

    assert server.calls("turn/interrupt") == [{"threadId": "one", "turnId": "t2"}]
    assert server.talk.say(ONE, Stop(ONE)) != ""
    assert server.talk.say(session_id(KIND, "other"), Prompt(ONE, "x")) != ""


def test_changes_to_files_come_from_the_item_that_was_told_before(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    change = {"path": "/shop/a", "diff": "+x", "kind": {"type": "add"}}
    item = {"type": "fileChange", "id": "c1", "changes": [change]}
    server.tells("item/started", threadId="one", turnId="t1", item=item)

    (known, *_) = server.asks(1, method=app_server_asks.FILES)
    (unknown, *_) = server.asks(2, method=app_server_asks.FILES, itemId="c9")

    assert isinstance(known, RequestOpened)
    assert isinstance(unknown, RequestOpened)
    assert (known.request.writes, known.request.reach) == (("/shop/a",), Reach.SERVER)
    assert unknown.request.reach is Reach.TERMINAL


def test_several_requests_are_open_side_by_side(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    first, second = opened(server.asks(1)), opened(server.asks(2))
    assert server.stands(APPROVAL) == []

    closed = server.tells("serverRequest/resolved", threadId="one", requestId=1)

    assert closed == [RequestClosed(ONE, first, NOW, app_server_talk.THERE)]
    assert server.talk.payload_of(second) is not None


def test_a_turn_that_ends_takes_what_it_asked_with_it(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    request = opened(server.asks(1))

    assert RequestClosed(ONE, request, NOW, app_server_talk.THERE) in server.stands({"type": "systemError"})


def test_a_helper_has_its_model(server: Server) -> None:
    server.starts()
    server.starts("child", parentThreadId="one", agentRole="explorer", model="small")

    assert server.stands(ACTIVE, "child") == [SubagentStarted(ONE, "child", "explorer", NOW, "small")]


def test_what_a_helper_asks_is_asked_by_the_session_that_started_it(server: Server) -> None:
    server.starts()
    assert server.starts("child", parentThreadId="one", agentRole="explorer", threadSource="subagent") == []

    assert server.stands(ACTIVE, "child") == [SubagentStarted(ONE, "child", "explorer", NOW)]
    item = {"type": "fileChange", "id": "c1", "changes": []}
    assert server.tells("item/started", threadId="child", turnId="t", item=item) == []
    assert server.tells("turn/completed", threadId="child", turn={"status": "failed"}) == []
    asked = server.asks(3, "child")
    (event,) = asked
    assert isinstance(event, RequestOpened)
    assert (event.request.session, event.request.subagent, event.request.subagent_id) == (ONE, "explorer", "child")
    assert server.talk.reply(event.request.id, b'{"result": {"decision": "accept"}}') == ""
    server.hear()
    assert server.tells("serverRequest/resolved", threadId="child", requestId=3) == [
        ReplyDelivered(ONE, event.request.id, NOW)
    ]

    assert server.stands({"type": "idle"}, "child") == [SubagentStopped(ONE, "child", NOW)]
    assert server.stands({"type": "idle"}, "child") == []
    assert [session.native for session in server.talk.sessions()] == ["one"]
    assert len(server.talk.closed(NOW, "x")) == 1


def test_a_connection_that_ends_lets_go_of_everything(server: Server) -> None:
    server.starts()
    server.starts("two")
    server.starts("hidden", ephemeral=True)
    server.stands(ACTIVE)
    answered, waiting = opened(server.asks(1)), opened(server.asks(2))
    server.talk.reply(answered, b"{}")

    events = server.talk.closed(NOW, "it hung up")

    assert [type(event) for event in events] == [
        *(EvidenceGiven, EvidenceGiven, DeliveryFailed, RequestReleased, RequestReleased)
    ]
    assert set(claims(events)) == {Claim.SILENT}
    assert {event.request for event in events if isinstance(event, RequestReleased)} == {answered, waiting}
    assert server.talk.sessions() == []


def test_a_thread_that_is_unloaded_rests_and_is_forgotten(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)

    assert claims(server.stands({"type": "notLoaded"})) == [Claim.RESTING]
    assert server.stands({"type": "notLoaded"}) == []
    assert server.talk.sessions() == []


def test_one_that_is_unloaded_before_it_was_read_was_never_told(server: Server) -> None:
    server.stands(ACTIVE)

    assert server.stands({"type": "notLoaded"}) == []


def test_a_thread_that_is_taken_up_again_counts_from_then(server: Server) -> None:
    server.stands({"type": "idle"})
    thread = {"id": "one", "cwd": "/shop", "createdAt": 1795465960, "status": {"type": "new"}}

    (described,) = server.answers("thread/read", result={"thread": thread})

    assert isinstance(described, SessionDescribed)
    assert described.started_at is not None
    assert described.started_at < NOW
    assert [session.started_at for session in server.talk.sessions()] == [NOW]


def test_a_wait_of_a_thread_that_went_away_is_not_told(server: Server) -> None:
    server.starts()
    server.stands(APPROVAL)
    server.stands({"type": "notLoaded"})

    assert server.answers("thread/read", result={}) == []


def test_names_and_second_tries_are_told(server: Server) -> None:
    server.starts()

    (named,) = server.tells("thread/name/updated", threadId="one", threadName="Refunds")
    (unnamed,) = server.tells("thread/name/updated", threadId="one", threadName=None)
    tried = server.tells("error", threadId="one", turnId="t", willRetry=True, error={"message": "busy"})

    assert isinstance(named, SessionDescribed)
    assert isinstance(unnamed, SessionDescribed)
    assert (named.name, unnamed.name) == ((NameSource.TITLE, "Refunds"), None)
    assert tried == [ActivitySeen(ONE, NOW, "trying again: busy")]
    assert server.tells("error", threadId="one", willRetry=False) == []


# -- servers that lie --------------------------------------------------------------------------------------------------


def test_attack_a_thread_nobody_showed_us_asks_nothing(server: Server) -> None:
    server.starts()

    assert server.asks(1, "forged") == []
    assert server.asks(2, "../../etc") == []


@pytest.mark.parametrize("wire_id", [None, True, 1.5, [1], {"a": 1}])
def test_attack_an_id_that_cannot_be_answered_asks_nothing(wire_id: object, server: Server) -> None:
    server.starts()

    assert server.asks(wire_id) == []


def test_attack_an_id_that_is_used_twice_closes_the_first(server: Server) -> None:
    server.starts()
    server.stands(ACTIVE)
    first = opened(server.asks(1, command="ls"))
    assert server.asks(1, command="ls") == []  # the same, told again

    second = server.asks(1, command="rm -r /")

    assert RequestClosed(ONE, first, NOW, app_server_talk.THERE) in second
    assert opened(second) != first
    assert server.talk.reply(first, b"{}") == app_server_talk.GONE


def test_attack_a_flood_of_requests_and_threads_is_bounded(server: Server) -> None:
    server.starts()
    for number in range(app_server_talk.MOST_OPEN + 10):
        server.asks(number)
        server.tells("item/started", threadId="one", item={"type": "fileChange", "id": f"i{number}", "changes": []})
    for number in range(app_server_talk.MOST_THREADS + 10):
        server.starts(f"t{number}")
        server.stands(ACTIVE, f"u{number}")

    assert len(server.talk.sessions()) < app_server_talk.MOST_THREADS
    assert len(server.talk.closed(NOW, "x")) <= app_server_talk.MOST_THREADS + app_server_talk.MOST_OPEN


def test_attack_another_thread_resolves_nothing(server: Server) -> None:
    server.starts()
    server.starts("two")
    server.stands(ACTIVE)
    server.asks(1)

    assert server.tells("serverRequest/resolved", threadId="two", requestId=1) == []


@pytest.mark.parametrize(
    "message",
    [
        7, [], None, {}, {"method": 3}, {"id": 1}, {"id": "tray-99", "result": {}}, {"id": [], "result": 1},
        {"method": "thread/started"}, {"method": "thread/started", "params": {"thread": {"id": 3}}},
        {"method": "thread/started", "params": {"thread": {"id": "x", "createdAt": True, "status": "idle"}}},
        {"method": "thread/started", "params": {"thread": {"id": "y", "createdAt": 10**30}}},
        {"method": "thread/status/changed", "params": {"threadId": [], "status": 3}},
        {"method": "thread/status/changed", "params": {"threadId": "one", "status": {"type": "active"}}},
        {"method": "thread/status/changed", "params": {"threadId": "one", "status": {"type": "new"}}},
        {"method": "turn/completed", "params": {"threadId": "one", "turn": []}},
        {"method": "item/started", "params": {"threadId": "one", "item": 3}},
        {"method": "serverRequest/resolved", "params": {"requestId": {}}},
        {"method": "something/new", "params": {"threadId": "one"}, "id": 4},
    ],
)  # fmt: skip
def test_attack_words_of_the_wrong_type_harm_nothing(message: object, server: Server) -> None:
    server.starts()

    assert not [event for event in server.says(message) if isinstance(event, RequestOpened)]


def test_attack_bytes_that_are_no_json_mean_nothing(server: Server) -> None:
    assert server.talk.feed(ServerWord(b"\xff{"), NOW) == []
