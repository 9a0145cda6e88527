"""Real Codex sessions that share their daemon: seen and answered over its socket, without any set-up."""

import os
import signal
from collections.abc import Iterator

import pytest

from desktop.domain.phase import Phase
from tests.fakes import responses_model
from tests.journeys import codex_session, packages
from tests.journeys.codex_session import DaemonSession
from tests.journeys.conftest import installed
from tests.journeys.real_agent import until
from tests.journeys.stage import Program, Stage
from tests.journeys.test_codex import notice_of, request_of, see

SERVED_WITHIN_S = 10.0  # a new daemon is left to its own terminal for three seconds


@pytest.fixture(scope="module")
def session(stage: Stage) -> Iterator[DaemonSession]:
    """A session of a home that the tray never touched."""
    program = installed(packages.CODEX)
    model = Program(responses_model.__file__, stage.environment)
    home = stage.base / "codex-daemon"
    codex_session.make_home(home, f"http://127.0.0.1:{model.reports[0]['ready']}", stage.project)
    stage.follower.tell("raise")
    made = DaemonSession(stage.tmux, program, home, stage.project, {"SCRIPTED_KEY": "dummy"})
    until(lambda: _is_served(stage, made), lambda: f"the daemon's word: {stage.follower.of(made.session)}", 20)
    yield made
    made.quit()
    codex_session.end_all_of(home)
    model.stop()


def _is_served(stage: Stage, session: DaemonSession) -> bool:
    told = stage.follower.of(session.session)
    return bool(told) and told[-1].row["pid"] == session.pid and "as far as its" not in str(told[-1].row["reason"])


def test_a_session_of_a_daemon_is_idle_before_its_first_prompt_and_has_its_terminals_process(
    stage: Stage, session: DaemonSession
) -> None:
    assert stage.follower.phase(session.session) == Phase.IDLE


def test_a_turn_of_a_daemon_is_working_and_then_it_is_your_turn(stage: Stage, session: DaemonSession) -> None:
    at = session.prompt("slow: 2")

    see(stage, session.session, "Codex's daemon: a prompt is sent", Phase.WORKING, at)
    ended = session.wait_record("task_complete", at)
    see(stage, session.session, "Codex's daemon: the turn ends", Phase.YOUR_TURN, ended)


def test_a_command_of_a_daemon_is_allowed_by_a_notification_while_its_terminal_asks_too(
    stage: Stage, session: DaemonSession
) -> None:
    at = session.prompt("escalate: touch daemon.txt")

    asked = session.wait_record("function_call", at)
    row = see(stage, session.session, "Codex's daemon asks", Phase.NEEDS_APPROVAL, asked)
    session.wait_screen("Yes, proceed")
    assert (request_of(row)["text"], request_of(row)["answerable"]) == ("touch daemon.txt", True)
    stage.press(notice_of(stage, "daemon.txt"), "Allow")

    ended = session.wait_record("task_complete", asked)
    see(stage, session.session, "Codex's daemon: allowed here, the turn ends", Phase.YOUR_TURN, ended)
    assert (stage.project / "daemon.txt").exists()


def test_what_is_answered_in_the_terminal_closes_here(stage: Stage, session: DaemonSession) -> None:
    at = session.prompt("escalate: touch there.txt")
    asked = session.wait_record("function_call", at)
    see(stage, session.session, "Codex's daemon asks, about to be answered there", Phase.NEEDS_APPROVAL, asked)

    session.wait_screen("Yes, proceed")
    session.key("y")

    ended = session.wait_record("task_complete", asked)
    row = see(stage, session.session, "Codex's daemon: allowed in the terminal", Phase.YOUR_TURN, ended)
    assert row["request"] is None


def test_a_tray_that_starts_late_is_told_what_is_asked(stage: Stage, session: DaemonSession) -> None:
    stage.stop_tray()
    at = session.prompt("escalate: touch late.txt")
    session.wait_record("function_call", at)
    session.wait_screen("Yes, proceed")

    stage.start_tray()

    def is_asked() -> bool:
        told = stage.follower.of(session.session)
        request = told[-1].row["request"] if told else None
        return isinstance(request, dict) and request["text"] == "touch late.txt" and bool(request["answerable"])

    until(is_asked, lambda: f"the request: {stage.follower.of(session.session)[-3:]}", SERVED_WITHIN_S)
    stage.press(notice_of(stage, "late.txt"), "Deny")
    ended = session.wait_record("task_complete", at)
    see(stage, session.session, "Codex's daemon: denied by a late tray", Phase.YOUR_TURN, ended)
    assert not (stage.project / "late.txt").exists()


def test_a_daemon_that_is_killed_is_said_to_be_gone(stage: Stage, session: DaemonSession) -> None:
    at = session.prompt("slow: 30")
    see(stage, session.session, "Codex's daemon works, about to be killed", Phase.WORKING, at)

    os.kill(session.daemon, signal.SIGKILL)

    def is_told() -> bool:
        return "server is gone" in str(stage.follower.of(session.session)[-1].row["reason"])

    until(is_told, lambda: f"the row to say so: {stage.follower.of(session.session)[-1]}", 2)
    assert stage.follower.phase(session.session) == Phase.UNKNOWN
