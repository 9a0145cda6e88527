"""Which process shows which conversation of a server that several processes share: by directory and start.

A server names no process, and a process no conversation. What cannot be told apart stays unpaired.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from desktop.domain.agent import ServedSession
from desktop.domain.record import dataclass

# A conversation is stamped in whole seconds, and begun at the earliest when its process starts.
SLACK = timedelta(seconds=2)
# By then the process has begun a conversation of its own, if it was going to: what is older is one it took up again.
SETTLED_AFTER = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that may show a conversation."""

    pid: int
    cwd: str
    started_at: datetime


def paired(
    owners: Iterable[Owner], sessions: Sequence[ServedSession], before: Mapping[int, str], now: datetime
) -> dict[int, str]:
    """For each process the conversation it shows, by the agent's own id; *before* is what was found last."""
    pairs: dict[int, str] = {}
    by_cwd: dict[str, list[Owner]] = {}
    for owner in owners:
        by_cwd.setdefault(owner.cwd.rstrip("/"), []).append(owner)
    for cwd, group in by_cwd.items():
        here = [session for session in sessions if session.cwd.rstrip("/") == cwd]
        pairs |= _alone(group[0], here, before, now) if len(group) == 1 else _together(group, here, before, now)
    return pairs


def _alone(owner: Owner, sessions: Sequence[ServedSession], before: Mapping[int, str], now: datetime) -> dict[int, str]:
    """The only process of its directory shows the newest conversation there."""
    young = [session for session in sessions if _is_of(owner, session)]
    if young:
        return {owner.pid: max(young, key=_start).native}
    kept = before.get(owner.pid)
    if kept is not None and any(session.native == kept for session in sessions):
        return {owner.pid: kept}
    if len(sessions) == 1 and now >= owner.started_at + SETTLED_AFTER:
        return {owner.pid: sessions[0].native}
    return {}


def _together(
    owners: Sequence[Owner], sessions: Sequence[ServedSession], before: Mapping[int, str], now: datetime
) -> dict[int, str]:
    """Several processes of one directory: each has what began soonest after it, and keeps it."""
    natives = {session.native for session in sessions}
    pairs = {owner.pid: before[owner.pid] for owner in owners if before.get(owner.pid) in natives}
    for session in sorted(sessions, key=_start):
        free = [owner for owner in owners if owner.pid not in pairs and _is_of(owner, session)]
        if session.native not in pairs.values() and free:
            pairs[max(free, key=lambda owner: owner.started_at).pid] = session.native
    left = [owner for owner in owners if owner.pid not in pairs and now >= owner.started_at + SETTLED_AFTER]
    over = [session for session in sessions if session.native not in pairs.values()]
    if len(left) == 1 and len(over) == 1:
        pairs[left[0].pid] = over[0].native
    return pairs


def _is_of(owner: Owner, session: ServedSession) -> bool:
    return session.started_at is not None and session.started_at >= owner.started_at - SLACK


def _start(session: ServedSession) -> datetime:
    return session.started_at or datetime.min.replace(tzinfo=UTC)
