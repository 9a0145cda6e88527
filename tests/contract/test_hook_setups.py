"""What connecting promises for every agent that can be connected, in the shape of its own settings."""

import json
from pathlib import Path

import pytest

from desktop.app.agents import load_agents
from desktop.domain.agent import Agent, HookSetup
from desktop.storage import hook_setup
from desktop.storage.hook_setup import Plan

COMMAND = ("/usr/bin/python3", "-I", "-S", "/home/a dev/.local/share/agent-tray/relay.py")
AGENTS = [agent for agent in load_agents() if agent.hook_setup is not None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "person"))  # for setups that lie elsewhere than in the agent's home
    (tmp_path / "agent").mkdir()
    (tmp_path / "person").mkdir()
    return tmp_path / "agent"


def setup_of(agent: Agent) -> HookSetup:
    assert agent.hook_setup is not None
    return agent.hook_setup


def connect(agent: Agent, home: Path) -> list[Plan]:
    made = hook_setup.plans_to_connect(agent, home, COMMAND, home.parent / "records")
    for plan in made:
        hook_setup.apply(plan)
    return made


def disconnect(agent: Agent, home: Path) -> None:
    for plan in hook_setup.plans_to_disconnect(agent, home, home.parent / "records"):
        hook_setup.apply(plan)


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.parts[-2] != "records" and path.name != "records")


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.kind)
def test_what_was_put_in_comes_out_without_a_trace(agent: Agent, home: Path) -> None:
    before = files_below(home.parent)

    made = connect(agent, home)
    assert hook_setup.is_connected(agent, home)
    assert all(plan.diff for plan in made)
    assert not any(plan.is_needed for plan in connect(agent, home))
    disconnect(agent, home)

    assert files_below(home.parent) == before
    assert not hook_setup.is_connected(agent, home)


@pytest.mark.parametrize("agent", [each for each in AGENTS if setup_of(each).events], ids=lambda agent: agent.kind)
def test_settings_of_somebody_else_come_back_byte_for_byte(agent: Agent, home: Path) -> None:
    setup = setup_of(agent)
    path = (Path(setup.base).expanduser() if setup.base else home) / setup.file
    path.parent.mkdir(parents=True, exist_ok=True)
    theirs = {"theme": "dark", "hooks": {setup.events[0].name: [{"matcher": "x", "hooks": [{"command": "theirs"}]}]}}
    text = json.dumps(theirs, indent=3) + "\n"
    path.write_text(text)

    connect(agent, home)
    written = json.loads(path.read_text())
    path.write_text(path.read_text() + "\n")  # somebody else wrote: no shortcut by the backup
    disconnect(agent, home)

    assert written["theme"] == "dark"
    assert written["hooks"][setup.events[0].name][0] == theirs["hooks"][setup.events[0].name][0]  # type: ignore[index]
    assert json.loads(path.read_text())["hooks"] == theirs["hooks"]
    assert path.read_text().startswith(text.rstrip()[:-2]) or setup.shape.version


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.kind)
def test_only_what_a_person_may_answer_is_given_long(agent: Agent) -> None:
    long = [event for event in setup_of(agent).events if event.timeout_s > 10]

    assert not long or agent.asks_by_hook is not None
    assert len(long) <= 1
