"""Sessions of agents that keep them in a database: which process shows which, and what is written of each.

A database names no process. What a process says of itself is believed first; else directory and start decide.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from desktop.domain.agent import StoredSession
from desktop.domain.events import Event
from desktop.domain.ids import SessionId, session_id, stand_in_id
from desktop.domain.ports import Sink
from desktop.domain.session import Claim
from desktop.watchers import agent_database, log_heads
from desktop.watchers.agent_database import Databases
from desktop.watchers.log_heads import SLACK_S, Log, Seeker
from desktop.watchers.process_scan import ProcessTable
from desktop.watchers.runner import Runner, StandIn
from desktop.watchers.stand_ins import CLEARED, RENAMED

_NO_PROMPT_YET = "no prompt was given yet: it has stored no conversation"
_BY_DATABASE = "it keeps no live state: seen by its process and its database"

Leave = Callable[[SessionId, Runner, str], None]
Told = Callable[[int], Collection[SessionId]]
"""The sessions that a process itself, from within, said it holds."""


class StoredSessions:
    """Finds the sessions of processes with a database. Lives on the watching thread."""

    def __init__(self, table: ProcessTable, databases: Databases, sink: Sink, leave: Leave, told: Told) -> None:
        self._table = table
        self._databases = databases
        self._sink = sink
        self._leave = leave
        self._told = told
        self._paths: dict[tuple[int, str], str] = {}
        self._said: dict[SessionId, tuple[Event, ...]] = {}

    def look(self, runners: Collection[Runner]) -> None:
        """Look at every database that was written since the last time."""
        mine = [runner for runner in runners if is_stored(runner)]
        if not mine:
            self._paths.clear()
            self._said.clear()
            self._databases.keep_only(())
            return
        groups: dict[tuple[str, str, str], list[Runner]] = {}
        for runner in mine:
            where = (runner.agent.kind, self._path(runner), self._table.cwd(runner.pid))
            groups.setdefault(where, []).append(runner)
        for (_, path, cwd), group in groups.items():
            self._look_at(path, cwd, group)
        self._paths = {key: path for key, path in self._paths.items() if key[0] in {each.pid for each in mine}}
        shown = {session for runner in mine for session in runner.sessions()}
        self._databases.keep_only(shown)
        self._said = {session: said for session, said in self._said.items() if session in shown}

    def folders(self, runners: Collection[Runner]) -> Mapping[str, frozenset[str]]:
        """The directories to listen to, and the names in them that matter."""
        found: dict[str, frozenset[str]] = {}
        for path in {self._path(runner) for runner in runners if is_stored(runner)}:
            folder, name = os.path.split(path)
            if os.path.isdir(folder):
                found[folder] = found.get(folder, frozenset()) | {name, f"{name}-wal"}
        return found

    def _path(self, runner: Runner) -> str:
        database = runner.agent.database
        key = (runner.pid, runner.started)
        if key not in self._paths and database is not None:
            self._paths[key] = agent_database.place_of(database, self._table.environment(runner.pid))
        return self._paths.get(key, "")

    def _look_at(self, path: str, cwd: str, group: Sequence[Runner]) -> None:
        agent = group[0].agent
        for runner in group:
            if not runner.begun_time:
                runner.begun_time = self._table.begun_at(runner.pid) or runner.seen_time
        since = min(runner.begun_time for runner in group) - SLACK_S
        stored = {each.native: each for each in self._databases.sessions(agent, path, since) if each.cwd == cwd}
        told = {runner.pid: self._natives_told(runner) for runner in group}
        spoken_for = {native for natives in told.values() for native in natives}
        free = [each for each in stored.values() if each.native not in spoken_for]
        found = _paired([runner for runner in group if not told[runner.pid]], free)
        for runner in group:
            natives = told[runner.pid]
            if natives:
                if runner.native not in natives:
                    self._show(runner, natives[-1], cwd)
                continue
            each = found.get(runner.pid)
            native = each.native if each is not None else runner.native
            self._show(runner, native, cwd)
            if each is not None:
                self._tell(runner, path, each)

    def _natives_told(self, runner: Runner) -> list[str]:
        unknown = stand_in_id(runner.agent.kind, runner.pid)
        return [session.partition(":")[2] for session in self._told(runner.pid) if session != unknown]

    def _tell(self, runner: Runner, path: str, each: StoredSession) -> None:
        session = session_id(runner.agent.kind, each.native)
        if self._said.get(session) != each.events:
            self._said[session] = each.events
            self._emit(each.events)
        self._emit(self._databases.news(runner.agent, path, session, each.native))

    def _show(self, runner: Runner, native: str, cwd: str) -> None:
        agent, before = runner.agent, runner.stand_in
        session = session_id(agent.kind, native) if native else stand_in_id(agent.kind, runner.pid)
        if before is not None and before.session == session:
            return
        runner.stand_in = StandIn(session, native)
        if before is not None:
            self._leave(before.session, runner, CLEARED if before.native else RENAMED)
        claim, detail = (Claim.ALIVE, _BY_DATABASE) if native else (Claim.RESTING, _NO_PROMPT_YET)
        self._emit(runner.introduced(session, self._table.look(runner.pid), cwd, datetime.now(UTC), claim, detail))

    def _emit(self, events: Sequence[Event]) -> None:
        for event in events:
            self._sink(event)


def is_stored(runner: Runner) -> bool:
    """Whether its session is looked for in a database."""
    return runner.agent.database is not None and runner.is_listed and not runner.is_host and not runner.states


def _paired(runners: Sequence[Runner], stored: Sequence[StoredSession]) -> dict[int, StoredSession]:
    """For each process the conversation it shows."""
    by_native = {each.native: each for each in stored}
    if len(runners) == 1:
        # Alone in its directory, it writes whatever is written there.
        runner = runners[0]
        own = [each for each in stored if each.changed_at.timestamp() >= runner.begun_time - SLACK_S]
        return {runner.pid: max(own, key=lambda each: each.changed_at)} if own else {}
    kept = {runner.pid: by_native.pop(runner.native) for runner in runners if runner.native in by_native}
    seekers = [Seeker(each.pid, each.begun_time, each.seen_time) for each in runners]
    logs = [
        Log(each.native, each.native, each.started_at.timestamp(), each.changed_at.timestamp())
        for each in by_native.values()
    ]
    fresh = log_heads.share([seeker for seeker in seekers if seeker.pid not in kept], logs)
    return kept | {pid: by_native[log.native] for pid, log in fresh.items()}
