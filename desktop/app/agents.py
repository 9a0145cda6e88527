"""Finds the adapters: every module of ``desktop.agents`` that defines an ``AGENT``."""

import importlib
import pkgutil

import desktop.agents
from desktop.domain.agent import Agent


def load_agents() -> tuple[Agent, ...]:
    """All agents there are, by kind; none at all means a broken build, and that is fatal."""
    modules = [importlib.import_module(f"desktop.agents.{found.name}") for found in _modules()]
    agents = [agent for module in modules if isinstance(agent := getattr(module, "AGENT", None), Agent)]
    if not agents:
        raise SystemExit("This build is broken: it knows no agents.")
    return tuple(sorted(agents, key=lambda agent: agent.kind))


def _modules() -> list[pkgutil.ModuleInfo]:
    return list(pkgutil.iter_modules(desktop.agents.__path__))
