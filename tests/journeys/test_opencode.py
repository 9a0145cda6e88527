"""Real opencode sessions: every change is told within a second, and what a person answers reaches the agent."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.fakes import chat_model
from tests.journeys import opencode_session, packages
from tests.journeys.conftest import installed
from tests.journeys.opencode_session import OpencodeSession, free_port
from tests.journeys.person import Person, needs_keys
from tests.journeys.real_agent import until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Program, Shown, Stage, now

Start = Callable[..., OpencodeSession]


@pytest.fixture(scope="module")
def program() -> Path:
    """The agent, installed."""
    return installed(packages.OPENCODE)


@pytest.fixture(scope="module")
def start(stage: Stage, program: Path) -> Iterator[Start]:
    """Start a session; a "plugged" one has our plugin, a "listening" one a port, a "plain" one neither."""
    stage.stop_tray()
    stage.start_tray()
    stage.follower.tell("raise")
    model = Program(chat_model.__file__, stage.environment)
    url = f"http://127.0.0.1:{model.reports[0]['ready']}"
    begun: list[OpencodeSession] = []

    def begin(kind: str, cwd: Path | None = None) -> OpencodeSession:
        home = stage.base / f"opencode-{'plugged' if kind == 'plugged' else 'bare'}"
        if not home.exists():
            opencode_session.make_home(home, url)
            if kind == "plugged":
                command(stage, home, "connect")
        arguments = ["--port", str(free_port())] if kind == "listening" else []
        place = cwd or stage.directory(f"home/{kind}")
        made = OpencodeSession(stage.tmux, program, arguments, home, place, {})
        begun.append(made)
        return made

    yield begin
    for session in begun:
        session.quit()
    model.stop()


@pytest.fixture(scope="module")
def plugged(start: Start) -> OpencodeSession:
    """A session with our plugin."""
    found = start("plugged")
    found.kind = "plugged"
    return found


@pytest.fixture(scope="module")
def listening(start: Start) -> OpencodeSession:
    """A session that listens on a port, without our plugin."""
    found = start("listening")
    found.kind = "listening"
    return found


@pytest.fixture(params=["plugged", "listening"])
def session(request: pytest.FixtureRequest) -> OpencodeSession:
    """A session that can be answered, each way."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, OpencodeSession)
    return found


def command(stage: Stage, home: Path, verb: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "desktop", verb, "opencode", "--yes"], cwd=packages.ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
        env=stage.environment | {"XDG_CONFIG_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}"
    return done.stdout


def see(stage: Stage, agent: OpencodeSession, journey: str, phase: Phase, since: float) -> dict[str, object]:
    where = f" [{agent.kind}]" if agent.kind else ""
    return see_since(stage, agent.session, f"opencode: {journey}{where}", phase, since, in_window=False)


def asked(row: dict[str, object]) -> dict[str, object]:
    found = row["request"]
    assert isinstance(found, dict)
    return found


def notice_of(stage: Stage, words: str) -> Shown:
    """The notification that holds *words*."""

    def found() -> Shown | None:
        return next((notice for notice in stage.notices() if words in f"{notice.title} {notice.body}"), None)

    shown = until(found, lambda: f"a notification with {words!r}; shown: {stage.notices()}")
    assert shown is not None
    return shown


def rests(stage: Stage, agent: OpencodeSession, journey: str, phase: Phase, after: float) -> dict[str, object]:
    """Check what is told once the agent said that it rests."""
    return see(stage, agent, journey, phase, agent.wait_event("session.idle", after))


def test_a_session_is_idle_before_its_first_prompt(stage: Stage, plugged: OpencodeSession) -> None:
    row = see(stage, plugged, "a session starts", Phase.IDLE, plugged.begun_at)

    assert (row["pid"], row["cwd"]) == (plugged.pid, str(plugged.cwd))


def test_a_turn_is_working_and_then_it_is_your_turn(stage: Stage, session: OpencodeSession) -> None:
    session.wait_calm()
    at = session.prompt("slow: 2.5")

    row = see(stage, session, "a prompt is sent", Phase.WORKING, at)
    assert row["pid"] == session.pid
    rests(stage, session, "the turn ends, no file changed", Phase.YOUR_TURN, at)


def test_a_command_is_allowed_by_a_notification(stage: Stage, session: OpencodeSession) -> None:
    name = f"allowed-{session.kind}.txt"
    at = session.prompt(f"bash: touch {name}")

    row = see(stage, session, "it asks to run a command", Phase.NEEDS_APPROVAL, session.wait_asked(at))
    assert (asked(row)["text"], asked(row)["answerable"]) == (f"touch {name}", True)
    stage.press(notice_of(stage, name), "Allow")

    rests(stage, session, "allowed here, the turn ends", Phase.YOUR_TURN, at)
    assert (session.cwd / name).exists()


def test_a_file_to_write_is_shown_and_then_waits_for_review(stage: Stage, plugged: OpencodeSession) -> None:
    path = plugged.cwd / "written.txt"
    at = plugged.prompt(f"write: {path}")

    row = see(stage, plugged, "it asks to write a file", Phase.NEEDS_APPROVAL, plugged.wait_asked(at))
    assert "+hello" in str(asked(row)["text"])
    plugged.key("Enter")

    rests(stage, plugged, "allowed in the terminal, a file changed", Phase.NEEDS_REVIEW, at)
    until(lambda: not [each for each in stage.notices() if "written.txt" in each.body], "its notification to go")


def test_a_denial_reaches_the_model_which_goes_on(stage: Stage, plugged: OpencodeSession) -> None:
    name = f"denied-{plugged.kind}.txt"
    at = plugged.prompt(f"bash: touch {name}")
    plugged.wait_asked(at)

    stage.press(notice_of(stage, name), "Deny")

    rests(stage, plugged, "denied here, the turn goes on and ends", Phase.YOUR_TURN, at)
    plugged.wait_screen("does not want this")
    assert not (plugged.cwd / name).exists()


def test_a_request_refused_in_the_terminal_is_an_interruption(stage: Stage, plugged: OpencodeSession) -> None:
    at = plugged.prompt("bash: touch refused.txt")
    plugged.wait_asked(at)
    notice_of(stage, "refused.txt")

    plugged.key("Escape")

    rests(stage, plugged, "refused in the terminal", Phase.IDLE, at)
    until(lambda: not [each for each in stage.notices() if "refused.txt" in each.body], "its notification to go")


def test_two_calls_at_once_are_both_shown(stage: Stage, plugged: OpencodeSession) -> None:
    name = plugged.kind
    at = plugged.prompt(f"pair: touch {name}-1.txt ;; touch {name}-2.txt")
    until(lambda: len(plugged.events("permission.asked", at)) == 2, "two requests")

    for number in (1, 2):
        stage.press(notice_of(stage, f"{name}-{number}.txt"), "Allow")
        until((plugged.cwd / f"{name}-{number}.txt").exists, f"call {number} to be made:\n{plugged.screen()}")

    rests(stage, plugged, "two calls at once, both allowed", Phase.YOUR_TURN, at)


def test_an_error_stands_and_is_told_from_rest(stage: Stage, plugged: OpencodeSession) -> None:
    at = plugged.prompt("fail: 400")

    row = rests(stage, plugged, "an error of the service", Phase.FAILED, at)

    assert "scripted error 400" in str(row["reason"])


def test_a_retry_is_work_and_an_abort_an_interruption(stage: Stage, session: OpencodeSession) -> None:
    at = session.prompt("fail: 500")
    until(lambda: len(session.events("session.status", at)) > 2, "the agent to try again")

    see(stage, session, "it tries again and again", Phase.WORKING, at)
    session.abort()

    rests(stage, session, "aborted in the terminal", Phase.IDLE, at)


@needs_keys
def test_a_prompt_from_here_begins_a_turn_that_is_broken_off_here(stage: Stage, session: OpencodeSession) -> None:
    person = Person(stage)
    person.open_first(session.kind)  # its directory: both have one title
    before = now()

    person.press("r")
    person.type("slow: 31")
    person.press("ctrl+Return")
    at = session.wait_event("session.status", before)
    see(stage, session, "prompted from the window", Phase.WORKING, at)
    person.press("Tab", "Tab", "space")

    ended = session.wait_event("session.idle", at)
    see(stage, session, "interrupted from the window", Phase.IDLE, ended)


@needs_keys
def test_a_question_is_answered_in_own_words(stage: Stage, session: OpencodeSession) -> None:
    person = Person(stage)
    at = session.prompt(f"ask: Which one, {session.kind}?")
    row = see(stage, session, "it asks a question", Phase.NEEDS_ANSWER, session.wait_asked(at, "question"))
    person.open_first(str(row["name"]))

    person.press("r")
    person.type("MySQL it is")
    person.press("ctrl+Return")

    rests(stage, session, "answered here in own words", Phase.YOUR_TURN, at)
    session.wait_screen("MySQL it is")


@needs_keys
def test_always_shows_its_patterns_and_is_not_asked_again(stage: Stage, plugged: OpencodeSession) -> None:
    person = Person(stage)
    at = plugged.prompt("bash: mkdir a1 >> bash: mkdir a2")
    row = see(stage, plugged, "it asks, with a rule to take", Phase.NEEDS_APPROVAL, plugged.wait_asked(at))
    options = asked(row)["options"]
    assert isinstance(options, list)
    assert "bash: mkdir *" in str(options[0])
    person.open_first(str(row["name"]))

    person.press("Tab", "space")
    until(lambda: _pressed(person, plugged), "the window to let it be allowed", 8)

    rests(stage, plugged, "always allowed here, the turn ends", Phase.YOUR_TURN, at)
    assert (plugged.cwd / "a2").is_dir()
    assert len(plugged.events("permission.asked", at)) == 1


@needs_keys
def test_a_denial_carries_the_persons_reason(stage: Stage, plugged: OpencodeSession) -> None:
    person = Person(stage)
    at = plugged.prompt("bash: rmdir reasoned")
    row = see(stage, plugged, "it asks once more", Phase.NEEDS_APPROVAL, plugged.wait_asked(at))
    person.open_first(str(row["name"]))

    person.press("r")
    person.type("leave it there")
    person.press("ctrl+Return")

    rests(stage, plugged, "denied here with a reason", Phase.YOUR_TURN, at)
    plugged.wait_screen("leave it there")


def _pressed(person: Person, session: OpencodeSession) -> bool:
    """Press until it is taken: nothing can be allowed before it was there to be read."""
    if not person._stage.follower.of(session.session)[-1].row["request"]:
        return True
    person.press("ctrl+Return")
    return False


def test_a_request_outlives_the_tray(stage: Stage, plugged: OpencodeSession) -> None:
    at = plugged.prompt("bash: touch late.txt")
    plugged.wait_asked(at)
    left = notice_of(stage, "late.txt").id
    stage.kill_tray()
    stage.start_tray()
    # The plugin looks once a second whether there is another tray.
    came_at = now() + 1.0

    row = see(stage, plugged, "the tray comes later", Phase.NEEDS_APPROVAL, came_at)
    assert asked(row)["answerable"] is True
    until(lambda: notice_of(stage, "late.txt").id != left, lambda: f"another than {left}: {stage.notices()}")
    stage.press(notice_of(stage, "late.txt"), "Allow")
    rests(stage, plugged, "allowed in a later tray", Phase.YOUR_TURN, at)


def test_two_sessions_of_one_directory_are_told_apart_and_one_that_is_killed_ends(
    stage: Stage, start: Start, plugged: OpencodeSession
) -> None:
    second = start("plugged", plugged.cwd)
    see(stage, second, "a second session in the same directory", Phase.IDLE, second.begun_at)
    second.wait_calm()
    at = second.prompt("bash: touch second.txt")
    row = see(stage, second, "the second one asks", Phase.NEEDS_APPROVAL, second.wait_asked(at))
    assert row["pid"] == second.pid
    assert stage.follower.phase(plugged.session) != Phase.NEEDS_APPROVAL

    see(stage, second, "killed while it asks", Phase.ENDED, second.kill())


def test_without_plugin_and_port_its_database_tells(stage: Stage, start: Start) -> None:
    plain = start("plain")
    plain.kind = "plain"
    see(stage, plain, "a session starts", Phase.IDLE, plain.begun_at)
    at = plain.prompt("slow: 3")
    see(stage, plain, "a prompt is sent", Phase.WORKING, at)
    rests(stage, plain, "the turn ends", Phase.YOUR_TURN, at)
    at = plain.prompt("fail: 400")
    rests(stage, plain, "an error of the service", Phase.FAILED, at)
    at = plain.prompt("bash: touch unseen.txt")

    row = see(stage, plain, "it asks, which nothing tells", Phase.WORKING, plain.wait_asked(at))
    assert row["request"] is None


def test_disconnecting_takes_the_plugin_out_and_leaves_nothing(stage: Stage, plugged: OpencodeSession) -> None:
    folder = plugged.home / "opencode" / "plugins"
    assert (folder / "agent-tray.js").exists()

    command(stage, plugged.home, "disconnect")

    assert [each.name for each in folder.iterdir()] == ["witness.js"]


def test_its_database_is_left_as_it_is(stage: Stage, plugged: OpencodeSession) -> None:
    path = Path(stage.environment["XDG_DATA_HOME"]) / "opencode" / "opencode.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
