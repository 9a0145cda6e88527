"""What the plugin tells, as events; see tests/data/opencode for whole calls of it."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from desktop.agents.opencode_plugin import LINE, asks, read_hook, write_reply
from desktop.domain.agent import HookCall
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import SessionId
from desktop.domain.replies import Allow, Deny, Interrupt, Prompt, Stop
from desktop.domain.session import Claim, Ending, Launch, Source

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
PERMISSION = {
    "id": "per_1", "permission": "bash", "patterns": ["ls"], "metadata": {"command": "ls"}, "always": ["ls *"],
}  # fmt: skip


def told(event: str, **fields: object) -> list[Event]:
    return read_hook(HookCall(payload(event, **fields), pid=77, at=AT, environment=(("TMUX_PANE", "%1"),)))


def payload(event: str, **fields: object) -> bytes:
    state = {"session_id": "ses_1", "cwd": "/home/dev/shop", "status": "busy", "since": MS, "began": MS}
    return json.dumps({"hook_event_name": event, **state, **fields}).encode()


def claim(events: list[Event]) -> Claim:
    (evidence,) = [event.evidence for event in events if isinstance(event, EvidenceGiven)]
    return evidence.claim


def only(kind: type[Event], events: list[Event]) -> Event:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def test_a_process_without_a_conversation_rests_under_its_number() -> None:
    described, evidence = told("here")

    assert isinstance(described, SessionDescribed)
    assert (described.session, described.pid, described.pane) == ("opencode:pid-77", 77, "%1")
    assert isinstance(evidence, EvidenceGiven)
    assert (evidence.evidence.claim, evidence.evidence.origin) == (Claim.RESTING, "77")


def test_a_process_that_serves_conversations_is_none() -> None:
    assert told("here", serves=True) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [("busy", Claim.WORKING), ("retry", Claim.WORKING), ("idle", Claim.RESTING), ("new", Claim.SILENT)],
)
def test_a_status_is_the_agents_own_word(status: str, expected: Claim) -> None:
    events = told("state", status=status)

    assert claim(events) is expected
    assert only(EvidenceGiven, events).evidence.source is Source.LIVE_STATE  # type: ignore[union-attr]


def test_a_turn_that_failed_says_why() -> None:
    events = told("state", status="idle", ending="failed", error="no credit", ended=MS + 5)

    finished = only(TurnFinished, events)
    assert isinstance(finished, TurnFinished)
    assert (finished.ending, finished.error) == (Ending.FAILED, "no credit")


def test_a_turn_that_was_broken_off_is_over_before_the_agent_rests() -> None:
    finished = only(TurnFinished, told("state", status="busy", ending="interrupted"))

    assert isinstance(finished, TurnFinished)
    assert finished.ending is Ending.INTERRUPTED


def test_a_turn_that_goes_on_is_not_over() -> None:
    events = told("state", status="busy", prompt="Fix\nit")

    assert not [event for event in events if isinstance(event, TurnFinished)]
    started = only(TurnStarted, events)
    assert isinstance(started, TurnStarted)
    assert started.prompt == "Fix it"


def test_what_a_session_does_and_changed_is_told() -> None:
    helpers = [
        {"id": "ses_2", "role": "general", "model": "m", "runs": True},
        {"id": "ses_3", "runs": False},
        {"runs": True},
    ]
    events = told("state", doing="bash make", files=["/home/dev/a", 7], helpers=helpers)

    assert only(ActivitySeen, events).text == "bash make"  # type: ignore[union-attr]
    assert only(FilesChanged, events).paths == ("/home/dev/a",)  # type: ignore[union-attr]
    helper = only(SubagentStarted, events)
    assert (helper.role, helper.model) == ("general", "m")  # type: ignore[union-attr]
    assert only(SubagentStopped, events).subagent == "ses_3"  # type: ignore[union-attr]


def test_a_request_is_opened_before_the_session_is_said_to_wait() -> None:
    asked = {"kind": "permission", "at": MS, "helper": "", "request": PERMISSION}
    events = told("permission.asked", asked=asked, waits="permission", waits_since=MS)

    opened = [index for index, event in enumerate(events) if isinstance(event, RequestOpened)]
    waits = [index for index, event in enumerate(events) if isinstance(event, EvidenceGiven)]
    assert opened < waits
    assert claim(events) is Claim.WAITING_APPROVAL


def test_an_open_question_waits_for_an_answer() -> None:
    assert claim(told("state", waits="question", waits_since=MS)) is Claim.WAITING_ANSWER


def test_a_request_that_was_answered_elsewhere_is_closed() -> None:
    closed = only(RequestClosed, told("closed", closed=[{"id": "per_1", "how": "once"}, {"how": "once"}]))

    assert isinstance(closed, RequestClosed)
    assert (closed.request, closed.how) == ("opencode:per_1", "answered in the terminal")


@pytest.mark.parametrize("event", ["left", "deleted"])
def test_a_conversation_that_was_put_away_is_over(event: str) -> None:
    (ended,) = told(event)

    assert isinstance(ended, SessionEnded)


def test_a_session_that_prints_and_ends_is_headless() -> None:
    described = only(SessionDescribed, told("state", headless=True))

    assert isinstance(described, SessionDescribed)
    assert described.launch is Launch.HEADLESS


@pytest.mark.parametrize("event", ["", "state.asked", "permission", "permission.replied", "from-the-future"])
def test_an_unknown_event_means_nothing(event: str) -> None:
    assert told(event) == []


def test_what_cannot_be_shown_whole_is_not_asked() -> None:
    raw = payload("question.asked", asked={"request": {"id": "que_1", "questions": [{}]}})

    assert not asks(raw)
    assert read_hook(HookCall(raw, 77, AT)) == []


def test_an_answer_fits_only_what_was_asked() -> None:
    raw = payload("permission.asked", asked={"at": MS, "request": PERMISSION})
    (opened,) = [event for event in read_hook(HookCall(raw, 77, AT)) if isinstance(event, RequestOpened)]
    request, digest = opened.request, hashlib.sha256(raw).hexdigest()

    assert write_reply(raw, request, Allow(request.session, request.id, digest)) == b'{"reply":"once"}'
    assert write_reply(raw, request, Allow(request.session, request.id, "other")) is None
    assert write_reply(raw + b" ", request, Allow(request.session, request.id, digest)) is None
    assert write_reply(payload("state"), request, Deny(request.session, request.id, digest)) is None


def test_a_session_that_listens_is_told_prompts_and_interrupts() -> None:
    session = SessionId("opencode:ses_1")

    assert LINE.session_of(payload("listening")) == session
    assert LINE.write(Prompt(session, 'say "no"')) == b'{"prompt":"say \\"no\\""}'
    assert LINE.write(Interrupt(session)) == b'{"abort":true}'
    assert LINE.write(Stop(session)) is None


@pytest.mark.parametrize(
    "call", [payload("state"), payload("listening", session_id="../x"), payload("listening", session_id=7), b"no json"]
)
def test_no_other_call_is_a_line(call: bytes) -> None:
    assert LINE.session_of(call) is None
