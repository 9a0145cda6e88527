import json
from datetime import UTC, datetime

import pytest

from desktop.agents import droid
from desktop.agents.droid import AGENT
from desktop.domain.agent import HookCall
from desktop.domain.events import Event, EvidenceGiven, TurnStarted
from desktop.domain.session import Claim

PROGRAM = "/usr/local/bin/droid"


def hook(**fields: object) -> list[Event]:
    return droid.read_hook(HookCall(json.dumps(fields).encode(), 7, datetime(2026, 11, 23, tzinfo=UTC)))


def claims(events: list[Event]) -> list[Claim]:
    return [event.evidence.claim for event in events if isinstance(event, EvidenceGiven)]


@pytest.mark.parametrize("spelt", [("sessionId", "hookEventName"), ("session_id", "hook_event_name")])
def test_a_prompt_begins_a_turn_however_its_fields_are_spelt(spelt: tuple[str, str]) -> None:
    events = hook(**{spelt[0]: "abc", spelt[1]: "UserPromptSubmit"}, prompt="go")

    assert [event.prompt for event in events if isinstance(event, TurnStarted)] == ["go"]
    assert claims(events) == [Claim.WORKING]


@pytest.mark.parametrize(
    ("message", "claim"),
    [("Droid needs your permission to use Bash", Claim.WAITING_APPROVAL), ("Droid is waiting", Claim.RESTING)],
)
def test_a_notification_says_in_words_what_it_waits_for(message: str, claim: Claim) -> None:
    assert claims(hook(sessionId="abc", hookEventName="Notification", message=message)) == [claim]


def test_what_is_not_known_means_nothing() -> None:
    assert droid.read_hook(HookCall(b"{", 7, datetime(2026, 11, 23, tzinfo=UTC))) == []
    assert hook(sessionId="../x", hookEventName="Stop") == []
    assert hook(sessionId="a", hookEventName="PermissionRequest", tool_name="Bash", tool_input={"command": "x"}) == []


@pytest.mark.parametrize(
    ("words", "is_session"),
    [((), True), (("exec", "x"), False), (("doctor",), False), (("resume",), True), (("--version",), False)],
)
def test_a_conversation_is_told_from_a_passing_command(words: tuple[str, ...], is_session: bool) -> None:
    assert droid.PROGRAM.is_session(PROGRAM, (PROGRAM, *words)) is is_session
    assert not droid.PROGRAM.is_session("/usr/bin/vim", ("vim", *words))


def test_no_hook_of_it_is_ever_held() -> None:
    assert AGENT.asks_by_hook is None
    assert AGENT.tried_with == ()
