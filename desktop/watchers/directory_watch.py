"""Hear that something changed in a directory. What changed is found out by looking; this only says where to look.

Never recursive, always with an explicit choice of events: watchdog's defaults hear our own reading and drown in it.
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from watchdog import events as told
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from watchdog.observers.api import ObservedWatch

Changed = Callable[[str, str], None]
"""Told, perhaps from another thread: (directory, name in it); an empty name means the directory itself went away."""

Overflowed = Callable[[], None]
"""Told, perhaps from another thread: events were lost, look everywhere."""

_FILTER: list[type[FileSystemEvent]] = [
    told.FileCreatedEvent,
    told.FileModifiedEvent,
    told.FileMovedEvent,
    told.FileDeletedEvent,
    told.DirCreatedEvent,
    told.DirMovedEvent,
    told.DirDeletedEvent,
]

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
    if not _is_linux():
        return ObserverWatch(changed)
    try:
        from desktop.watchers.inotify_watch import InotifyWatch
    except ImportError:  # a watchdog that is put together differently
        return ObserverWatch(changed)
    return InotifyWatch(changed, overflowed)


def _is_linux() -> bool:
    return sys.platform == "linux"


class ObserverWatch:
    """watchdog's observer of this platform."""

    def __init__(self, changed: Changed) -> None:
        self._listener = _Listener(changed)
        self._observer = Observer()
        self._observer.name = "directory watch"
        self._observer.start()
        self._watches: dict[str, ObservedWatch] = {}

    def update(self, directories: frozenset[str]) -> Mapping[str, OSError]:
        """Watch exactly these from now on; returns those that cannot be watched, and why."""
        alive = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for directory, watch in list(self._watches.items()):
            # An emitter can die without a word: then its directory is scheduled afresh.
            if directory not in directories or watch not in alive:
                del self._watches[directory]
                self._observer.unschedule(watch)
        failed: dict[str, OSError] = {}
        for directory in directories - self._watches.keys():
            try:
                if not os.path.isdir(directory):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), directory)
                self._watches[directory] = self._observer.schedule(self._listener, directory, event_filter=_FILTER)
            except OSError as error:
                failed[directory] = error
        return failed

    def fileno(self) -> int | None:
        """None: the observer's threads tell by themselves."""
        return None

    def pump(self) -> None:
        """Nothing to do; the observer's threads tell by themselves."""

    def close(self) -> None:
        """Let go of everything and end the threads."""
        self._observer.stop()
        self._observer.join(1.0)


class _Listener(FileSystemEventHandler):
    """Passes on where something happened."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if path:
                directory, name = os.path.split(os.fsdecode(path))
                self._changed(directory, name)
