"""Hear that something changed in a directory. What changed is found out by looking; this only says where to look.

Never recursive.
"""

import errno
import sys
from collections.abc import Callable, Mapping
from typing import Protocol

Changed = Callable[[str, str], None]
"""Told, perhaps from another thread: (directory, name in it); an empty name means the directory itself went away."""

Overflowed = Callable[[], None]
"""Told, perhaps from another thread: events were lost, look everywhere."""

_LIMITS = {errno.ENOSPC: "max_user_watches", errno.EMFILE: "max_user_instances"}


class DirectoryWatch(Protocol):
    """Watches a set of directories, each alone, without what lies below."""

    def update(self, directories: frozenset[str]) -> Mapping[str, OSError]:
        """Watch exactly these from now on; returns those that cannot be watched, and why."""

    def fileno(self) -> int | None:
        """What to sleep on before calling *pump*; None when changes are told from a thread of its own."""

    def pump(self) -> None:
        """Tell what was heard so far, on the thread that calls."""

    def close(self) -> None: ...


def is_missing(error: OSError) -> bool:
    """Whether the directory is just not there, which is no trouble of ours."""
    return error.errno in (errno.ENOENT, errno.ENOTDIR)


def remedy(error: OSError) -> str:
    """What a person can do about it."""
    limit = _LIMITS.get(error.errno or 0)
    if limit is None or not _is_linux():
        return ""
    value = 524288 if limit == "max_user_watches" else 1024
    return f"sudo sysctl fs.inotify.{limit}={value}"


def open_watch(changed: Changed, overflowed: Overflowed) -> DirectoryWatch:
    """The best for this system; OSError when there is none to be had."""
    if _is_linux():
        from desktop.watchers.inotify_watch import InotifyWatch

        return InotifyWatch(changed, overflowed)
    from desktop.watchers.observer_watch import ObserverWatch  # with watchdog, 6 ms that Linux can do without

    return ObserverWatch(changed)


def _is_linux() -> bool:
    return sys.platform == "linux"
