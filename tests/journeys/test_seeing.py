"""Every phase of a real session is right within a second of the change: in status, on the icon, in the window."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.journeys import packages
from tests.journeys.real_agent import Registered, until
from tests.journeys.seeing import see, see_since
from tests.journeys.stage import Stage, now

# Which session plays: one whose agent calls our hook, one in another home that does not, one of an older version.
PLAYERS = {
    "connected": ("one", packages.LATEST),
    "unconnected": ("two", packages.LATEST),
    "older": ("one", packages.OLDER),
}


class Player:
    """A session that plays row after row."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.name = name
        self.is_connected = name != "unconnected"
        self.enters()

    def enters(self) -> None:
        config, version = PLAYERS[self.name]
        self.agent = self.stage.agent(config=config, version=version)
        self.begun_at = 0.0

    def leaves(self) -> None:
        """Go, and come back as another session."""
        self.agent.quit()
        self.enters()

    def is_ready(self) -> None:
        """Begin anew where a row before left something open."""
        if self.agent.status() != "idle":
            self.leaves()

    def plays(self, prompt: str) -> None:
        self.is_ready()
        self.begun_at = self.agent.stamp()
        self.agent.prompt(prompt)

    def sees(self, what: str, phase: Phase, says: str) -> dict[str, object]:
        """Check *phase* against the agent's next word *says*."""
        row = see(self.stage, self.agent, f"{what} [{self.name}]", phase, says, self.begun_at)
        self.begun_at = self.agent.stamp()
        return row

    def answers(self, key: str) -> None:
        self.agent.answer(key)

    def says_no(self) -> None:
        shown = self.agent.wait_screen("❯ 1.")
        number = re.search(r"(\d)\. No", shown)
        assert number is not None, shown
        self.agent.answer(number[1])


@pytest.fixture(scope="module", autouse=True)
def window_in_view(stage: Stage) -> None:
    """A window with the list of sessions, whatever was done with it before."""
    stage.stop_tray()
    stage.start_tray()
    stage.follower.tell("raise")


@pytest.fixture(scope="module", params=list(PLAYERS))
def player(stage: Stage, window_in_view: None, request: pytest.FixtureRequest) -> Iterator[Player]:
    """A session that every row of the module plays in."""
    found = Player(stage, request.param)
    yield found
    found.agent.quit()


def test_a_new_session_is_idle(player: Player) -> None:
    row = player.sees("a session starts", Phase.IDLE, "idle")

    assert row["pid"] == player.agent.pid
    assert row["cwd"] == str(player.agent.cwd)


def test_a_turn_is_working_and_then_it_is_your_turn(player: Player) -> None:
    player.plays("slow: 1.5")

    player.sees("a prompt is sent", Phase.WORKING, "busy")
    player.sees("the turn ends, no file changed", Phase.YOUR_TURN, "idle")


def test_a_command_waits_for_approval(player: Player) -> None:
    player.plays("bash: touch one.txt")

    row = player.sees("it asks to run a command", Phase.NEEDS_APPROVAL, "waiting")
    request = row["request"]
    assert isinstance(request, dict)
    assert (request["tool"], request["text"]) == ("Bash", "touch one.txt")
    assert request["answerable"] is player.is_connected
    player.answers("1")
    player.sees("allowed in the terminal, the turn ends", Phase.YOUR_TURN, "idle")


def test_a_file_to_write_waits_for_approval_and_then_for_review(player: Player, stage: Stage) -> None:
    path = stage.project / f"{player.name.replace(', ', '-').replace(' ', '-')}.txt"
    player.plays(f"write: {path}")

    row = player.sees("it asks to write a file", Phase.NEEDS_APPROVAL, "waiting")
    request = row["request"]
    assert isinstance(request, dict)
    assert request["tool"] == "Write"
    player.answers("1")
    player.sees("the turn ends, a file changed", Phase.NEEDS_REVIEW, "idle")


def test_two_calls_at_once_are_asked_one_after_the_other(player: Player) -> None:
    player.plays("pair: touch first.txt ;; touch second.txt")

    row = player.sees("two calls: the first is asked", Phase.NEEDS_APPROVAL, "waiting")
    assert isinstance(row["request"], dict)
    assert row["request"]["text"] == "touch first.txt"
    player.answers("1")
    row = player.sees("two calls: the second is asked", Phase.NEEDS_APPROVAL, "waiting")
    assert isinstance(row["request"], dict)
    assert row["request"]["text"] == "touch second.txt"
    player.answers("1")
    player.sees("two calls: both allowed, the turn ends", Phase.YOUR_TURN, "idle")


@pytest.mark.parametrize("kind", ["one", "many", "two"])
def test_a_question_waits_for_an_answer_and_escape_ends_it(player: Player, kind: str) -> None:
    player.plays(f"ask: {kind}")

    row = player.sees(f"question: {kind}", Phase.NEEDS_ANSWER, "waiting")
    request = row["request"]
    assert isinstance(request, dict)
    assert request["kind"] == "question"
    player.answers("Escape")
    player.sees(f"question: {kind}, Esc", Phase.IDLE, "idle")


def test_an_error_of_the_service_is_a_failure(player: Player) -> None:
    player.plays("fail: 400")

    player.sees("the service answers with an error", Phase.FAILED, "idle")


def test_a_task_in_the_background_is_scheduled(player: Player) -> None:
    player.plays("shell: sleep 3; touch later.txt")
    player.agent.wait_status("waiting", player.begun_at)
    player.answers("1")

    player.sees("a shell runs in the background", Phase.SCHEDULED, "shell")
    player.sees("the shell ended, the agent took note", Phase.YOUR_TURN, "idle")


def test_escape_in_a_dialog_leaves_the_session_idle(player: Player) -> None:
    player.plays("bash: touch escaped.txt")
    player.sees("it asks, about to be escaped", Phase.NEEDS_APPROVAL, "waiting")

    player.answers("Escape")

    player.sees("Esc in a dialog", Phase.IDLE, "idle")


def test_no_in_the_terminal_leaves_the_session_idle(player: Player) -> None:
    player.plays("bash: touch refused.txt")
    player.agent.wait_status("waiting", player.begun_at)

    player.says_no()

    player.sees("No in the terminal", Phase.IDLE, "idle")


def test_an_interrupted_turn_leaves_the_session_idle(player: Player) -> None:
    player.plays("slow: 30")
    player.sees("it works, about to be interrupted", Phase.WORKING, "busy")

    player.agent.key("Escape")

    player.sees("Esc while working", Phase.IDLE, "idle")


@pytest.mark.parametrize("step", ["helper", "helper-wait"])
def test_a_subagent_asks(player: Player, stage: Stage, step: str) -> None:
    what = "the turn of its parent is over" if step == "helper" else "its parent waits for it"
    sent = len(stage.sent())
    player.plays(f"{step}: bash: touch {step}.txt >> say it runs")

    def asked_at() -> float:
        return next((float(str(item["at"])) for item in stage.sent()[sent:] if item["step"] == "bash"), 0.0)

    if player.name == "connected":
        # Its dialog is hidden while our hook holds it: the model's word is the only trace.
        asked = f"a subagent asks, hidden; {what} [{player.name}]"
        at = until(asked_at, "the subagent to ask")
        row = see_since(stage, player.agent.session, asked, Phase.NEEDS_APPROVAL, at)
        assert isinstance(row["request"], dict)
        assert (row["request"]["text"], row["request"]["answerable"]) == (f"touch {step}.txt", True)
        player.leaves()
    else:
        player.sees(f"a subagent asks; {what}", Phase.NEEDS_APPROVAL, "waiting")
        player.answers("1")
        player.sees(f"a subagent is done; {what}", Phase.YOUR_TURN, "idle")


def test_a_turn_is_not_over_while_a_subagent_of_it_works(player: Player, stage: Stage) -> None:
    player.plays("helper: slow: 3 >> say it runs")

    player.sees("a subagent works, its parent's turn is over", Phase.WORKING, "busy")
    helpers = until(lambda: stage.row(player.agent).get("subagents"), lambda: f"one: {stage.row(player.agent)}")
    assert isinstance(helpers, list)
    assert [helper["role"] for helper in helpers] == ["general-purpose"]
    assert (helpers[0]["model"] is None) is (player.name == "older")  # which does not tell it
    before = now()
    player.sees("the subagent has reported", Phase.YOUR_TURN, "idle")
    told = {each.phase for each in stage.follower.of(player.agent.session) if each.at > before}
    assert told <= {Phase.WORKING, Phase.YOUR_TURN}


def test_clear_begins_another_session_in_the_same_process(player: Player, stage: Stage) -> None:
    player.is_ready()
    before = player.agent.session
    at = now()

    player.agent.type("/clear")
    player.agent.key("Enter")
    until(lambda: player.agent.session != before, "another conversation")

    player.sees("/clear: the new conversation", Phase.IDLE, "idle")
    see_since(
        stage, before, f"/clear: the old conversation [{player.name}]", Phase.ENDED, max(at, player.agent.stamp())
    )


def test_a_plan_waits_for_approval(stage: Stage) -> None:
    agent = stage.agent(mode="plan")
    agent.prompt("plan: 1. Paint it red")

    row = see(stage, agent, "it presents a plan", Phase.NEEDS_APPROVAL, "waiting")

    assert isinstance(row["request"], dict)
    assert row["request"]["kind"] == "plan"
    agent.quit()


def test_sessions_of_two_homes_are_seen_at_once(stage: Stage) -> None:
    agents = [stage.agent(config=config) for config in ("one", "three")]
    for agent in agents:
        agent.prompt("bash: touch both.txt")

    for agent in agents:
        see(stage, agent, f"two homes at once ({agent.config.name})", Phase.NEEDS_APPROVAL, "waiting")
    for agent in agents:
        agent.quit()


def test_a_run_without_a_terminal_works_and_ends(stage: Stage) -> None:
    process = stage.run_agent(["-p", "slow: 2"])
    found = Registered(stage.config("one"), process.pid)
    found.wait_status("busy")
    session = found.session

    see(stage, found, "a run with -p works", Phase.WORKING, "busy")

    process.wait(20)
    see_since(stage, session, "a run with -p ends", Phase.ENDED, now())


def test_a_session_in_the_background_waits_for_approval(stage: Stage) -> None:
    config = stage.config("one")
    known = set((config / "sessions").glob("*.json"))
    begun = stage.run_agent(["--bg", "--permission-mode", "manual", "bash: touch in-background.txt"])
    begun.wait(30)

    def fresh() -> Path | None:
        return next(iter(set((config / "sessions").glob("*.json")) - known), None)

    path = until(fresh, "the file of the background session")
    assert path is not None
    found = Registered(config, int(path.stem))

    see(stage, found, "a session in the background asks", Phase.NEEDS_APPROVAL, "waiting")

    stage.run_agent(["daemon", "stop", "--any"]).wait(30)
    until(found.has_ended, "the background session to end")


def test_a_killed_session_ends_and_does_not_come_back(stage: Stage) -> None:
    agent = stage.agent()
    agent.prompt("bash: touch never.txt")
    agent.wait_status("waiting")
    session = agent.session

    see_since(stage, session, "kill -9 while it asks", Phase.ENDED, agent.kill())
    assert agent.registry(), "the agent left its file behind"
    stage.stop_tray()
    stage.start_tray()

    shown = stage.status()["sessions"]
    assert isinstance(shown, list)
    assert session not in [row["id"] for row in shown if row["phase"] != "ended"]
