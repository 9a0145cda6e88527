"""What a person gave to sessions, whether they run or not: names, tasks, and when they were looked at."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from desktop.domain.ids import SessionId
from desktop.domain.record import replace
from desktop.domain.session import NameSource, Session


class Given:
    """All of it by session."""

    def __init__(self) -> None:
        self._names: dict[SessionId, str] = {}
        self._seen: dict[SessionId, datetime] = {}
        self._tasks: dict[SessionId, str] = {}

    def remember(
        self,
        names: Mapping[SessionId, str],
        seen: Mapping[SessionId, datetime],
        tasks: Mapping[SessionId, str] = MappingProxyType({}),
    ) -> None:
        """Take over what the ledger knows."""
        self._names.update(names)
        self._seen.update(seen)
        self._tasks.update(tasks)

    def to_new(self, session: Session) -> Session:
        """Give a session that was just found what it was given before."""
        name = self._names.get(session.id)
        named = self.name(session, name) if name else session
        return replace(named, task=self._tasks.get(session.id, ""), seen_at=self._seen.get(session.id))

    def name(self, session: Session, name: str) -> Session:
        """Call it so; by an empty one as its agent does."""
        self._names[session.id] = name
        others = tuple(named for named in session.names if named[0] is not NameSource.PERSON)
        return replace(session, names=(*others, (NameSource.PERSON, name)) if name else others)

    def assign(self, session: Session, task: str) -> Session:
        """Put it into a task; with an empty one its rules decide."""
        self._tasks[session.id] = task
        return replace(session, task=task)

    def see(self, session: Session, now: datetime) -> Session:
        """The person looked at it."""
        self._seen[session.id] = now
        return replace(session, seen_at=now)

    def in_task(self, task: str) -> list[SessionId]:
        """Those that the person put there."""
        return [session for session, known in self._tasks.items() if known == task]

    def move(self, session: SessionId, task: str) -> None:
        """Let it be in another task, whether it runs or not."""
        self._tasks[session] = task
