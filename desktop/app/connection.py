"""Connecting an agent: our hook in its settings, planned, shown, carried out. Shared by command line and window."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind
from desktop.domain.session import Session
from desktop.formats import text
from desktop.relay import main as relay
from desktop.storage import hook_setup, paths
from desktop.storage.hook_setup import Plan, SetupError

log = logging.getLogger(__name__)


def homes_of(agent: Agent, sessions: Iterable[Session] = ()) -> tuple[Path, ...]:
    """Every configuration directory of *agent*: the one this program would use, and those of running sessions."""
    named = os.environ.get(agent.home_variable, "") if agent.home_variable else ""
    first = (Path(named, agent.home_below) if named else Path(agent.default_home)).expanduser()
    found = [first, *(Path(session.home) for session in sessions if session.agent == agent.kind and session.home)]
    return tuple(dict.fromkeys(found))


def version_of(agent: Agent, sessions: Iterable[Session]) -> tuple[int, ...]:
    """The oldest version among the running sessions: no hook event may be registered that one of them lacks."""
    versions = [parsed for session in sessions if session.agent == agent.kind and (parsed := _parsed(session.version))]
    return min(versions, default=())


def _parsed(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def plans(agent: Agent, homes: Iterable[Path], *, removes: bool, version: tuple[int, ...] = ()) -> list[Plan]:
    """What connecting (or disconnecting) *agent* changes, one plan a file; only those that change anything."""
    places = paths.places()
    made: list[Plan] = []
    for home in homes:
        if removes:
            made += hook_setup.plans_to_disconnect(agent, home, places.hook_records)
        else:
            command = hook_setup.relay_command(places.relay)
            made += hook_setup.plans_to_connect(agent, home, command, places.hook_records, version)
    return list({plan.path: plan for plan in made if plan.is_needed}.values())


def carry_out(made: Iterable[Plan]) -> None:
    """Put the relay in its place and apply the plans."""
    listed = list(made)
    if any(plan.is_connecting for plan in listed):
        refresh_relay()
    for plan in listed:
        hook_setup.apply(plan)


def refresh_relay() -> None:
    """Make the installed copy of the relay the one that this version speaks with."""
    try:
        hook_setup.install_relay(Path(relay.__file__), paths.places().relay)
    except OSError as error:
        raise SetupError(
            f"{paths.places().relay} could not be written ({error.strerror}). Make it writable."
        ) from error


def is_connected(agent: Agent, homes: Iterable[Path]) -> bool:
    """Whether every one of these homes calls our relay."""
    listed = [home for home in homes if home.is_dir()]
    return bool(listed) and all(hook_setup.is_connected(agent, home) for home in listed)


def connected(agents: Iterable[Agent], sessions: Iterable[Session] = ()) -> dict[AgentKind, bool]:
    """Which agents call our relay."""
    known = list(sessions)
    return {agent.kind: is_connected(agent, homes_of(agent, known)) for agent in agents if agent.hook_setup is not None}


def diff_of(made: Iterable[Plan]) -> str:
    """The plans as one text for a person to read."""
    return "\n".join(text.clean(plan.diff, 100_000) for plan in made)
