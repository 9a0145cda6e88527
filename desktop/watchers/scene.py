"""What the one watching thread knows of the machine, and the steps by which it learns more.

Hearing (directories, process exits) is only a reason to look; looking at everything, the reconcile, is the truth.
A read that stalls, on a network home that went away, stalls this thread and nothing else.
"""

import logging
import os
import selectors
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from desktop.domain.agent import Agent, LiveState
from desktop.domain.events import (
    CommandStarted,
    Event,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    SessionEnded,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.ports import Sink
from desktop.domain.session import Claim, Evidence, Source
from desktop.watchers import directory_watch, log_discovery, process_scan
from desktop.watchers.agent_database import Databases
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.ears import Ears, Interest
from desktop.watchers.homes import Homes
from desktop.watchers.pace import Pace
from desktop.watchers.process_scan import Process, ProcessTable
from desktop.watchers.runner import Runner, is_session
from desktop.watchers.stand_ins import CLEARED, RENAMED, StandIns
from desktop.watchers.state_files import Removed, StateFiles, Unreadable
from desktop.watchers.stored_sessions import StoredSessions, Told
from desktop.watchers.transcripts import Cursors, Transcripts

_log = logging.getLogger(__name__)

HEARING = "file watching"

# A busy neighbour in the folder of an awaited log must not make us look at every row of it.
_LOG_SETTLES_S = 0.1
# While an agent streams it writes many times a second.
_STORE_SETTLES_S = 0.2
# From a person's home down to the folder of a transcript; whoever builds deeper while we look is met by the reconcile.
_MOST_FLOORS = 8


def nobody(_pid: int) -> Collection[SessionId]:
    """No process said anything."""
    return ()


class Scene:
    """All that is watched. Every method is called from one thread, except *wake*."""

    def __init__(
        self,
        agents: Sequence[Agent],
        sink: Sink,
        *,
        store: Cursors,
        environment: Mapping[str, str],
        pace: Pace,
        table: ProcessTable,
        formerly: Mapping[int, str],
        told: Told = nobody,
        servers: AgentServers | None = None,
    ) -> None:
        self._agents = agents
        self._sink = sink
        self._pace = pace
        self._table = table
        self._servers = servers
        self._formerly = dict(formerly)  # watched before a failure, and not looked at since
        self._transcripts = Transcripts(sink, store=store, pace=pace)  # first: it may fail, and holds nothing yet
        self._selector = selectors.DefaultSelector()
        self._ears = Ears(self._selector)
        self._new_pids = process_scan.NewPids(table)
        self._homes = Homes(agents, environment)
        # Maybe children on their way to be another program, with their start and when they were first seen.
        self._forks: dict[int, tuple[str, float]] = {}
        self._told_of: set[int] = set()  # young processes of agents, that were told of
        self._runners: dict[int, Runner] = {}
        self._again: dict[tuple[AgentKind, str, str], float] = {}
        self._log_folders: Mapping[str, str] = {}  # where logs are awaited
        self._is_look_thorough = False
        self._stand_ins = StandIns(
            table, self._transcripts, sink, pace, self._leave, servers.native_of if servers is not None else None, told
        )
        self._stored = StoredSessions(table, Databases(self._transcripts.skip), sink, self._leave, told)
        self._stores: Mapping[str, frozenset[str]] = {}
        self._is_rewatch_due = True
        self._is_deaf = False
        now = time.monotonic()
        self._busy_until = now + pace.quiet_after
        self._scan_at = self._reconcile_at = now
        self._retry_ears_at = now

    def wake(self) -> None:
        """Let the loop look; safe from any thread."""
        self._ears.wake()

    def open(self) -> None:
        """Look at everything for the first time."""
        for pid, started in list(self._formerly.items()):
            if self._table.started(pid) != started:
                del self._formerly[pid]
                self._sink(ProcessEnded(pid, _now()))
        for agent in self._agents:
            home = self._homes.default(agent)
            if home and agent.live_state_dir:
                self._add_home(agent, home)
        self.step(longest=0.0)

    def known(self) -> dict[int, str]:
        """The processes watched, with their starts."""
        return self._formerly | {pid: runner.started for pid, runner in self._runners.items()}

    def close(self) -> None:
        """Let go of everything, keeping how far was read."""
        self._ears.close()
        for runner in self._runners.values():
            self._close_exit(runner)
        self._selector.close()
        self._transcripts.close()

    def step(self, longest: float | None = None) -> None:
        """Wait for the next thing to look at, at most *longest* seconds, and look."""
        ended = [
            key.data.pid for key, _ in self._selector.select(self._patience(longest)) if isinstance(key.data, Runner)
        ]
        changed, is_overflowed = self._ears.take()
        now = time.monotonic()
        if changed or ended:
            self._busy_until = now + self._pace.quiet_after
        if is_overflowed:
            self._reconcile_at = now
        for directory, name in changed:
            self._look(directory, name)
        self._transcripts.poll()
        for pid in ended:
            self._end(pid)
        self._look_again(now)
        if self._reconcile_at <= now and self._scan_at <= now + self._pace.scan_busy / 2:
            self._scan_at = now  # one wake-up serves both
        if now >= self._scan_at:
            self._scan(now)
        if now >= self._reconcile_at:
            self._reconcile(now)
        if self._is_rewatch_due or self._transcripts.is_moved or (self._is_deaf and now >= self._retry_ears_at):
            self._rewatch(now)

    # What is due

    def _patience(self, longest: float | None) -> float:
        if self._transcripts.has_more:
            return 0.0
        due = min(self._scan_at, self._reconcile_at, *self._again.values())
        patience = max(0.0, due - time.monotonic())
        return patience if longest is None else min(patience, longest)

    def _scan(self, now: float) -> None:
        young = {*self._new_pids.scan(), *self._forks}
        self._told_of &= young
        for pid in sorted(young):
            process = self._table.look(pid)
            if process is not None:
                self._meet(process, now)
                self._tell_of_command(process)
            else:
                self._forks.pop(pid, None)
        self._stand_ins.look(list(self._runners.values()), is_thorough=self._is_look_thorough)
        self._is_look_thorough = False
        self._stored.look(list(self._runners.values()))
        self._scan_at = now + self._until_scan(is_busy=now < self._busy_until)
        # One wake-up serves both.
        if self._reconcile_at <= now + self._pace.scan_busy / 2:
            self._reconcile_at = now

    def _until_scan(self, *, is_busy: bool) -> float:
        if not is_busy:
            return self._pace.scan_quiet
        is_told = all(runner.agent.live_state_dir for runner in self._runners.values())
        return self._pace.scan_busy if is_told else self._pace.scan_commands

    def _reconcile(self, now: float) -> None:
        for runner in list(self._runners.values()):
            if runner.exit_descriptor is None and self._table.started(runner.pid) != runner.started:
                self._end(runner.pid)
        self._homes.drop_unused(self._runners.values())
        for home in self._homes.values():
            for name in home.names():
                self._look_at_state(home, name)
        self._transcripts.reconcile(now)
        self._is_rewatch_due = self._is_look_thorough = True
        if self._is_deaf:
            interval = self._pace.reconcile_deaf
        else:
            interval = self._pace.reconcile_live if self._runners else self._pace.reconcile_idle
        self._reconcile_at = now + interval

    def _look(self, directory: str, name: str) -> None:
        if not name:
            self._is_rewatch_due = True
            return
        if directory in self._homes.births:
            self._scan_at = 0.0
            self._is_look_thorough = True
        if name in self._stores.get(directory, ()):
            self._scan_at = min(self._scan_at, time.monotonic() + _STORE_SETTLES_S)
        if directory in self._log_folders:
            self._scan_at = min(self._scan_at, time.monotonic() + _LOG_SETTLES_S)
            if self._log_folders[directory] != directory:
                self._is_rewatch_due = True  # something on the way to the folder appeared
        for home in self._homes.files_heard_of(directory):
            if home.directory != directory:
                self._is_rewatch_due = True  # something on the way to its live-state files appeared
            elif home.is_live_state(name):
                self._look_at_state(home, name)
        self._transcripts.look(directory, name)

    def _look_again(self, now: float) -> None:
        for key, at in list(self._again.items()):
            if now < at:
                continue
            del self._again[key]
            kind, path, name = key
            home = self._homes.get(kind, path)
            if home is None:
                continue
            if os.path.lexists(os.path.join(home.directory, name)):
                home.forget(name)
                self._look_at_state(home, name, is_second=True)
            else:
                self._state_vanished(home, name)

    # Live state

    def _look_at_state(self, home: StateFiles, name: str, *, is_second: bool = False) -> None:
        match home.check(name):
            case LiveState() as state:
                self._take_state(home, state)
            case Unreadable() if is_second:
                self._transcripts.skip(home.agent.kind, "", 1)
            case Removed() | Unreadable():
                self._again[(home.agent.kind, home.home, name)] = time.monotonic() + self._pace.look_again
            case None:
                pass

    def _take_state(self, home: StateFiles, state: LiveState) -> None:
        runner = self._runner_of(home, state)
        if runner is None:
            return  # left behind by a process that is gone, or of another pid namespace
        before = runner.states.get(home.home)
        stand_in, runner.stand_in = runner.stand_in, None
        runner.states[home.home] = state
        if stand_in is not None:
            self._leave(stand_in.session, runner, RENAMED)
        if before is not None and before.session != state.session:
            self._leave(before.session, runner, CLEARED)
        self._emit(state.events)
        self._transcripts.follow(runner.pid, home.agent, state.session, state.native_session, home.home, state.cwd)

    def _state_vanished(self, home: StateFiles, name: str) -> None:
        runner = self._runners.get(int(name.partition(".")[0]))
        state = runner.states.get(home.home) if runner is not None else None
        if runner is None or state is None:
            return
        evidence = Evidence(
            Source.LIVE_STATE, Claim.SILENT, _now(), "the live-state file is gone", origin=str(runner.pid)
        )
        self._sink(EvidenceGiven(state.session, evidence))

    def _runner_of(self, home: StateFiles, state: LiveState) -> Runner | None:
        started = self._table.started(state.pid)
        if started is None:
            return None
        if state.process_started:
            if not process_scan.says_started(state.process_started, started):
                return None
        else:
            process = self._table.look(state.pid)
            if process is None or not is_session(home.agent, process):
                return None
        return self._welcome(home.agent, state.pid, started, home.home, is_listed=False)

    # Processes

    def _meet(self, process: Process, now: float) -> None:
        for agent in self._agents:
            if not is_session(agent, process):
                continue
            if not self._table.is_here(process.pid):
                self._new_pids.settle(process.pid)
                return  # in a container: the paths it names are not ours, and its own socket tells of it
            if not agent.starts_itself_again and self._is_fork(process):
                return  # looked at again, as what it becomes
            environment = self._table.environment(process.pid)
            home = log_discovery.home_of(agent, environment, self._homes.default(agent))
            self._busy_until = now + self._pace.quiet_after
            if agent.starts_itself_again and self._is_launcher(agent, process, now):
                return
            self._new_pids.settle(process.pid)
            if home and agent.live_state_dir:
                self._add_home(agent, home)
            runner = self._welcome(agent, process.pid, process.started, home, is_listed=True)
            if runner is not None and agent.is_host is not None:
                runner.is_host = agent.is_host(process.argv)
            self._is_rewatch_due = True  # where it will write is to be heard
            if self._servers is not None and agent.server is not None:
                begun_at, cwd = self._table.begun_at(process.pid), self._table.cwd(process.pid)
                self._servers.meet(agent, process.pid, begun_at, home, process.argv, environment, cwd)
            return

    def _tell_of_command(self, process: Process) -> None:
        """Tell once of what an agent runs that does not tell itself when it was allowed to."""
        parent = self._runners.get(process.parent)
        if parent is None or parent.agent.live_state_dir or process.pid in self._told_of or self._is_fork(process):
            return
        self._told_of.add(process.pid)
        self._sink(CommandStarted(parent.pid, _now(), process.argv))

    def _is_fork(self, process: Process) -> bool:
        """Whether a known process has just split off this one, which has not begun its own program yet."""
        if process.parent not in self._runners:
            return False
        parent = self._table.look(process.parent)
        return parent is not None and (parent.exe, parent.argv) == (process.exe, process.argv)

    def _has_stayed(self, process: Process, now: float) -> bool:
        """Whether a copy of its parent was seen before, and is no other program after so long."""
        started, seen_at = self._forks.get(process.pid, ("", now))
        if started != process.started:
            self._forks[process.pid] = (process.started, now)
            return False
        return now >= seen_at + self._pace.fork_lasts

    def _is_launcher(self, agent: Agent, process: Process, now: float) -> bool:
        """Whether *process* only waits for its child; a known one that turns out to wait for *process* is left."""
        parent = self._runners.get(process.parent)
        if parent is not None and parent.agent is agent:
            if self._is_fork(process) and not self._has_stayed(process, now):
                return True
            self._forks.pop(process.pid, None)
            stand_in, parent.stand_in = parent.stand_in, None
            if stand_in is not None:
                self._leave(stand_in.session, parent, RENAMED)
            self._close_exit(parent)
            del self._runners[process.parent]
            return False
        looked_at = (self._table.look(pid) for pid, runner in self._runners.items() if runner.agent is agent)
        return any(child is not None and child.parent == process.pid for child in looked_at)

    def _welcome(self, agent: Agent, pid: int, started: str, home: str, *, is_listed: bool) -> Runner | None:
        runner = self._runners.get(pid)
        if runner is not None and runner.started != started:
            self._end(pid)
            runner = None
        if runner is None:
            runner = Runner(agent, pid, started, home, time.monotonic(), time.time())
            runner.exit_descriptor = process_scan.open_exit(pid)
            if self._table.started(pid) != started:  # it ended, or was replaced, before we held it
                self._close_exit(runner, is_registered=False)
                return None
            if runner.exit_descriptor is not None:
                self._selector.register(runner.exit_descriptor, selectors.EVENT_READ, runner)
            self._runners[pid] = runner
            # With somebody to watch the truth is due sooner.
            self._reconcile_at = min(self._reconcile_at, time.monotonic() + self._pace.reconcile_live)
        runner.is_listed = runner.is_listed or is_listed
        return runner

    def _end(self, pid: int) -> None:
        runner = self._runners.pop(pid, None)
        if runner is None:
            return
        self._formerly.pop(pid, None)
        self._new_pids.forget(pid)
        sessions = runner.sessions()
        self._transcripts.poll(sessions)  # its last words
        self._stand_ins.forget(runner)
        self._close_exit(runner)
        for session in sessions:
            self._transcripts.unfollow(session, pid)
        self._sink(ProcessEnded(pid, _now()))
        if self._servers is not None:
            self._servers.lost(pid)
        self._is_rewatch_due = True

    def _close_exit(self, runner: Runner, *, is_registered: bool = True) -> None:
        if runner.exit_descriptor is not None:
            if is_registered:
                self._selector.unregister(runner.exit_descriptor)
            os.close(runner.exit_descriptor)
            runner.exit_descriptor = None

    def _leave(self, session: SessionId, runner: Runner, why: str) -> None:
        """*runner* goes on without this session; when nobody else has it, it is over."""
        if session in runner.sessions():
            return
        self._transcripts.poll({session})
        self._transcripts.unfollow(session, runner.pid)
        if not any(session in other.sessions() for other in self._runners.values()):
            self._sink(SessionEnded(session, _now(), why, is_alias=why == RENAMED))

    # Homes and ears

    def _add_home(self, agent: Agent, path: str) -> None:
        home = self._homes.add(agent, path)
        if home is not None:
            self._is_rewatch_due = True
            for name in home.names():
                self._look_at_state(home, name)

    def _rewatch(self, now: float) -> None:
        self._is_rewatch_due = self._transcripts.is_moved = False
        new = self._ears.listen(self._interests())
        if new:
            # A directory made just before we listened to the one above it made no sound either: once more, deeper.
            for _ in range(_MOST_FLOORS):
                deeper = self._ears.listen(self._interests())
                if not deeper - new:
                    break
                new |= deeper
        self._hearing_is(self._ears.trouble, now)
        # What appeared before we listened made no sound.
        for home in self._homes.values():
            if home.directory in new:
                for name in home.names():
                    self._look_at_state(home, name)
        if new & (self._homes.births | self._log_folders.keys()):
            self._scan_at = 0.0
            self._is_look_thorough = True
        self._transcripts.look_into(new)
        self._transcripts.poll()

    def _interests(self) -> dict[str, Interest]:
        interests = self._homes.interests(self._runners.values())
        self._log_folders = self._stand_ins.folders(list(self._runners.values()))
        interests |= dict.fromkeys(self._log_folders)
        self._stores = self._stored.folders(list(self._runners.values()))
        interests |= {folder: names for folder, names in self._stores.items() if folder not in interests}
        self._transcripts.add_interests(interests)
        return interests

    def _hearing_is(self, trouble: OSError | None, now: float) -> None:
        if trouble is not None:
            self._retry_ears_at = now + self._pace.retry_ears
            self._reconcile_at = min(self._reconcile_at, now + self._pace.reconcile_deaf)
        if (trouble is not None) == self._is_deaf:
            return
        self._is_deaf = trouble is not None
        if trouble is None:
            self._sink(HealthReported(HEARING, _now(), ""))
            return
        text = f"changes cannot be heard ({trouble.strerror}); looking every second instead"
        _log.warning("%s", text)
        self._sink(HealthReported(HEARING, _now(), text, directory_watch.remedy(trouble)))

    def _emit(self, events: Sequence[Event]) -> None:
        for event in events:
            self._sink(event)


def _now() -> datetime:
    return datetime.now(UTC)
