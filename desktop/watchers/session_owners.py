"""Which process shows which conversation of a server that several processes share: by directory and start.

A server names no process, and a process no conversation. What cannot be told apart stays unpaired.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from desktop.domain.agent import ServedSession
from desktop.domain.record import dataclass

# A conversation is stamped in whole seconds, and begun at the earliest when its process starts.
SLACK = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that may show a conversation."""

    pid: int
    cwd: str
    started_at: datetime


def paired(owners: Iterable[Owner], sessions: Sequence[ServedSession], before: Mapping[int, str]) -> dict[int, str]:
    """For each process the conversation it shows, by the agent's own id; *before* is what was found last."""
    pairs: dict[int, str] = {}
    by_cwd: dict[str, list[Owner]] = {}
    for owner in owners:
        by_cwd.setdefault(owner.cwd.rstrip("/"), []).append(owner)
    for cwd, group in by_cwd.items():
        here = [session for session in sessions if session.cwd.rstrip("/") == cwd]
        pairs |= _alone(group[0], here, before) if len(group) == 1 else _together(group, here, before)
    return pairs


def _alone(owner: Owner, sessions: Sequence[ServedSession], before: Mapping[int, str]) -> dict[int, str]:
    """The only process of its directory shows the newest conversation there, or one that it took up again."""
    young = [session for session in sessions if _is_since(session.started_at, owner)]
    if young:
        return {owner.pid: max(young, key=_start).native}
    kept = before.get(owner.pid)
    if kept is not None and any(session.native == kept for session in sessions):
        return {owner.pid: kept}
    used = [session for session in sessions if _is_since(session.used_at, owner)]
    return {owner.pid: used[0].native} if len(used) == 1 else {}


def _together(owners: Sequence[Owner], sessions: Sequence[ServedSession], before: Mapping[int, str]) -> dict[int, str]:
    """Several processes of one directory: each has what began soonest after it, and keeps it."""
    by_native = {session.native: session for session in sessions}
    new = [owner for owner in owners if owner.pid not in before]
    pairs: dict[int, str] = {}
    for owner in owners:
        kept = by_native.get(before.get(owner.pid, ""))
        # What seemed its own may be that of a process that we met only after what it began.
        if kept is not None and not any(_is_since(kept.started_at, one) and _is_younger(one, owner) for one in new):
            pairs[owner.pid] = kept.native
    for session in sorted(sessions, key=_start):
        free = [owner for owner in owners if owner.pid not in pairs and _is_since(session.started_at, owner)]
        if session.native not in pairs.values() and free:
            pairs[max(free, key=lambda owner: owner.started_at).pid] = session.native
    left = [owner for owner in owners if owner.pid not in pairs]
    over = [session for session in sessions if session.native not in pairs.values()]
    if len(left) == 1 and len(used := [session for session in over if _is_since(session.used_at, left[0])]) == 1:
        pairs[left[0].pid] = used[0].native
    return pairs


def _is_younger(one: Owner, other: Owner) -> bool:
    return one.started_at > other.started_at


def _is_since(at: datetime | None, owner: Owner) -> bool:
    return at is not None and at >= owner.started_at - SLACK


def _start(session: ServedSession) -> datetime:
    return session.started_at or datetime.min.replace(tzinfo=UTC)
