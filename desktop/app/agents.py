"""Finds the adapters: every module of ``desktop.agents`` that defines an ``AGENT``."""

import importlib
import pkgutil
from collections.abc import Sequence
from datetime import UTC, datetime

import desktop.agents
from desktop.domain.agent import Agent
from desktop.domain.events import HealthReported
from desktop.domain.ports import Sink
from desktop.domain.settings import Settings


def load_agents() -> tuple[Agent, ...]:
    """All agents there are, by kind; none at all means a broken build, and that is fatal."""
    modules = [importlib.import_module(f"desktop.agents.{found.name}") for found in _modules()]
    agents = [agent for module in modules if isinstance(agent := getattr(module, "AGENT", None), Agent)]
    if not agents:
        raise SystemExit("This build is broken: it knows no agents.")
    return tuple(sorted(agents, key=lambda agent: agent.kind))


def with_described(known: Sequence[Agent], settings: Settings, sink: Sink) -> tuple[Agent, ...]:
    """Put those that the person described beside the *known* ones; whatever is wrong with one is reported."""
    if not settings.agents:
        return tuple(known)
    from desktop.app.described import agents_of

    made, refused = agents_of(settings.agents, [agent.kind for agent in known])
    for name, why in refused:
        sink(HealthReported(f"the agent {name}", datetime.now(UTC), f"{name}: {why}", "See Settings, Agents."))
    return (*known, *made)


def _modules() -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(desktop.agents.__path__))
