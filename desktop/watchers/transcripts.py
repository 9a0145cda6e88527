"""The transcripts of all live sessions: found when they appear, polled in turn, their places kept."""

import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from desktop.domain.agent import Agent
from desktop.domain.events import RecordsSkipped
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.ports import Sink
from desktop.watchers import log_discovery
from desktop.watchers.ears import Interest
from desktop.watchers.log_follow import Follow
from desktop.watchers.log_tail import Checkpoint
from desktop.watchers.pace import Pace

# Places in transcripts of sessions long over are of no use.
_MOST_CHECKPOINTS = 1000


class Cursors(Protocol):
    """Keeps how far transcripts were read, over restarts.

    Neither call waits for a disk or raises: a place that cannot be kept is only lost.
    """

    def load(self) -> Mapping[str, Checkpoint]: ...

    def save(self, checkpoints: Mapping[str, Checkpoint]) -> None: ...


class Transcripts:
    """Follows one transcript a session and gives on what they say."""

    def __init__(self, sink: Sink, *, store: Cursors, pace: Pace) -> None:
        self._sink = sink
        self._store = store
        self._pace = pace
        self._follows: dict[SessionId, Follow] = {}
        self._due: set[SessionId] = set()
        self._checkpoints = dict(store.load())
        self._saved = dict(self._checkpoints)
        self._skipped: dict[tuple[AgentKind, str], int] = {}
        now = time.monotonic()
        self._save_at = now + pace.save_every
        self._tell_skipped_at = now + pace.skipped_every
        self.is_moved = False  # which directories to listen to has changed

    @property
    def has_more(self) -> bool:
        """Whether polling what is due would bring something at once."""
        return any(self._follows[session].has_more for session in self._due if session in self._follows)

    @property
    def paths(self) -> frozenset[str]:
        """The transcripts followed."""
        return frozenset(follow.path for follow in self._follows.values() if follow.path)

    def path_of(self, session: SessionId) -> str:
        """The transcript of *session*; empty when none is followed."""
        follow = self._follows.get(session)
        return follow.path if follow is not None else ""

    def follow(
        self, pid: int, agent: Agent, session: SessionId, native: str, home: str, cwd: str, path: str = ""
    ) -> None:
        """Follow *session*, on behalf of *pid*; its transcript is at *path*, where that is known."""
        follow = self._follows.get(session)
        if follow is None:
            follow = self._follows[session] = Follow(agent, session, native, home, cwd, path)
            follow.search_at = time.monotonic() + self._pace.reconcile_live
            self._find(follow, None)
            self.is_moved = True
        elif path and not follow.path:
            follow.known_path = path  # it was begun after its session was told of
            self._find(follow, None)
        follow.pids.add(pid)

    def unfollow(self, session: SessionId, pid: int) -> None:
        """*pid* has done with *session*; the last one lets go of the file."""
        follow = self._follows.get(session)
        if follow is None:
            return
        follow.pids.discard(pid)
        if not follow.pids:
            self._keep(follow)
            follow.close()
            del self._follows[session]
            self.is_moved = True

    def look(self, directory: str, name: str) -> None:
        """Something happened to *name* in *directory*."""
        path = os.path.join(directory, name)
        for follow in self._follows.values():
            if follow.path == path:
                self._due.add(follow.session)
            elif not follow.path:
                self._find(follow, None)
                self.is_moved = True

    def look_into(self, directories: frozenset[str]) -> None:
        """What happened in *directories* so far was not heard."""
        for follow in self._follows.values():
            if not follow.path:
                self._find(follow, None)
            elif os.path.dirname(follow.path) in directories:
                self._due.add(follow.session)

    def poll(self, sessions: Iterable[SessionId] | None = None) -> None:
        """Give on one slice from each of *sessions*, or of all that are due: none starves the others."""
        for session in list(self._due if sessions is None else sessions):
            follow = self._follows.get(session)
            if follow is None:
                self._due.discard(session)
                continue
            for event in follow.poll():
                self._sink(event)
            follow.settle()
            self.skip(follow.agent.kind, follow.version, follow.newly_skipped())
            (self._due.add if follow.has_more else self._due.discard)(session)

    def reconcile(self, now: float) -> None:
        """Look at every transcript, heard of or not."""
        for follow in self._follows.values():
            self._find(follow, now)
            follow.verify()
        self.poll(self._follows)
        if now >= self._save_at:
            self.save()
            self._save_at = now + self._pace.save_every
        if now >= self._tell_skipped_at:
            self._tell_skipped()
            self._tell_skipped_at = now + self._pace.skipped_every

    def add_interests(self, interests: dict[str, Interest]) -> None:
        """Say which directories and names matter for what is followed."""
        for follow in self._follows.values():
            for path in [follow.path] if follow.path else follow.expected():
                directory = log_discovery.nearest_existing(os.path.dirname(path), follow.home)
                if not directory or interests.get(directory, frozenset()) is None:
                    continue
                if directory == os.path.dirname(path):
                    interests[directory] = (interests.get(directory) or frozenset()) | {os.path.basename(path)}
                else:
                    interests[directory] = None  # the folder it will lie in is yet to be made

    def skip(self, agent: AgentKind, version: str, count: int) -> None:
        """Count records that nobody could read."""
        if count:
            self._skipped[agent, version] = self._skipped.get((agent, version), 0) + count

    def save(self) -> None:
        """Keep how far was read."""
        for follow in self._follows.values():
            self._keep(follow)
        if self._checkpoints != self._saved:
            self._checkpoints = dict(list(self._checkpoints.items())[-_MOST_CHECKPOINTS:])
            self._saved = dict(self._checkpoints)
            self._store.save(self._saved)

    def close(self) -> None:
        """Let go of every file."""
        try:
            self.save()
        finally:
            for follow in self._follows.values():
                follow.close()

    def _find(self, follow: Follow, now: float | None) -> None:
        if follow.path:
            return
        path = follow.known_path or log_discovery.find_transcript(follow.agent, follow.home, follow.native, follow.cwd)
        if not path and now is not None and now >= follow.search_at:
            follow.search_at = now + self._pace.search_every
            path = log_discovery.search_transcript(follow.agent, follow.home, follow.native)
        if path:
            for event in follow.attach(path, self._checkpoints.get(path), datetime.now(UTC)):
                self._sink(event)
            self.is_moved = True

    def _keep(self, follow: Follow) -> None:
        checkpoint = follow.checkpoint()
        if checkpoint is not None:
            # Last written, last thrown away.
            self._checkpoints.pop(follow.path, None)
            self._checkpoints[follow.path] = checkpoint

    def _tell_skipped(self) -> None:
        skipped, self._skipped = self._skipped, {}
        for (agent, version), count in skipped.items():
            self._sink(RecordsSkipped(agent, version, count, datetime.now(UTC)))
