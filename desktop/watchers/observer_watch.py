"""Hear changes through watchdog's observer, where there is no inotify.

Always with an explicit choice of events: watchdog's defaults hear our own reading and drown in it.
"""

import errno
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from watchdog import events as told
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from desktop.watchers.directory_watch import Changed

if TYPE_CHECKING:
    from watchdog.observers.api import ObservedWatch

_FILTER: list[type[FileSystemEvent]] = [
    told.FileCreatedEvent,
    told.FileModifiedEvent,
    told.FileMovedEvent,
    told.FileDeletedEvent,
    told.DirCreatedEvent,
    told.DirMovedEvent,
    told.DirDeletedEvent,
]


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
