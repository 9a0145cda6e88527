"""All rows, kept in the order they are drawn in: one that changed is put in its place, and no other is touched.

A board is drawn ten times a second while hundreds of sessions work; sorting them all each time would be most of the
program's work.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from desktop.domain.board import Board, Group, Row, Trouble
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.domain.settings import GroupBy
from desktop.formats import words
from desktop.hub.arrange import arranged

_Key = tuple[int, float, SessionId]


@dataclass(slots=True)
class _Shelf:
    """The rows under one heading."""

    title: str
    colour: Phase
    keys: list[_Key] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    group: Group | None = None  # as drawn last, if nothing changed since

    def key_of(self, row: Row) -> _Key:
        # What waits longest comes first, a request before a failure: that one waits for nobody's answer. Of the rest,
        # what changed last. The id keeps equal ones from swapping.
        since = row.since.timestamp()
        if not self.colour.needs_person:
            return 0, -since, row.session
        return int(row.phase is Phase.FAILED), since, row.session

    def put(self, row: Row) -> None:
        key = self.key_of(row)
        at = bisect_left(self.keys, key)
        if at < len(self.keys) and self.keys[at] == key:
            self.rows[at] = row
        else:
            self.keys.insert(at, key)
            self.rows.insert(at, row)
        self.group = None

    def drop(self, row: Row) -> None:
        at = bisect_left(self.keys, self.key_of(row))
        del self.keys[at], self.rows[at]
        self.group = None

    def drawn(self) -> Group:
        if self.group is None:
            self.group = Group(self.colour, self.title, tuple(self.rows))
        return self.group


class Shelves:
    """Holds one row a session and makes boards of them."""

    def __init__(self) -> None:
        self._shelf_by_phase: dict[Phase, _Shelf] = {}
        shelf_by_title: dict[str, _Shelf] = {}
        for phase in Phase:  # the most urgent first, and it lends its colour
            title = words.group_title(phase)
            self._shelf_by_phase[phase] = shelf_by_title.setdefault(title, _Shelf(title, phase))
        self._shelves = list(shelf_by_title.values())
        self._ended = self._shelf_by_phase[Phase.ENDED]
        self._rows: dict[SessionId, Row] = {}
        self._counts = dict.fromkeys(Phase, 0)
        self._agents: dict[tuple[AgentKind, str], int] = {}

    def put(self, row: Row) -> None:
        """Take the new row of a session."""
        before = self._rows.get(row.session)
        shelf = self._shelf_by_phase[row.phase]
        if before is not None:
            old = self._shelf_by_phase[before.phase]
            if old is not shelf or shelf.key_of(before) != shelf.key_of(row):
                old.drop(before)
            self._count(before, -1)
        shelf.put(row)
        self._rows[row.session] = row
        self._count(row, 1)

    def drop(self, session: SessionId) -> None:
        """Forget a session."""
        row = self._rows.pop(session, None)
        if row is not None:
            self._shelf_by_phase[row.phase].drop(row)
            self._count(row, -1)

    def board(
        self,
        now: datetime,
        troubles: tuple[Trouble, ...],
        connected: Mapping[AgentKind, bool],
        show_ended: timedelta,
        group_by: GroupBy = GroupBy.NEED,
    ) -> Board:
        """Everything in groups; ended sessions are left out when they ended longer than *show_ended* ago.

        *connected* has every agent that can be connected, and whether it is.
        """
        groups = [shelf.drawn() for shelf in self._shelves if shelf.rows and shelf is not self._ended]
        ended = tuple(row for row in self._ended.rows if now - row.since < show_ended)
        if ended:
            groups.append(Group(self._ended.colour, self._ended.title, ended))
        counts = {**self._counts, Phase.ENDED: len(ended)}
        seen = [agent for agent, count in self._agents.items() if count]
        seen += [agent for agent in dict.fromkeys((row.agent, row.agent_label) for row in ended) if agent not in seen]
        return Board(
            at=now,
            groups=tuple(groups),
            arranged=arranged(groups, group_by),
            counts=tuple((phase, count) for phase, count in counts.items() if count),
            needs_you=sum(counts[phase] for phase in Phase if phase.needs_person),
            oldest_wait=min(
                (row.since for group in groups if group.phase.needs_person for row in group.rows), default=None
            ),
            troubles=troubles,
            agents_seen=tuple((kind, label, connected[kind]) for kind, label in seen if kind in connected),
        )

    def _count(self, row: Row, change: int) -> None:
        self._counts[row.phase] += change
        if row.phase is not Phase.ENDED:
            agent = (row.agent, row.agent_label)
            self._agents[agent] = self._agents.get(agent, 0) + change
