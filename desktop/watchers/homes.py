"""The homes of agents that are known: where live-state files lie, and where something appears when a session starts."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind
from desktop.watchers import log_discovery
from desktop.watchers.ears import Interest
from desktop.watchers.runner import Runner
from desktop.watchers.state_files import StateFiles

# Homes come from the environment of processes; nobody has more than a few, and a flood of them costs watches.
MOST_HOMES = 64


class Homes:
    """Those with live state, by agent and path, and what is to be heard of them and of all others."""

    def __init__(self, agents: Sequence[Agent], environment: Mapping[str, str]) -> None:
        self._agents = agents
        self._environment = environment
        self._homes: dict[tuple[AgentKind, str], StateFiles] = {}
        self._roles: dict[str, list[StateFiles]] = {}
        self.births: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._homes)

    def __iter__(self) -> Iterator[tuple[AgentKind, str]]:
        return iter(self._homes)

    def values(self) -> list[StateFiles]:
        """The live-state files of every home."""
        return list(self._homes.values())

    def get(self, kind: AgentKind, path: str) -> StateFiles | None:
        """Those of one home, if it is known."""
        return self._homes.get((kind, path))

    def add(self, agent: Agent, path: str) -> StateFiles | None:
        """Take in a home; None when it is known already, or one too many."""
        key = (agent.kind, path)
        if key in self._homes or len(self._homes) >= MOST_HOMES:
            return None
        self._homes[key] = StateFiles(agent, path)
        return self._homes[key]

    def drop_unused(self, runners: Collection[Runner]) -> bool:
        """Let go of the homes that no process uses, but for the default ones; say whether there was one."""
        used = {(runner.agent.kind, home) for runner in runners for home in (runner.home, *runner.states)}
        before = len(self._homes)
        self._homes = {
            (kind, path): files
            for (kind, path), files in self._homes.items()
            if (kind, path) in used or path == self.default(files.agent)
        }
        return len(self._homes) < before

    def default(self, agent: Agent) -> str:
        """The home of sessions that name no other."""
        return log_discovery.default_home(agent, self._environment)

    def files_heard_of(self, directory: str) -> Sequence[StateFiles]:
        """The live-state files that lie in *directory*, or will lie below it."""
        return self._roles.get(directory, ())

    def interests(self, runners: Collection[Runner]) -> dict[str, Interest]:
        """Which directories to listen to."""
        interests: dict[str, Interest] = {}
        self._roles = {}
        for files in self._homes.values():
            nearest = log_discovery.nearest_existing(files.directory, os.path.dirname(files.home))
            if nearest:
                interests[nearest] = None
                self._roles.setdefault(nearest, []).append(files)
        self.births = frozenset(self._births(runners))
        return interests | dict.fromkeys(self.births)

    def _births(self, runners: Collection[Runner]) -> Iterator[str]:
        paths = {(runner.agent.kind, runner.home) for runner in runners}
        for agent in self._agents:
            if not agent.birth_dirs:
                continue
            for home in {self.default(agent), *(path for kind, path in paths if kind == agent.kind)}:
                environment = log_discovery.naming_home(agent, home, self._environment)
                for named in agent.birth_dirs:
                    directory = log_discovery.expanded(named, environment)
                    if directory and os.path.isdir(directory):
                        yield directory
