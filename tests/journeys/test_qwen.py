"""Real Qwen Code sessions: every change is told within a second, and what a person answers reaches the agent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.journeys.conftest import installed
from tests.journeys.node_agents import QWEN, Start
from tests.journeys.pane_session import PaneSession
from tests.journeys.real_agent import until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Shown, Stage, now


@pytest.fixture(scope="module")
def program() -> Path:
    """The agent, installed."""
    return installed(QWEN.package)


@pytest.fixture(scope="module")
def start(stage: Stage, program: Path) -> Iterator[Start]:
    """Start a session whose hooks call us."""
    yield from QWEN.starting(stage, program)


@pytest.fixture(scope="module")
def session(start: Start) -> PaneSession:
    """One session that every row plays in."""
    return start()


def see(stage: Stage, session: PaneSession, journey: str, phase: Phase, since: float) -> dict[str, object]:
    return see_since(stage, session.session, f"{journey} [qwen]", phase, since, in_window=False)


def asked(session: PaneSession, command: str) -> float:
    """Wait until *command* is shown to be asked; return when."""
    until(lambda: session.request.get("text") == command, lambda: f"{command!r}; {session.row()}\n{session.screen()}")
    return now()


def notice_of(stage: Stage, words: str) -> Shown:
    """The notification that holds *words*."""
    found = until(lambda: [each for each in stage.notices() if words in f"{each.title} {each.body}"], words)
    return found[0]


def test_a_new_session_is_idle_and_is_one_though_two_processes_run(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "a session starts", Phase.IDLE, now())

    assert len([row for row in session.rows() if row["phase"] != "ended"]) == 1


def test_a_turn_is_working_and_then_it_is_your_turn(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "a prompt is sent", Phase.WORKING, session.prompt("slow: 3"))
    see(stage, session, "the turn ends", Phase.YOUR_TURN, session.wait_screen("✦ Done."))


def test_allow_from_a_notification_lets_the_command_run(stage: Stage, session: PaneSession) -> None:
    session.prompt("bash: touch allowed.txt")
    see(stage, session, "it asks to run a command", Phase.NEEDS_APPROVAL, asked(session, "touch allowed.txt"))
    assert session.request["answerable"] is True

    stage.press(notice_of(stage, "touch allowed.txt"), "Allow")

    until((stage.project / "allowed.txt").exists, lambda: f"the command to run\n{session.screen()}")
    see(stage, session, "allowed from a notification", Phase.YOUR_TURN, session.wait_screen("It said:"))


def test_deny_from_a_notification_reaches_the_model(stage: Stage, session: PaneSession) -> None:
    session.prompt("bash: touch denied.txt")
    asked(session, "touch denied.txt")

    stage.press(notice_of(stage, "touch denied.txt"), "Deny")

    see(stage, session, "denied from a notification", Phase.YOUR_TURN, session.wait_screen("does not want this"))
    assert not (stage.project / "denied.txt").exists()


def test_an_error_fails_the_turn(stage: Stage, session: PaneSession) -> None:
    session.prompt("fail: 400")

    until(lambda: session.row()["phase"] == Phase.FAILED, lambda: f"failed: {session.row()}\n{session.screen()}")


def test_an_interrupted_turn_is_idle(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "another prompt", Phase.WORKING, session.prompt("slow: 20"))

    see(stage, session, "Esc while it works", Phase.IDLE, session.key("Escape"))


def test_a_killed_session_that_asks_is_over_and_asks_no_more(stage: Stage, start: Start, session: PaneSession) -> None:
    second = start()
    assert second.session != session.session
    second.prompt("bash: touch killed.txt")
    asked(second, "touch killed.txt")

    see(stage, second, "killed while it asks", Phase.ENDED, second.kill())
    assert not second.request
    assert session.row()["phase"] == Phase.IDLE
