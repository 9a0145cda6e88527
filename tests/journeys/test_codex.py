"""Real Codex sessions: every change is told within a second, and what a person answers reaches the agent."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.fakes import responses_model
from tests.journeys import codex_session, packages
from tests.journeys.codex_session import CodexSession
from tests.journeys.conftest import installed
from tests.journeys.person import Person, needs_keys
from tests.journeys.real_agent import until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Program, Shown, Stage

HOLD_S = 8  # of a prompt that the terminal hides; by default longer than a check should take
Start = Callable[..., CodexSession]


@pytest.fixture(scope="module")
def program() -> Path:
    """The agent, installed."""
    return installed(packages.CODEX)


@pytest.fixture(scope="module")
def start(stage: Stage, program: Path) -> Iterator[Start]:
    """Start a session in a home; "connected" calls our hook and was told to trust it."""
    settings = stage.home / ".config" / "agent-tray" / "settings.toml"
    before = settings.read_bytes() if settings.exists() else None
    stage.stop_tray()
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[answering]\nhidden_hold_s = {HOLD_S}\n")
    stage.start_tray()
    stage.follower.tell("raise")
    model = Program(responses_model.__file__, stage.environment)
    url = f"http://127.0.0.1:{model.reports[0]['ready']}"
    begun: list[CodexSession] = []

    def begin(name: str = "connected") -> CodexSession:
        home = stage.base / f"codex-{name}"
        if not home.exists():
            codex_session.make_home(home, url, stage.project)
            if name == "connected":
                told = command(stage, home, "connect", "codex", "--yes")
                assert "only after you trust it" in told
        made = CodexSession(stage.tmux, program, home, stage.project, {"SCRIPTED_KEY": "dummy"})
        begun.append(made)
        return made

    yield begin
    for session in begun:
        session.quit()
    model.stop()
    stage.stop_tray()
    settings.unlink() if before is None else settings.write_bytes(before)
    stage.start_tray()


@pytest.fixture(scope="module")
def connected(start: Start) -> CodexSession:
    """A session whose hook calls us."""
    return start()


@pytest.fixture(scope="module")
def unconnected(start: Start) -> CodexSession:
    """A session in another home, which only its rollout tells of."""
    return start("unconnected")


def command(stage: Stage, home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "desktop", *words], cwd=packages.ROOT, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=30, check=False, env=stage.environment | {"CODEX_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def see(stage: Stage, session: str, journey: str, phase: Phase, since: float) -> dict[str, object]:
    return see_since(stage, session, journey, phase, since, in_window=False)


def notice_of(stage: Stage, words: str) -> Shown:
    """The notification that holds *words*."""

    def found() -> Shown | None:
        return next((notice for notice in stage.notices() if words in f"{notice.title} {notice.body}"), None)

    shown = until(found, lambda: f"a notification with {words!r}; shown: {stage.notices()}")
    assert shown is not None
    return shown


def request_of(row: dict[str, object]) -> dict[str, object]:
    found = row["request"]
    assert isinstance(found, dict)
    return found


def test_sessions_of_two_homes_are_idle_before_their_first_prompt(
    stage: Stage, connected: CodexSession, unconnected: CodexSession
) -> None:
    for session in (connected, unconnected):
        row = see(stage, session.session, f"Codex starts [{session.home.name}]", Phase.IDLE, session.begun_at)

        assert (row["pid"], row["cwd"]) == (session.pid, str(session.cwd))


def test_a_turn_is_working_and_then_it_is_your_turn(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt("slow: 2")

    see(stage, connected.session, "Codex: a prompt is sent", Phase.WORKING, at)
    ended = connected.wait_record("task_complete", at)
    row = see(stage, connected.session, "Codex: the turn ends, no file changed", Phase.YOUR_TURN, ended)

    assert row["name"] == "slow: 2"


def test_a_patch_waits_for_review(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt(f"patch: {stage.project / 'patched.txt'}")

    ended = connected.wait_record("task_complete", at)
    see(stage, connected.session, "Codex: the turn ends, a file changed", Phase.NEEDS_REVIEW, ended)
    assert (stage.project / "patched.txt").exists()


def test_a_command_is_allowed_by_a_notification(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt("escalate: touch allowed.txt")

    asked = connected.wait_record("function_call", at)
    row = see(stage, connected.session, "Codex asks [connected]", Phase.NEEDS_APPROVAL, asked)
    assert (request_of(row)["text"], request_of(row)["answerable"]) == ("touch allowed.txt", True)
    stage.press(notice_of(stage, "allowed.txt"), "Allow")

    ended = connected.wait_record("task_complete", asked)
    see(stage, connected.session, "Codex: allowed here, the turn ends", Phase.YOUR_TURN, ended)
    assert (stage.project / "allowed.txt").exists()


@needs_keys
def test_a_refusal_reaches_the_model_with_its_reason_and_the_turn_goes_on(
    stage: Stage, connected: CodexSession
) -> None:
    at = connected.prompt("escalate: touch refused.txt")
    asked = connected.wait_record("function_call", at)
    see(stage, connected.session, "Codex asks, about to be refused", Phase.NEEDS_APPROVAL, asked)
    person = Person(stage)
    person.open_first("refused.txt")  # its last prompt is its name
    person.press("r")
    person.type("use a temporary directory")
    person.press("ctrl+Return")
    ended = connected.wait_record("task_complete", asked)

    see(stage, connected.session, "Codex: refused with words, the turn ends", Phase.YOUR_TURN, ended)
    assert any("use a temporary directory" in str(record) for record in connected.records())
    assert not (stage.project / "refused.txt").exists()


def test_a_request_that_nobody_answers_here_is_let_go_and_then_asked_in_the_terminal(
    stage: Stage, connected: CodexSession
) -> None:
    at = connected.prompt("escalate: touch left.txt")
    asked = connected.wait_record("function_call", at)
    see(stage, connected.session, "Codex asks, and nobody answers here", Phase.NEEDS_APPROVAL, asked)
    assert "Would you like to run" not in connected.screen()

    connected.wait_screen("Would you like to run", HOLD_S + 2)

    def told_as_waiting_there() -> bool:
        row = stage.follower.of(connected.session)[-1].row
        return row["phase"] == Phase.NEEDS_APPROVAL and request_of(row)["answerable"] is False

    until(told_as_waiting_there, "the tray to say that it waits in its terminal", 1)
    connected.key("Enter")
    ended = connected.wait_record("task_complete", asked)
    see(stage, connected.session, "Codex: let go, then allowed in its terminal", Phase.YOUR_TURN, ended)
    assert (stage.project / "left.txt").exists()


def test_without_our_hook_a_prompt_in_the_terminal_is_guessed_and_said_to_be(
    stage: Stage, unconnected: CodexSession
) -> None:
    at = unconnected.prompt("escalate: touch guessed.txt")

    asked = unconnected.wait_record("function_call", at)
    row = see(stage, unconnected.session, "Codex asks [unconnected]", Phase.UNKNOWN, asked)
    assert "may be waiting for you" in str(row["reason"])
    assert row["request"] is None
    unconnected.key("Enter")
    ended = unconnected.wait_record("task_complete", asked)
    see(stage, unconnected.session, "Codex: allowed in the terminal, the turn ends", Phase.YOUR_TURN, ended)


@pytest.mark.parametrize("status", [400, 429])
def test_an_error_of_the_service_is_a_failure(stage: Stage, unconnected: CodexSession, status: int) -> None:
    at = unconnected.prompt(f"fail: {status}")

    ended = unconnected.wait_record("task_complete", at)
    see(stage, unconnected.session, f"Codex: the service answers {status}", Phase.FAILED, ended)


def test_an_interrupted_turn_leaves_the_session_idle(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt("slow: 30")
    see(stage, connected.session, "Codex works, about to be interrupted", Phase.WORKING, at)

    connected.key("Escape")

    ended = connected.wait_record("turn_aborted", at)
    see(stage, connected.session, "Codex: Esc while working", Phase.IDLE, ended)


@needs_keys
def test_a_turn_is_interrupted_from_the_window(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt("slow: 31")
    see(stage, connected.session, "Codex works, about to be interrupted here", Phase.WORKING, at)
    person = Person(stage)
    person.open_first("slow: 31")

    person.press("Tab", "Tab", "space")

    ended = connected.wait_record("turn_aborted", at)
    see(stage, connected.session, "Codex: interrupted from the window", Phase.IDLE, ended)


def test_escape_while_our_hook_is_held_closes_the_request(stage: Stage, connected: CodexSession) -> None:
    at = connected.prompt("escalate: touch escaped.txt")
    asked = connected.wait_record("function_call", at)
    see(stage, connected.session, "Codex asks, about to be escaped", Phase.NEEDS_APPROVAL, asked)

    connected.key("Escape")

    ended = connected.wait_record("turn_aborted", asked)
    row = see(stage, connected.session, "Codex: Esc while it asks here", Phase.IDLE, ended)
    assert row["request"] is None


def test_a_second_session_in_the_same_directory_is_told_apart_and_its_death_is_its_own(
    stage: Stage, start: Start, connected: CodexSession
) -> None:
    second = start()
    see(stage, second.session, "Codex: a second one in the directory", Phase.IDLE, second.begun_at)
    at = second.prompt("slow: 30")
    see(stage, second.session, "Codex: the second works", Phase.WORKING, at)
    assert stage.follower.phase(connected.session) == Phase.IDLE

    see(stage, second.session, "Codex: kill -9 in a turn", Phase.ENDED, second.kill())

    assert stage.follower.phase(connected.session) == Phase.IDLE
    rows = stage.status()["sessions"]
    assert isinstance(rows, list)
    codex = [row["id"] for row in rows if row["agent"] == "codex" and row["phase"] != "ended"]
    mine = [found for found in codex if found.partition(":")[2] in stage_natives(stage)]
    assert len(mine) == 2, "neither a title's thread nor a helper process is a session"


def stage_natives(stage: Stage) -> set[str]:
    """The conversations of all homes of this stage."""
    return {lock.stem for lock in stage.base.glob("codex-*/thread-writer-locks/*-*.lock")}
