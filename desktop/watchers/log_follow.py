"""One live session's transcript: found, looked back into once, then followed line by line."""

import os
from datetime import datetime

from desktop.domain.agent import Agent, TranscriptReader
from desktop.domain.events import Event, SessionDescribed
from desktop.domain.ids import SessionId
from desktop.watchers import catch_up, log_discovery
from desktop.watchers.log_tail import Checkpoint, Tail


class Follow:
    """Turns what a session's transcript says into events; belongs to all processes that have the session open."""

    def __init__(
        self, agent: Agent, session: SessionId, native: str, home: str, cwd: str, known_path: str = ""
    ) -> None:
        self.agent = agent
        self.session = session
        self.native = native
        self.home = home
        self.cwd = cwd
        self.known_path = known_path  # where a look into the logs found it
        self.pids: set[int] = set()
        self.path = ""
        self.search_at = 0.0  # when every folder is searched next, on the monotonic clock
        self._tail: Tail | None = None
        self._reader: TranscriptReader | None = None
        self._generation = 0
        self._counted = 0
        self._bad_lines = 0
        self._version = ""

    @property
    def has_more(self) -> bool:
        """Whether another poll would bring something at once."""
        return self._tail is not None and self._tail.has_more

    @property
    def version(self) -> str:
        """The agent's version, as far as the transcript told it."""
        return self._version

    def expected(self) -> list[str]:
        """Where the transcript will appear."""
        if self.known_path:
            return [self.known_path]
        return log_discovery.candidates(self.agent, self.home, self.native, self.cwd)

    def attach(self, path: str, checkpoint: Checkpoint | None, now: datetime) -> list[Event]:
        """Look back into the transcript at *path* and follow it from there; nothing when it cannot be opened."""
        if self.agent.open_transcript is None:
            return []
        tail = Tail(path)
        if not tail.open() or tail.descriptor is None:
            return []
        status = os.fstat(tail.descriptor)
        unseen = 0
        if checkpoint is not None and (checkpoint.device, checkpoint.inode) == (status.st_dev, status.st_ino):
            # What was written while we were away is read too, within the bound.
            unseen = max(0, status.st_size - checkpoint.offset)
        sight = catch_up.look_back(tail.descriptor, status.st_size, self._open_reader, least=unseen)
        tail.begin_at(sight.offset, is_inside_line=sight.is_inside_line)
        self.path = path
        self._tail = tail
        self._reader = sight.reader
        self._bad_lines += sight.bad_lines
        described = SessionDescribed(self.session, self.agent.kind, now, transcript=path)
        return [described, *self._noted(sight.events)]

    def poll(self) -> list[Event]:
        """What was appended since the last poll, one slice at most."""
        if self._tail is None or self._reader is None:
            return []
        lines = self._tail.poll()
        events: list[Event] = []
        if lines:
            events, bad = catch_up.feed(self._reader, lines)
            self._bad_lines += bad
        self._begin_afresh()
        return self._noted(catch_up.without_repeats(events))

    def settle(self) -> None:
        """See whether another file has taken the name; call when what was polled is handed on."""
        if self._tail is not None:
            self._tail.look_for_successor()
            self._begin_afresh()

    def verify(self) -> None:
        """Make sure that the file is still the one that was followed."""
        if self._tail is not None:
            self._tail.verify()

    def checkpoint(self) -> Checkpoint | None:
        """How far the transcript was read."""
        return self._tail.checkpoint() if self._tail is not None else None

    def newly_skipped(self) -> int:
        """How many records nobody could read since this was last asked."""
        total = self._bad_lines
        if self._reader is not None:
            total += self._reader.skipped
        if self._tail is not None:
            total += self._tail.oversize
        new, self._counted = total - self._counted, total
        return max(0, new)

    def close(self) -> None:
        """Let go of the file."""
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def _begin_afresh(self) -> None:
        """Give another text another reader; the lines handed on so far belong to the text before."""
        if self._tail is not None and self._reader is not None and self._tail.generation != self._generation:
            self._generation = self._tail.generation
            self._bad_lines += self._reader.skipped
            self._reader = self._open_reader()

    def _open_reader(self) -> TranscriptReader:
        assert self.agent.open_transcript is not None
        return self.agent.open_transcript(self.session)

    def _noted(self, events: list[Event]) -> list[Event]:
        for event in events:
            if isinstance(event, SessionDescribed) and event.version:
                self._version = event.version
        return events
