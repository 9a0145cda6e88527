"""Real Gemini CLI sessions: every change is told within a second, what it asks in full, and why it is not answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.journeys.conftest import installed
from tests.journeys.node_agents import GEMINI, Start
from tests.journeys.pane_session import PaneSession
from tests.journeys.real_agent import until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Stage, now


@pytest.fixture(scope="module")
def program() -> Path:
    """The agent, installed."""
    return installed(GEMINI.package)


@pytest.fixture(scope="module")
def start(stage: Stage, program: Path) -> Iterator[Start]:
    """Start a session whose hooks call us."""
    yield from GEMINI.starting(stage, program)


@pytest.fixture(scope="module")
def session(start: Start) -> PaneSession:
    """One session that every row plays in."""
    return start()


def see(stage: Stage, session: PaneSession, journey: str, phase: Phase, since: float) -> dict[str, object]:
    return see_since(stage, session.session, f"{journey} [gemini]", phase, since, in_window=False)


def test_a_new_session_is_idle_and_is_one_though_two_processes_run(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "a session starts", Phase.IDLE, now())

    assert len([row for row in session.rows() if row["phase"] != "ended"]) == 1


def test_a_turn_is_working_and_then_it_is_your_turn(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "a prompt is sent", Phase.WORKING, session.prompt("slow: 3"))
    see(stage, session, "the turn ends", Phase.YOUR_TURN, session.wait_screen("Done: 3"))


def test_a_command_that_waits_is_shown_whole_and_says_why_it_is_not_answered_here(
    stage: Stage, session: PaneSession
) -> None:
    session.prompt("run: touch one.txt")

    see(stage, session, "it asks to run a command", Phase.NEEDS_APPROVAL, session.wait_screen("Allow execution"))
    request = session.request
    assert (request["text"], request["answerable"], request["channel"]) == ("touch one.txt", False, "terminal")

    session.key("Enter")
    see(stage, session, "allowed in the terminal", Phase.YOUR_TURN, session.wait_screen("Done: {"))
    assert (stage.project / "one.txt").exists()


def test_no_in_the_terminal_is_seen(stage: Stage, session: PaneSession) -> None:
    session.prompt("run: touch two.txt")
    until(lambda: session.request.get("text") == "touch two.txt", lambda: f"it to ask: {session.row()}")
    session.wait_screen("Allow execution")

    see(stage, session, "denied in the terminal", Phase.IDLE, session.leave("Allow execution"))
    assert not session.request
    assert not (stage.project / "two.txt").exists()


def test_a_question_is_shown_with_its_options(stage: Stage, session: PaneSession) -> None:
    session.prompt("ask: name a database")

    see(stage, session, "it asks a question", Phase.NEEDS_ANSWER, session.wait_screen("Enter to select"))
    assert session.request["options"] == ["Postgres", "SQLite"]
    session.key("Enter")
    see(stage, session, "answered in the terminal", Phase.YOUR_TURN, session.wait_screen('Done: {"output'))


def test_an_error_fails_the_turn(stage: Stage, session: PaneSession) -> None:
    session.prompt("fail: 400")

    see(stage, session, "the model's server fails", Phase.FAILED, session.wait_screen("API Error"))


def test_an_interrupted_turn_is_idle(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "another prompt", Phase.WORKING, session.prompt("slow: 20"))

    see(stage, session, "Esc while it works", Phase.IDLE, session.key("Escape"))


def test_a_second_session_of_the_directory_is_another_one_and_a_killed_one_is_over(
    stage: Stage, session: PaneSession, start: Start
) -> None:
    second = start()
    assert second.session != session.session
    second.prompt("run: touch three.txt")
    see(stage, second, "the second asks", Phase.NEEDS_APPROVAL, second.wait_screen("Allow execution"))
    assert session.row()["phase"] == Phase.IDLE

    see(stage, second, "the second is killed", Phase.ENDED, second.kill())
    assert session.row()["phase"] == Phase.IDLE
