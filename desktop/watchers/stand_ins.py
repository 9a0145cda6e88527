"""Sessions of processes that say nothing of themselves: shown by what a process holds open, or by the log it writes.

Until either tells, the process itself stands in for its session, under an id of ours.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from desktop.domain.agent import Agent
from desktop.domain.events import EvidenceGiven
from desktop.domain.ids import SessionId, session_id, stand_in_pid
from desktop.domain.phase import STARTING_UNHEARD
from desktop.domain.ports import Sink
from desktop.domain.session import Claim, Evidence, Source
from desktop.watchers import log_discovery, log_heads
from desktop.watchers.catch_up import BAD_RECORD
from desktop.watchers.log_heads import SLACK_S, Log, LogHeads, Seeker
from desktop.watchers.pace import Pace
from desktop.watchers.process_scan import ProcessTable
from desktop.watchers.runner import Runner, StandIn
from desktop.watchers.transcripts import Transcripts

CLEARED = "cleared: the process goes on with a new conversation"
RENAMED = "known by its own id now"

_NO_PROMPT_YET = "no prompt was given yet: it has begun no log"
_NO_LOG = "it runs, and no log of it was found"
_NOT_ITS = "another process told that it holds it"
_BY_LOG = "it keeps no live state: seen by its process and its log"
# A conversation that has no log after so long was begun by a person; a helper of the agent's own writes at once. And an
# agent that starts looks for a moment into what others left behind.
_SETTLES_S = 1.0
_MOST_SPENT = 1000

Leave = Callable[[SessionId, Runner, str], None]
Told = Callable[[int], Collection[SessionId]]


class StandIns:
    """Finds the sessions of silent processes. Lives on the watching thread."""

    def __init__(
        self,
        table: ProcessTable,
        transcripts: Transcripts,
        sink: Sink,
        pace: Pace,
        leave: Leave,
        served: Callable[[int], str] | None = None,
        told: Told | None = None,
    ) -> None:
        self._table = table
        self._transcripts = transcripts
        self._sink = sink
        self._pace = pace
        self._leave = leave
        self._served = served  # the conversation that a process shows, as the agent's own server tells
        self._told: Told = told or (lambda _pid: ())  # sessions that a process itself said it holds, the last one last
        self._heads = LogHeads()
        self._spent: OrderedDict[str, float] = OrderedDict()  # logs of processes that ended, and when they did
        self.is_look_due = False  # something was seen that has to be looked at once more, soon

    def look(self, runners: Collection[Runner], *, is_thorough: bool) -> None:
        """Look for the sessions of silent processes; *is_thorough* looks again at those that are known."""
        is_thorough, self.is_look_due = is_thorough or self.is_look_due, False
        silent = [runner for runner in runners if _is_silent(runner) and not self._is_told_by_server(runner)]
        for runner in silent:
            self._look_at_told(runner, silent)
        for runner in silent:
            if runner.agent.native_of_open_file is not None and (is_thorough or not runner.native):
                self._look_at_open_files(runner, runner.agent.native_of_open_file)
        for runner in silent:
            self._look_for_own_log(runner)
        for runner in runners:
            self._note_first_log(runner)
        self._look_for_logs([runner for runner in silent if not runner.native])

    def forget(self, runner: Runner) -> None:
        """*runner* ended: what it wrote so far is nobody else's."""
        stand_in = runner.stand_in
        path = self._transcripts.path_of(stand_in.session) if stand_in is not None else ""
        if path:
            self._spent[path] = time.time()
            if len(self._spent) > _MOST_SPENT:
                self._spent.popitem(last=False)

    def folders(self, runners: Collection[Runner]) -> Mapping[str, str]:
        """Where the logs of processes without one will appear: the folder, or the nearest above it; and its limit."""
        now = datetime.now().astimezone()
        found: dict[str, str] = {}
        for runner in runners:
            if _is_silent(runner) and runner.agent.log_dirs is not None and self._is_log_awaited(runner):
                for folder in log_heads.folders(runner.agent, runner.home, self._table.cwd(runner.pid), now):
                    nearest = log_discovery.nearest_existing(folder, os.path.dirname(runner.home))
                    if nearest:
                        found[nearest] = folder
        return found

    def _is_told_by_server(self, runner: Runner) -> bool:
        native = self._served(runner.pid) if self._served is not None else ""
        if native and native != runner.native:
            self._show(runner, native, self._table.cwd(runner.pid))
        return bool(native)

    # -- what a process said

    def _look_at_told(self, runner: Runner, runners: Collection[Runner]) -> None:
        """Believe what the process said over what was guessed from its logs, of it and of the others."""
        told = [session for session in self._told(runner.pid) if stand_in_pid(session) is None]
        native = told[-1].partition(":")[2] if told else ""
        if not native or native == runner.native:
            return
        for other in runners:
            if other is not runner and other.native == native:
                other.stand_in = None
                self._transcripts.unfollow(told[-1], other.pid)
                gone = Evidence(Source.PROCESS, Claim.GONE, datetime.now(UTC), _NOT_ITS, origin=str(other.pid))
                self._sink(EvidenceGiven(told[-1], gone))
        self._show(runner, native, self._table.cwd(runner.pid))

    # -- what a process holds open

    def _look_at_open_files(self, runner: Runner, native_of: Callable[[str], str]) -> None:
        root = os.path.realpath(runner.home) + os.sep
        natives = {_native(native_of, path) for path in self._table.open_files(runner.pid) if path.startswith(root)}
        now = time.monotonic()
        runner.held = {native: runner.held.get(native, now) for native in natives if native}
        fresh = [native for native in runner.held if native not in runner.weighed]
        if runner.native in runner.held and not fresh:
            return
        cwd = self._table.cwd(runner.pid)
        choice = ""
        for native in sorted(fresh or runner.held):
            path = log_discovery.find_transcript(runner.agent, runner.home, native, cwd)
            is_new = now < runner.held[native] + _SETTLES_S
            if is_new and runner.native and (not path or runner.native in runner.held):
                self.is_look_due = True
                continue
            runner.weighed.add(native)
            if not (path and self._heads.is_hidden(runner.agent, path)):
                choice = native
        runner.weighed &= runner.held.keys()
        if choice:
            self._show(runner, choice, cwd)

    # -- what it writes

    def _look_for_logs(self, runners: Collection[Runner]) -> None:
        if not runners:
            return
        now = time.monotonic()
        cwds = {runner.pid: self._table.cwd(runner.pid) for runner in runners}
        looked_for = [runner for runner in runners if not runner.agent.live_state_dir or self._is_overdue(runner, now)]
        found = self._share(looked_for, cwds)
        for runner in runners:
            log = found.get(runner.pid)
            if log is not None:
                self._show(runner, log.native, cwds[runner.pid], log.path)
            elif runner.stand_in is None and (self._is_overdue(runner, now) or not _tells_soon(runner.agent)):
                self._show(runner, "", cwds[runner.pid])

    def _is_log_awaited(self, runner: Runner) -> bool:
        """Whether its log can appear only where somebody looks for it."""
        stand_in = runner.stand_in
        if stand_in is None or not stand_in.native:
            return True
        return _names_logs_only_within(runner.agent) and not self._transcripts.path_of(stand_in.session)

    def _look_for_own_log(self, runner: Runner) -> None:
        """Find the log of a session that was told by its id: it may begin later than that."""
        stand_in = runner.stand_in
        if stand_in is None or not stand_in.native or not self._is_log_awaited(runner):
            return
        cwd = self._table.cwd(runner.pid)
        path = self._own_log(runner, stand_in.native, cwd)
        if path:
            self._transcripts.follow(
                runner.pid, runner.agent, stand_in.session, stand_in.native, runner.home, cwd, path
            )

    def _own_log(self, runner: Runner, native: str, cwd: str) -> str:
        if not _names_logs_only_within(runner.agent):
            return ""
        logs = self._heads.logs(runner.agent, runner.home, cwd, datetime.now().astimezone(), 0.0)
        return next((log.path for log in logs if log.native == native), "")

    def _is_overdue(self, runner: Runner, now: float) -> bool:
        return now >= runner.seen_at + self._pace.stand_in_after

    def _share(self, runners: Collection[Runner], cwds: Mapping[int, str]) -> dict[int, Log]:
        shared: dict[int, Log] = {}
        places = [(self._seeker(runner), runner.agent, runner.home, cwds[runner.pid]) for runner in runners]
        now, taken = datetime.now().astimezone(), self._transcripts.paths
        for agent, home, cwd, seekers in log_heads.seekers_by_place(places):
            since = min(seeker.begun_at for seeker in seekers) - SLACK_S
            logs = self._heads.logs(agent, home, cwd, now, since)
            shared |= log_heads.share(seekers, [log for log in logs if log.path not in taken and self._is_free(log)])
        return shared

    def _is_free(self, log: Log) -> bool:
        spent_at = self._spent.get(log.path)
        return spent_at is None or log.written_at > spent_at + SLACK_S

    def _seeker(self, runner: Runner) -> Seeker:
        if not runner.begun_time:
            runner.begun_time = self._table.begun_at(runner.pid) or runner.seen_time
        return Seeker(runner.pid, runner.begun_time, runner.seen_time)

    def _note_first_log(self, runner: Runner) -> None:
        stand_in = runner.stand_in
        if stand_in is not None and stand_in.is_logless and self._transcripts.path_of(stand_in.session):
            stand_in.is_logless = False
            evidence = Evidence(Source.PROCESS, Claim.ALIVE, datetime.now(UTC), _BY_LOG, origin=str(runner.pid))
            self._sink(EvidenceGiven(stand_in.session, evidence))

    # -- what is shown

    def _show(self, runner: Runner, native: str, cwd: str, path: str = "") -> None:
        agent = runner.agent
        before, session = runner.stand_in, session_id(agent.kind, native or f"pid-{runner.pid}")
        if before is not None and before.session == session:
            return
        if native and not path:
            path = self._own_log(runner, native, cwd)
        claim, detail = self._claim(runner, native, cwd, path)
        runner.stand_in = StandIn(session, native, is_logless=claim is Claim.RESTING)
        if before is not None:
            self._leave(before.session, runner, CLEARED if before.native else RENAMED)
        process, now = self._table.look(runner.pid), datetime.now(UTC)
        for event in runner.introduced(session, process, cwd, now, claim, detail):
            self._sink(event)
        if native:
            self._transcripts.follow(runner.pid, agent, session, native, runner.home, cwd, path)

    def _claim(self, runner: Runner, native: str, cwd: str, path: str) -> tuple[Claim, str]:
        agent = runner.agent
        if agent.live_state_dir:
            return Claim.ALIVE, ""
        if not native:
            return Claim.SILENT if self._is_starting(runner) else Claim.ALIVE, _NO_LOG
        if path or log_discovery.find_transcript(agent, runner.home, native, cwd):
            return Claim.ALIVE, _BY_LOG
        return Claim.RESTING, _NO_PROMPT_YET

    def _is_starting(self, runner: Runner) -> bool:
        """Whether it began just now, and will tell of that itself."""
        process = self._table.look(runner.pid)
        if runner.agent.read_hook is None or process is None or runner.is_headless(process):
            return False
        begun_at = self._table.begun_at(runner.pid)
        return begun_at is not None and datetime.now(UTC).timestamp() < begun_at + STARTING_UNHEARD.total_seconds()


def _is_silent(runner: Runner) -> bool:
    return runner.is_listed and not runner.states and not runner.is_host and runner.agent.database is None


def _tells_soon(agent: Agent) -> bool:
    """Whether a process of the agent makes its session known a while after its start."""
    return bool(agent.live_state_dir) or agent.native_of_open_file is not None


def _names_logs_only_within(agent: Agent) -> bool:
    """Whether no name of a log tells whose it is, so that its head has to be read."""
    return agent.log_dirs is not None and agent.transcript_paths is None and agent.read_log_head is not None


def _native(native_of: Callable[[str], str], path: str) -> str:
    try:
        native = native_of(path)
    except BAD_RECORD:
        return ""
    return native if log_discovery.is_plain_id(native) else ""
