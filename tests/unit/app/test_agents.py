"""Tests of finding the adapters."""

from pathlib import Path

import pytest

import desktop.agents
from desktop.app import agents
from desktop.domain.agent import Agent


def test_every_module_of_the_package_is_an_agent_or_a_part_of_one() -> None:
    modules = {path.stem for path in Path(desktop.agents.__path__[0]).glob("*.py")} - {"__init__"}

    found = agents.load_agents()

    adapters = {agent.kind.replace("-", "_") for agent in found}
    assert {name for name in modules if not any(f"{name}_".startswith(f"{known}_") for known in adapters)} == set()
    assert len(found) == len(adapters)
    assert all(isinstance(agent, Agent) for agent in found)


def test_agents_have_names_of_their_own() -> None:
    kinds = [agent.kind for agent in agents.load_agents()]

    assert len(set(kinds)) == len(kinds)
    assert kinds == sorted(kinds)


def test_a_build_without_agents_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(desktop.agents, "__path__", [str(tmp_path)])

    with pytest.raises(SystemExit, match="knows no agents"):
        agents.load_agents()


def test_no_agent_is_named_outside_its_own_module() -> None:
    root = Path(desktop.agents.__path__[0]).parent
    others = [path for path in root.rglob("*.py") if path.parent.name != "agents"]

    told = [
        f"{path.relative_to(root)} names {agent.kind}"
        for path in others
        for agent in agents.load_agents()
        if f'"{agent.kind}"' in path.read_text(encoding="utf-8")
    ]

    assert told == []
