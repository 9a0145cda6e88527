"""What was true of each agent and when, what the tray told each second, and how often that was right.

Truth comes from the model servers, from the keys that were pressed and from the agents' own records, not the tray.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAY_TAKE_S = 1.0
WAITING = frozenset({"needs approval", "needs answer"})
ENDED = "ended"
UNKNOWN = ""  # nothing is known, for the script itself lost the thread


@dataclass(frozen=True)
class State:
    """What is true of an agent from *since* on: the answer of a model or the key that caused it."""

    since: float
    settled: float  # when the agent itself was seen to be there
    session: str
    phase: str
    scene: str


@dataclass
class Truth:
    """The history of one agent, whose sessions follow one another."""

    agent: str
    states: list[State] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # sessions by what they may be called before they have a name

    def at(self, moment: float) -> State | None:
        """What was true then; none before it began."""
        return next((state for state in reversed(self.states) if state.since <= moment), None)

    @property
    def sessions(self) -> set[str]:
        """All it ever had."""
        return {state.session for state in self.states}


@dataclass(frozen=True)
class Look:
    """What the tray told at a moment: the sessions with their phases, one for each row."""

    at: float
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Verdict:
    """What one look said of one agent, compared with what was true."""

    at: float
    agent: str
    expected: str
    told: str
    scene: str
    since: float
    is_counted: bool  # not within a second of a change
    is_right: bool


@dataclass(frozen=True)
class Streak:
    """Looks at one agent that were wrong one after another, in the same way."""

    first: Verdict
    last: Verdict
    looks: int

    def __str__(self) -> str:
        first = self.first
        return (
            f"{first.agent}: {first.told!r} for {first.expected!r}, {self.looks} looks,"
            f" {first.at - first.since:.1f} to {self.last.at - first.since:.1f} s after the change, in {first.scene!r}"
        )


def judge(truth: Truth, looks: Iterable[Look]) -> Iterator[Verdict]:
    """Compare what was told of one agent with what was true of it."""
    known = truth.sessions
    for look in looks:
        state = truth.at(look.at)
        if state is None or state.phase == UNKNOWN:
            continue
        rows = [(truth.names.get(session, session), phase) for session, phase in look.rows]
        own = [phase for session, phase in rows if session == state.session]
        # A session that ended may stay in sight, and one that is gone may not come back.
        own += [
            f"another one {phase}"
            for session, phase in rows
            if session in known and session != state.session and phase != ENDED
        ]
        told = " and ".join(own) or ("ended" if state.phase == ENDED else "nothing")
        yield Verdict(
            look.at, truth.agent, state.phase, told, state.scene, state.since,
            look.at >= state.settled + MAY_TAKE_S, told == state.phase,
        )  # fmt: skip


def streaks(verdicts: Iterable[Verdict]) -> list[Streak]:
    """The looks at one agent that count and were wrong, in a row."""
    found: list[Streak] = []
    is_broken = True
    for verdict in verdicts:
        if verdict.is_right:
            is_broken = True
        elif verdict.is_counted:
            last = found[-1].first if found else None
            is_same = last is not None and (last.expected, last.told) == (verdict.expected, verdict.told)
            if found and is_same and not is_broken:
                found[-1] = Streak(found[-1].first, verdict, found[-1].looks + 1)
            else:
                found.append(Streak(verdict, verdict, 1))
            is_broken = False
    return found


def share(verdicts: Iterable[Verdict]) -> tuple[int, int]:
    """How many looks count, and how many of those were right."""
    counted = [verdict for verdict in verdicts if verdict.is_counted]
    return len(counted), sum(verdict.is_right for verdict in counted)


def ghosts(truths: Sequence[Truth], looks: Iterable[Look]) -> dict[str, list[float]]:
    """When a row was told of a session that no agent ever had."""
    known = set[str]().union(*(truth.sessions | set(truth.names) for truth in truths))
    found: dict[str, list[float]] = {}
    for look in looks:
        for session, _ in look.rows:
            if session not in known:
                found.setdefault(session, []).append(look.at)
    return found


def wrong_waits(
    truth: Truth, told: Mapping[str, Sequence[tuple[float, str]]], end: float
) -> list[tuple[float, float, str]]:
    """When the tray told that the agent waits though it did not: from when, for how many seconds, of which session.

    *told* are all changes that it told of a session; an agent may take its time between a key and what it does.
    """
    found: list[tuple[float, float, str]] = []
    for session in sorted(truth.sessions):
        changes = [next(same) for _, same in itertools.groupby(told.get(session, ()), key=lambda change: change[1])]
        for (begin, phase), (stop, _) in itertools.pairwise([*changes, (end, "")]):
            if phase in WAITING:
                found += [(at, until - at, session) for at, until in _outside(truth, begin, stop) if until > at]
    return found


def _outside(truth: Truth, begin: float, stop: float) -> Iterator[tuple[float, float]]:
    """The parts of a span of time in which the agent did not wait."""
    at = begin
    for state, following in zip(truth.states, [*truth.states[1:], None], strict=True):
        if state.phase in WAITING or state.phase == UNKNOWN:
            until = following.settled if following is not None else stop
            if state.since < stop and until > at:
                yield at, min(state.since, stop)
                at = max(at, until)
    yield at, stop
