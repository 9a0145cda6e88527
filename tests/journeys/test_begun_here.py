"""A session that is begun from the tray's own form: all that it asks is asked here, and it ends with the tray."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.journeys import packages
from tests.journeys.person import Person
from tests.journeys.real_agent import KIND, Registered, until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Stage, now

pytestmark = pytest.mark.skipif(
    shutil.which("Xvfb") is None or shutil.which("xdotool") is None or shutil.which("xfwm4") is None,
    reason="real keys need Xvfb, xfwm4 and xdotool",
)
FORM = "^New session$"
BEGINS_WITHIN_S = 40.0


class BegunSession(Registered):
    """A session without a terminal, by what the tray and the agent's own files tell of it."""

    def __init__(self, stage: Stage, config: Path, pid: int) -> None:
        super().__init__(config, pid)
        self._stage = stage

    @property
    def row(self) -> dict[str, object]:
        return self._stage.row(self)

    def rows(self) -> list[dict[str, object]]:
        """All rows that are of this process or of its conversation."""
        rows = self._stage.status()["sessions"]
        assert isinstance(rows, list)
        return [row for row in rows if row["pid"] == self.pid or row["id"] == self.session]

    def screen(self) -> str:
        return ""


def living(stage: Stage) -> dict[str, dict[str, object]]:
    """The rows of this kind and in our project that have not ended, by their sessions; others run on this machine."""
    rows = stage.status()["sessions"]
    assert isinstance(rows, list)
    here = [row for row in rows if row["agent"] == KIND and row["cwd"] == str(stage.project)]
    return {str(row["id"]): row for row in here if row["phase"] != Phase.ENDED}


@pytest.fixture(scope="module")
def desk(stage: Stage) -> Iterator[Stage]:
    """A tray that finds the agent on its PATH, and whose hook the agent's home calls."""
    programs = stage.base / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "claude").symlink_to(packages.program_of(packages.LATEST))
    before = dict(stage.environment)
    stage.stop_tray()
    stage.environment |= stage.agent_variables(stage.config("one"))
    stage.environment["PATH"] = f"{programs}:{before['PATH']}"
    stage.start_tray()
    yield stage
    stage.environment.clear()
    stage.environment |= before


@pytest.fixture(scope="module")
def person(desk: Stage) -> Person:
    return Person(desk)


@pytest.fixture(scope="module")
def agent(desk: Stage, person: Person) -> BegunSession:
    """One session that every row plays in, begun from the form that ``start`` fills in."""
    known = living(desk)
    desk.command("start", KIND, "--cwd", str(desk.project), "bash: touch begun.txt")
    form = until(lambda: shown(desk), "the form to be shown")
    desk.x("xdotool", "windowactivate", "--sync", form)
    assert living(desk).keys() == known.keys(), "a command alone began a session"

    person.press("ctrl+Return")

    def begun() -> dict[str, object]:
        return next((row for session, row in living(desk).items() if session not in known and row["pid"]), {})

    row = until(begun, lambda: f"a session to begin; {desk.tray_log()[-500:]}", BEGINS_WITHIN_S)
    pid = row["pid"]
    assert isinstance(pid, int)
    return BegunSession(desk, desk.config("one"), pid)


def shown(stage: Stage) -> str:
    """The form as X names it; empty while there is none."""
    try:
        return stage.x("xdotool", "search", "--onlyvisible", "--name", FORM).split()[-1]
    except AssertionError:
        return ""


def says(person: Person, agent: BegunSession, prompt: str) -> float:
    """Give the resting session a prompt, in the window; return when."""
    until(lambda: agent.row["phase"] not in (Phase.WORKING, Phase.NEEDS_APPROVAL), lambda: f"rest: {agent.row}")
    person.open(agent)
    person.press("r")
    person.type(prompt)
    return person.press("ctrl+Return")


def heard(stage: Stage, words: str) -> bool:
    return any(words in str(sent["heard"]) for sent in stage.sent())


def rests(stage: Stage, agent: BegunSession, journey: str, phase: Phase) -> None:
    """See it end its turn, as its own file tells."""
    see_since(stage, agent.session, f"{journey} [begun here]", phase, agent.wait_status("idle"), in_window=False)


def test_what_it_asks_is_asked_here_once_and_runs_when_it_is_allowed(
    desk: Stage, agent: BegunSession, person: Person
) -> None:
    asked = person.wait_asked(agent, "touch begun.txt")
    assert asked["channel"] == "server"
    until(lambda: agent.status() == "waiting", "its own file to say that it waits")
    see_since(desk, agent.session, "it asks [begun here]", Phase.NEEDS_APPROVAL, now(), in_window=False)
    assert agent.rows() == [agent.row]
    assert person.request(agent) == asked
    assert len(person.notices(agent)) == 1
    assert not (desk.project / "begun.txt").exists()

    at = now()
    desk.press(person.notices(agent)[0], "Allow")

    person.wait_answered(agent, at, 2.0)
    until((desk.project / "begun.txt").exists, "the command to run")
    rests(desk, agent, "allowed", Phase.YOUR_TURN)


def test_a_reason_to_deny_is_heard_by_its_model(desk: Stage, agent: BegunSession, person: Person) -> None:
    says(person, agent, "bash: touch never.txt")
    person.wait_asked(agent, "never.txt")
    person.open(agent)

    person.press("r")
    person.type("use make instead")
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, 2.0)
    until(lambda: heard(desk, "use make instead"), "the model to hear it")
    assert not (desk.project / "never.txt").exists()
    agent.wait_status("idle")


def test_its_question_is_answered_with_a_choice(desk: Stage, agent: BegunSession, person: Person) -> None:
    says(person, agent, "ask: one")
    person.wait_asked(agent, "Which database")
    person.open(agent)

    person.press("2")
    at = person.press("ctrl+Return")

    person.wait_answered(agent, at, 2.0)
    until(lambda: heard(desk, r"=\"SQLite\""), "the model to hear it")
    agent.wait_status("idle")


def test_a_command_that_takes_long_counts_as_answered_and_can_be_interrupted(
    desk: Stage, agent: BegunSession, person: Person
) -> None:
    says(person, agent, "bash: touch slow.txt && sleep 20")
    person.wait_asked(agent, "slow.txt")
    person.open(agent)
    at = person.allow(agent)
    person.wait_answered(agent, at, 2.0)
    see_since(desk, agent.session, "a command runs [begun here]", Phase.WORKING, now(), in_window=False)

    person.press("Tab", "Tab", "space")

    ended = agent.wait_status("idle", at)
    see_since(desk, agent.session, "interrupted [begun here]", Phase.IDLE, ended, in_window=False)


def test_it_can_be_gone_on_with_elsewhere_and_ends_with_the_tray(
    desk: Stage, agent: BegunSession, person: Person
) -> None:
    says(person, agent, "slow: 60")
    agent.wait_status("busy")
    person.open(agent, phase="working")
    person.press("Tab", "Tab", "Tab", "Tab", "space")
    until(lambda: f"--resume {agent.session.partition(':')[2]}" in person.clipboard(), "the command on the clipboard")

    desk.stop_tray()

    until(agent.has_ended, "its process to end", 5)
    desk.start_tray()
    assert not [row for row in agent.rows() if row["phase"] != Phase.ENDED]
