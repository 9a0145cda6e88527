"""Processes as ``/proc/<pid>/stat`` tells of them; reads nothing itself."""

from collections.abc import Callable, Collection

from desktop.domain.record import dataclass

_DEEPEST_CHAIN = 64  # no real chain of parents is longer; a forged /proc could be a circle


@dataclass(frozen=True, slots=True)
class ProcStat:
    """What identifies a process: its parent, and when it started in clock ticks since boot."""

    name: str
    parent: int
    started: int


LookUp = Callable[[int], ProcStat | None]
"""Tells of a process; None when there is none of that number."""


def parse(raw: bytes) -> ProcStat | None:
    """Read one stat line; None for what is none.

    The name is whatever the process calls itself, blanks and parentheses included, so fields count from the last ``)``.
    """
    head, _, tail = raw.rpartition(b")")
    fields = tail.split()
    try:
        return ProcStat(head.partition(b"(")[2].decode("utf-8", "replace"), int(fields[1]), int(fields[19]))
    except (IndexError, ValueError):
        return None


def ancestors(pid: int, look_up: LookUp) -> tuple[int, ...]:
    """List *pid* and the chain of its parents, nearest first.

    A parent that started after its child is another process with a used number, and ends the chain.
    """
    chain: list[int] = []
    born = None
    while pid > 0 and len(chain) < _DEEPEST_CHAIN:
        found = look_up(pid)
        if found is None or (born is not None and found.started > born):
            break
        chain.append(pid)
        born = found.started
        pid = found.parent
    return tuple(chain)


def descends(pid: int, owners: Collection[int], look_up: LookUp) -> bool:
    """Whether one of *owners* is *pid* or an ancestor of it, and *pid* was the same process all along."""
    before = look_up(pid)
    chain = ancestors(pid, look_up)
    after = look_up(pid)
    is_same = before is not None and after is not None and before.started == after.started
    return is_same and not set(owners).isdisjoint(chain)
