import json
from datetime import UTC, datetime

import pytest

from desktop.agents import cursor_cli
from desktop.agents.cursor_cli import AGENT
from desktop.domain.agent import HookCall
from desktop.domain.events import Event, SessionDescribed, TurnFinished, TurnStarted
from desktop.domain.session import Ending

PROGRAM = "/home/dev/.local/share/cursor-agent/versions/1/node"


def hook(event: str, **fields: object) -> list[Event]:
    told = {"hook_event_name": event, "conversation_id": "abc", "workspace_roots": ["/home/dev/shop"], **fields}
    return cursor_cli.read_hook(HookCall(json.dumps(told).encode(), 7, datetime(2026, 11, 23, tzinfo=UTC)))


def test_a_prompt_begins_a_turn_and_its_stop_ends_it() -> None:
    described, *_ = begun = hook("beforeSubmitPrompt", prompt="do\nit", model="m")

    assert isinstance(described, SessionDescribed)
    assert (described.cwd, described.model) == ("/home/dev/shop", "m")
    assert [event.prompt for event in begun if isinstance(event, TurnStarted)] == ["do it"]


@pytest.mark.parametrize(
    ("status", "ending"),
    [("completed", Ending.FINISHED), ("aborted", Ending.INTERRUPTED), ("error", Ending.FAILED)],
)
def test_a_stop_says_how_the_turn_ended(status: str, ending: Ending) -> None:
    assert [event.ending for event in hook("stop", status=status) if isinstance(event, TurnFinished)] == [ending]


def test_what_is_not_known_means_nothing() -> None:
    assert hook("beforeShellExecution", command="rm") == []
    assert hook("stop", conversation_id="../x") == []
    assert hook("stop", workspace_roots=[7])[0].cwd is None  # type: ignore[union-attr]


def test_only_events_known_for_long_are_registered_since_one_that_is_not_voids_the_file() -> None:
    assert AGENT.hook_setup is not None
    assert {event.name for event in AGENT.hook_setup.events} == {"beforeSubmitPrompt", "stop"}
    assert AGENT.tried_with == ()


@pytest.mark.parametrize(
    ("exe", "words", "is_session"),
    [
        (PROGRAM, ("/home/dev/.local/share/cursor-agent/versions/1/index.js",), True),
        (PROGRAM, ("/home/dev/.local/share/cursor-agent/versions/1/index.js", "login"), False),
        ("/usr/bin/cursor-agent", ("--version",), False),
        ("/usr/bin/node", ("/srv/index.js",), False),
    ],
)
def test_a_conversation_is_told_from_a_passing_command(exe: str, words: tuple[str, ...], is_session: bool) -> None:
    assert cursor_cli.is_session_process(exe, (exe, *words)) is is_session


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert cursor_cli.PROGRAM.is_headless(("cursor-agent", "-p", "x"))
    assert not cursor_cli.PROGRAM.is_headless(("cursor-agent",))
