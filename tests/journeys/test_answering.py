"""Real agents ask, a person answers at the tray's window or on a notification, and the agents go on."""

import os
import pty
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.person import Person, dialog_is_open, needs_keys, relays
from tests.journeys.real_agent import RealAgent, until
from tests.journeys.stage import Shown, Stage

# What a person's act and the agent's next step may take together, on a machine that does other things too.
AT_ONCE_S = 2.0


@pytest.fixture(scope="module")
def shared(stage: Stage) -> Iterator[RealAgent]:
    """One session for all journeys that leave it as it was."""
    agent = stage.agent()
    yield agent
    agent.quit()


@pytest.fixture
def agent(shared: RealAgent, person: Person) -> Iterator[RealAgent]:
    """The shared session, at rest and with nothing open."""
    until(lambda: shared.status() == "idle" and shared.has_empty_prompt(), f"rest:\n{shared.screen()}")
    until(lambda: not person.notices(shared), "an empty screen")
    yield shared
    if dialog_is_open(shared):
        shared.key("Escape")
    shared._tmux("clear-history", "-t", shared.pane_id)


@pytest.fixture
def fresh(stage: Stage) -> Iterator[RealAgent]:
    """A session of its own, for what changes how it goes on."""
    agent = stage.agent()
    yield agent
    agent.quit()


@pytest.fixture
def person(stage: Stage) -> Person:
    return Person(stage)


def ask(agent: RealAgent, person: Person, prompt: str, words: str = "") -> dict[str, object]:
    """Let the agent's model ask for something, and wait until the tray shows it."""
    agent.key("C-l")
    agent.prompt(prompt)
    found = person.wait_asked(agent, words)
    # The dialog takes no keys before it is drawn: a digit pressed now would land in the prompt box.
    until(lambda: dialog_is_open(agent), f"the agent's own dialog:\n{agent.screen()}")
    return found


def notice_of(stage: Stage, words: str) -> Shown:
    """The notification that holds *words*."""

    def found() -> Shown | None:
        return next((notice for notice in stage.notices() if words in f"{notice.title} {notice.body}"), None)

    shown = until(found, f"a notification with {words!r}; shown: {stage.notices()}")
    assert shown is not None
    return shown


# -- the window


@needs_keys
def test_allow_in_the_window_lets_the_command_run(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "bash: touch allowed.txt", "allowed.txt")
    person.open(agent)

    at = person.allow(agent)

    person.wait_answered(agent, at, AT_ONCE_S)
    until((stage.project / "allowed.txt").exists, "the command to run")
    agent.wait_screen("Allowed by PermissionRequest hook")


@needs_keys
def test_the_agents_own_rule_goes_along_when_it_is_ticked(stage: Stage, fresh: RealAgent, person: Person) -> None:
    asked = ask(fresh, person, "write: ruled.txt", "ruled.txt")
    assert asked["options"] == ["accept edits — in this session"]
    person.open(fresh)

    person.press("Tab", "space")
    at = person.allow(fresh)

    person.wait_answered(fresh, at, AT_ONCE_S)
    fresh.wait_screen("accept edits on")
    assert "allow with rule" in verdicts(stage)


@needs_keys
def test_each_rule_can_be_taken_along_by_itself(stage: Stage, fresh: RealAgent, person: Person) -> None:
    asked = ask(fresh, person, "bash: touch second_rule.txt", "second_rule.txt")
    options = asked["options"]
    assert isinstance(options, list)
    assert [option.partition(" ")[0] for option in options] == ["directory", "accept"]
    person.open(fresh)

    person.press("Tab", "Tab", "space")
    at = person.allow(fresh)

    person.wait_answered(fresh, at, AT_ONCE_S)
    fresh.wait_screen("accept edits on")


@needs_keys
def test_deny_in_the_window_refuses_and_the_agent_goes_on(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "bash: touch denied.txt >> I heard you", "denied.txt")
    person.open(agent)

    at = person.press("d")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("I heard you")
    assert not (stage.project / "denied.txt").exists()


@needs_keys
def test_a_reason_reaches_the_agent_word_for_word(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "bash: touch reason.txt", "reason.txt")
    person.open(agent)

    person.press("r")
    person.type('use "make" & not touch')
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen('Reason: use "make" & not touch')


@needs_keys
def test_deny_and_stop_ends_the_turn(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "bash: touch stopped.txt >> I went on all the same", "stopped.txt")
    person.open(agent)

    person.press("r", "shift+Tab", "space")
    person.press("Down")
    at = person.press("Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("Interrupted")
    assert "I went on all the same" not in agent.screen().rpartition("Interrupted")[2]


@needs_keys
@pytest.mark.parametrize(
    ("prompt", "keys", "typed", "answers"),
    [
        ("ask: one", ["2"], "", ["SQLite"]),
        ("ask: many", ["1", "3"], "", ["Login, Export"]),
        ("ask: one", ["r"], "DuckDB, or none", ["DuckDB, or none"]),
    ],
    ids=["one", "several choices", "own words"],
)
def test_a_question_is_answered_in_the_window(
    agent: RealAgent, person: Person, prompt: str, keys: list[str], typed: str, answers: list[str]
) -> None:
    ask(agent, person, prompt)
    person.open(agent)

    person.press(*keys)
    if typed:
        person.type(typed)
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    for answer in answers:
        agent.wait_screen(f"→ {answer}")


@needs_keys
def test_several_questions_are_answered_at_once(agent: RealAgent, person: Person) -> None:
    ask(agent, person, "ask: two")
    person.open(agent)

    person.press("1", "Tab", "Tab", "Tab", "space", "Tab", "space")
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("→ PostgreSQL")
    agent.wait_screen("→ Login, Search")


@needs_keys
def test_a_plan_is_approved_with_the_mode_that_follows(stage: Stage, person: Person) -> None:
    agent = stage.agent(mode="plan")
    ask(agent, person, "plan: 1. Do the one thing")
    person.open(agent)

    person.press("Tab", "Down")
    at = person.allow(agent)

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("Done.")
    until(lambda: "plan mode on" not in agent.screen(), "plan mode to end")
    agent.quit()


@needs_keys
def test_a_plan_is_sent_back_with_feedback(stage: Stage, person: Person) -> None:
    agent = stage.agent(mode="plan")
    ask(agent, person, "plan: 1. Do the other thing")
    person.open(agent)

    person.press("r")
    person.type("do it twice")
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("do it twice")
    agent.wait_screen("plan mode on")
    agent.quit()


@needs_keys
def test_a_prompt_is_typed_into_the_sessions_own_pane(stage: Stage, agent: RealAgent, person: Person) -> None:
    person.open(agent)

    person.press("r")
    person.type('say "hello"; & then rest')
    person.press("ctrl+Return")

    agent.wait_screen('❯ say "hello"; & then rest')
    agent.wait_status("idle")


@needs_keys
def test_a_session_outside_tmux_gets_its_prompt_in_its_own_inbox(stage: Stage, person: Person) -> None:
    home = stage.config("one")
    with in_a_plain_terminal(stage, home) as pid:
        registry = home / "sessions" / f"{pid}.json"
        until(registry.exists, "the session to start")
        until(lambda: '"idle"' in registry.read_text(), "the session to rest")
        until(lambda: any(row["pid"] == pid for row in sessions(stage)), "the session to be shown")
        before = len(stage.sent())
        person.open_first(str(next(row["name"] for row in sessions(stage) if row["pid"] == pid)))
        person.press("r")
        person.type("hello in there")

        person.press("ctrl+Return")

        until(lambda: len(stage.sent()) > before, "a turn to begin")


@needs_keys
def test_interrupt_ends_the_turn_that_runs(stage: Stage, agent: RealAgent, person: Person) -> None:
    agent.prompt("slow: 30")
    agent.wait_status("busy")
    person.open(agent, phase="working")

    person.press("Tab", "Tab", "space")

    agent.wait_screen("Interrupted", 5)
    agent.wait_status("idle")


@needs_keys
def test_stop_asks_once_and_ends_the_process(stage: Stage, fresh: RealAgent, person: Person) -> None:
    fresh.prompt("slow: 30")
    fresh.wait_status("busy")
    person.open(fresh, phase="working")

    person.press("Tab", "Tab", "Tab", "space")
    person.press("Tab", "Tab", "Tab", "Tab", "space")  # past resuming, its terminal, its name and task

    until(fresh.has_ended, "the process to end", 8)


@needs_keys
def test_the_resume_command_goes_to_the_clipboard(stage: Stage, fresh: RealAgent, person: Person) -> None:
    fresh.prompt("slow: 30")
    fresh.wait_status("busy")
    session = fresh.session.partition(":")[2]
    person.open(fresh, phase="working")

    person.press("Tab", "Tab", "Tab", "Tab", "space")

    until(lambda: session in person.clipboard(), "the command on the clipboard")
    assert "--resume" in person.clipboard()


# -- notifications


@pytest.mark.parametrize(("label", "runs"), [("Allow", True), ("Deny", False)])
def test_a_button_of_a_notification_answers(
    stage: Stage, agent: RealAgent, person: Person, label: str, *, runs: bool
) -> None:
    file = f"by_{label.lower()}.txt"
    ask(agent, person, f"bash: touch {file}", file)
    notice = notice_of(stage, file)

    at = time.time()
    stage.press(notice, label)

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("Allowed by PermissionRequest hook" if runs else "Denied by PermissionRequest hook")
    until(lambda: (stage.project / file).exists() is runs, "the command to run, or not")


def test_an_option_on_a_notification_answers_the_question(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "ask: one")
    notice = notice_of(stage, "Which database")

    at = time.time()
    stage.press(notice, "SQLite")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("→ SQLite")


@needs_keys
def test_reply_on_a_notification_opens_our_own_box_with_the_cursor_in_it(
    stage: Stage, agent: RealAgent, person: Person
) -> None:
    ask(agent, person, "ask: one")
    person.look()
    person.press("Escape", "Escape")
    notice = notice_of(stage, "Which database")

    stage.press(notice, "Reply…")
    person.look()
    person.type("neither of them")
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("→ neither of them")


def test_words_typed_into_a_notification_answer_the_question(stage: Stage, agent: RealAgent, person: Person) -> None:
    stage.serve_notifications("actions,body,persistence,inline-reply")
    try:
        ask(agent, person, "ask: one")
        notice = notice_of(stage, "Which database")
        at = time.time()
        stage.reply(notice, "neither; a file\nwill do")

        person.wait_answered(agent, at, AT_ONCE_S)
        agent.wait_screen("→ neither; a file")
    finally:
        stage.serve_notifications()


# -- races and falls


def test_a_request_answered_in_the_terminal_is_gone_everywhere_within_a_second(
    stage: Stage, agent: RealAgent, person: Person
) -> None:
    ask(agent, person, "bash: touch there_first.txt", "there_first.txt")
    notice = notice_of(stage, "there_first.txt")

    at = agent.answer("1")

    person.wait_answered(agent, at, 1.0)
    until((stage.project / "there_first.txt").exists, "the command to run")
    until(lambda: not relays(stage.home), "the relay to end", 2)
    before = verdicts(stage)
    stage.press(notice, "Deny")
    agent.wait_status("idle")
    assert verdicts(stage) == before


@needs_keys
def test_of_two_answers_at_once_one_is_taken(stage: Stage, agent: RealAgent, person: Person) -> None:
    ask(agent, person, "bash: touch twice.txt", "twice.txt")
    notice = notice_of(stage, "twice.txt")
    before = len(verdicts(stage))
    person.open(agent)

    at = time.time()
    stage.press(notice, "Deny")
    person.press("d", "d")
    stage.press(notice, "Allow")

    person.wait_answered(agent, at, AT_ONCE_S)
    agent.wait_screen("Denied by PermissionRequest hook")
    assert len(verdicts(stage)) == before + 1
    assert not (stage.project / "twice.txt").exists()


def test_a_tray_that_is_killed_leaves_the_request_to_the_terminal(
    stage: Stage, agent: RealAgent, person: Person
) -> None:
    ask(agent, person, "bash: touch survived.txt", "survived.txt")
    assert relays(stage.home)

    stage.kill_tray()
    at = time.time()

    until(lambda: not relays(stage.home), "the relay to end", 2)
    assert time.time() - at < 2
    assert dialog_is_open(agent)
    stage.start_tray()
    shown = person.wait_asked(agent, "survived.txt", answerable=False)
    assert shown["channel"] == "terminal"
    agent.answer("1")
    until(lambda: not person.request(agent), "the request to be gone", AT_ONCE_S)
    until((stage.project / "survived.txt").exists, "the command to run")


# -- inside


def verdicts(stage: Stage) -> list[str]:
    """Every decision on record, oldest first."""
    path = stage.home / ".state" / "agent-tray" / "ledger.sqlite3"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as ledger:
        return [row[0] for row in ledger.execute("select verdict from decisions order by rowid")]


def sessions(stage: Stage) -> list[dict[str, object]]:
    found = stage.status()["sessions"]
    assert isinstance(found, list)
    return found


class in_a_plain_terminal:  # noqa: N801  # used as a statement
    """A session in a terminal that no multiplexer holds."""

    def __init__(self, stage: Stage, home: Path) -> None:
        self._stage, self._home = stage, home

    def __enter__(self) -> int:
        self._screen, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [str(self._stage._programs["2.1.330"]), "--permission-mode", "manual"], cwd=self._stage.project,
            env=self._stage.environment | self._stage.agent_variables(self._home), stdin=terminal, stdout=terminal,
            stderr=terminal, start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        threading.Thread(target=self._drain, daemon=True).start()
        return self._process.pid

    def __exit__(self, *failure: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._screen)

    def _drain(self) -> None:
        try:
            while os.read(self._screen, 65536):
                pass
        except OSError:
            return
