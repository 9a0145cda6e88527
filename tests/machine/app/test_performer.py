"""What the hub wants done, done: a real relay asks, a real ledger records, and only then does an answer leave."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.app.courier import Courier
from desktop.app.performer import NO_HOOK, NO_SUCH_ANSWER, Performer
from desktop.app.scribe import NOT_RECORDED, Scribe
from desktop.domain.agent import Agent
from desktop.domain.events import DeliveryFailed, ReplyDelivered, RequestOpened, RequestReleased
from desktop.domain.ids import RequestId
from desktop.domain.notices import Notice
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, Interrupt, Prompt, RequestReply
from desktop.domain.requests import Request
from desktop.domain.session import Session
from desktop.formats import hook_wire
from desktop.hub.effects import (
    Deliver,
    NoteClosed,
    NoteName,
    NoteOpened,
    NoteSeen,
    Raise,
    Release,
    Send,
    Withdraw,
)
from desktop.notifications.null import NullNotifier
from desktop.storage.ledger import Ledger
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import KIND, SESSION, Events, Front, Listener, ask, call, outcome, until
from tests.fakes.notices import decision

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
ONE = Session(SESSION, KIND, NOON, cwd="/home/dev/shop")


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """What the agent of the test takes for an answer: everything but plans."""
    return None if isinstance(reply, ApprovePlan) else type(reply).__name__.encode() + b"\n"


class Screen(NullNotifier):
    """Shows notices to the test."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def raise_notice(self, notice: Notice) -> None:
        self.shown.append(f"raised {notice.key}")

    def withdraw(self, key: str) -> None:
        self.shown.append(f"withdrawn {key}")


class Stage:
    """A performer between a real socket and a real ledger."""

    def __init__(self, runtime: Path, ledger: Path | None) -> None:
        self.runtime = runtime
        self.path = ledger
        self.events = Events()
        front = Front({SESSION: (os.getpid(),)})
        agents: dict[object, Agent] = {
            KIND: replace(hook_agent.AGENT, write_hook_reply=write_reply, line=hook_agent.LINE)
        }
        self.agents = agents
        self.hooks = HookSocket(list(agents.values()), self.events, runtime / "agent-tray", front)
        front.on_pulse = self.hooks.beat
        self.screen = Screen()
        self.scribe = Scribe(Ledger(ledger) if ledger else None, self.events, lambda: NOON)
        self.courier = Courier(self.events)
        self.performer = Performer(
            agents,  # type: ignore[arg-type]
            self.hooks,
            self.screen,
            self.scribe,
            self.courier,
            self.events,
        )
        self.hooks.start()
        self.scribe.start()

    def asks(self, **how: str) -> tuple[object, Request]:
        """A relay asks, and the hub notes it."""
        process = ask(self.runtime, call(**how))  # type: ignore[arg-type]
        request = self.events.wait(RequestOpened, len(self.events.of(RequestOpened)) + 1).request
        self.performer.perform([NoteOpened(request, ONE)])
        return process, request

    def delivers(self, reply: RequestReply, request: Request) -> None:
        self.performer.perform([Deliver(reply, request, ONE, "window")])

    def rows(self, query: str) -> list[tuple[object, ...]]:
        assert self.path is not None
        other = sqlite3.connect(self.path)
        found = other.execute(query).fetchall()
        other.close()
        return found

    def ends(self) -> None:
        self.hooks.stop(5)
        self.courier.stop(5)
        self.scribe.stop(5)


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def stage(runtime: Path) -> Iterator[Stage]:
    made = Stage(runtime, runtime / "ledger.sqlite3")
    yield made
    made.ends()


def allow(request: Request, **changes: object) -> Allow:
    return replace(Allow(SESSION, request.id, request.digest), **changes)  # type: ignore[arg-type]


def refusal(stage: Stage) -> str:
    failed = stage.events.wait(DeliveryFailed)
    assert failed.session == SESSION
    return failed.why


def test_an_answer_is_recorded_and_printed_by_the_relay(stage: Stage) -> None:
    process, request = stage.asks()

    stage.delivers(allow(request), request)

    assert outcome(process) == (b"Allow\n", b"", 0)  # type: ignore[arg-type]
    assert stage.events.wait(ReplyDelivered).request == request.id
    assert stage.rows("SELECT request, session, verdict, digest, answer_digest, surface FROM decisions") == [
        (request.id, SESSION, "allow", request.digest, hashlib.sha256(b"Allow\n").hexdigest(), "window")
    ]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Allow(SESSION, RequestId("?"), "?", suggestions=(0,)), "allow with rule"),
        (Deny(SESSION, RequestId("?"), "?"), "deny"),
        (Deny(SESSION, RequestId("?"), "?", "not that file", stops=True), "deny and stop"),
        (Answer(SESSION, RequestId("?"), "?", (("a",),)), "answer"),
    ],
)
def test_each_kind_of_answer_has_its_word_in_the_record(stage: Stage, reply: RequestReply, verdict: str) -> None:
    process, request = stage.asks()

    stage.delivers(replace(reply, request=request.id, digest=request.digest), request)

    assert outcome(process)[0] == type(reply).__name__.encode() + b"\n"  # type: ignore[arg-type]
    assert stage.rows("SELECT verdict FROM decisions") == [(verdict,)]
    assert "not that file" not in str(stage.rows("SELECT * FROM decisions"))


def test_a_second_answer_is_refused_and_only_the_first_is_printed(stage: Stage) -> None:
    process, request = stage.asks()

    stage.delivers(allow(request), request)
    stage.delivers(Deny(SESSION, request.id, request.digest), request)

    assert outcome(process)[0] == b"Allow\n"  # type: ignore[arg-type]
    assert refusal(stage) in ("Nothing was sent: this request was already answered.", NO_HOOK)
    assert stage.rows("SELECT verdict FROM decisions") == [("allow",)]


@pytest.mark.logs_errors
def test_an_answer_to_other_bytes_than_were_asked_is_not_sent(stage: Stage) -> None:
    process, request = stage.asks()

    stage.delivers(allow(request, digest=hashlib.sha256(b"something else").hexdigest()), request)

    assert refusal(stage) == NO_HOOK
    assert stage.rows("SELECT * FROM decisions") == []
    stage.performer.perform([Release(request.id, "test over")])
    assert outcome(process)[0] == b""  # type: ignore[arg-type]


def test_an_answer_the_agent_does_not_take_is_not_sent(stage: Stage) -> None:
    process, request = stage.asks()

    stage.delivers(ApprovePlan(SESSION, request.id, request.digest), request)

    assert refusal(stage) == NO_SUCH_ANSWER
    assert stage.rows("SELECT * FROM decisions") == []
    stage.performer.perform([Release(request.id, "test over")])
    assert outcome(process)[0] == b""  # type: ignore[arg-type]


def test_an_answer_to_a_hook_that_is_gone_is_not_recorded(stage: Stage) -> None:
    process, request = stage.asks()
    process.kill()  # type: ignore[attr-defined]
    outcome(process)  # type: ignore[arg-type]
    stage.events.wait(RequestReleased)

    stage.delivers(allow(request), request)

    assert refusal(stage) == NO_HOOK
    assert stage.rows("SELECT * FROM decisions") == []


@pytest.mark.parametrize("lacks", ["agent", "writer"])
def test_an_agent_that_nobody_can_write_for_gets_nothing(stage: Stage, lacks: str) -> None:
    process, request = stage.asks()
    if lacks == "agent":
        del stage.agents[KIND]
    else:
        stage.agents[KIND] = replace(stage.agents[KIND], write_hook_reply=None)

    stage.delivers(allow(request), request)

    assert refusal(stage) == NO_HOOK
    stage.performer.perform([Release(request.id, "test over")])
    assert outcome(process)[0] == b""  # type: ignore[arg-type]


def test_without_a_ledger_nothing_is_allowed_and_the_agents_own_prompt_stands(runtime: Path) -> None:
    stage = Stage(runtime, None)
    process, request = stage.asks()

    stage.delivers(allow(request), request)
    assert refusal(stage) == NOT_RECORDED
    stage.performer.perform([Release(request.id, "test over")])

    assert outcome(process) == (b"", b"", 0)  # type: ignore[arg-type]
    stage.ends()


def test_a_notice_is_shown_taken_back_and_counted(stage: Stage) -> None:
    stage.performer.perform([Raise(decision()), Withdraw(decision().key)])

    assert stage.screen.shown == ["raised robot:1/decision", "withdrawn robot:1/decision"]
    until(lambda: stage.rows("SELECT withdrawn_at FROM notices WHERE withdrawn_at IS NOT NULL"))
    assert stage.rows("SELECT key, class FROM notices") == [("robot:1/decision", "decision")]


def test_what_is_to_be_remembered_is(stage: Stage) -> None:
    process, request = stage.asks()
    stage.performer.perform(
        [
            NoteSeen(SESSION, request.id, NOON),
            NoteSeen(SESSION, None, NOON),
            NoteName(SESSION, "Refunds"),
            NoteClosed(request, NOON + timedelta(seconds=9), "answered in the terminal"),
        ]
    )

    until(lambda: stage.rows("SELECT how FROM waits WHERE closed_at IS NOT NULL"))
    assert stage.rows("SELECT request, session, agent, kind, project, how, state FROM waits") == [
        (request.id, SESSION, KIND, "permission", "shop", "answered in the terminal", "closed")
    ]
    assert stage.rows("SELECT first_seen_at FROM waits") == [("2026-05-06T12:00:00.000+00:00",)]
    assert stage.rows("SELECT session, name, seen_at FROM sessions") == [
        (SESSION, "Refunds", "2026-05-06T12:00:00.000+00:00")
    ]
    stage.performer.perform([Release(request.id, "test over")])
    outcome(process)  # type: ignore[arg-type]


def test_a_released_request_lets_its_relay_go_without_output(stage: Stage) -> None:
    process, request = stage.asks()

    stage.performer.perform([Release(request.id, "held long enough")])

    assert outcome(process) == (b"", b"", 0)  # type: ignore[arg-type]
    assert stage.events.wait(RequestReleased).why == "held long enough"


def test_a_prompt_goes_down_the_line_of_a_session_that_listens(stage: Stage) -> None:
    listener = Listener(stage.runtime / "agent-tray")
    assert listener.hears(5) == b"hold\n"

    stage.performer.perform([Send(Prompt(SESSION, "hello"), ONE, "window")])

    said = hook_wire.say(listener.payload, b"hello")
    assert listener.hears(len(said)) == said
    listener.hangs_up()
    assert "did not say that it took this" in refusal(stage)


def test_what_cannot_be_said_on_a_line_goes_by_the_courier(stage: Stage) -> None:
    listener = Listener(stage.runtime / "agent-tray")
    listener.hears(5)

    stage.performer.perform([Send(Interrupt(SESSION), ONE, "window")])

    assert refusal(stage)
    assert stage.hooks.listens(SESSION)
    listener.hangs_up()


def test_a_prompt_goes_by_the_courier(stage: Stage) -> None:
    stage.performer.perform([Send(Prompt(SESSION, "hello"), ONE, "window")])

    assert "no way to say something" in refusal(stage)
