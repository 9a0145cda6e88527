"""Hear changes on Linux through watchdog's inotify reader, without its observer on top.

The observer starts a thread for each directory, hands every event through three queues, and says nothing when events
were lost. The reader beneath it is one thread for all directories and tells of lost events and full limits.
"""

import errno
import os
from collections.abc import Mapping

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

from desktop.watchers.directory_watch import Changed, Overflowed

_MASK = Mask(
    InotifyConstants.IN_MODIFY
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_MOVED_FROM
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_DELETE_SELF
    | InotifyConstants.IN_MOVE_SELF
    | InotifyConstants.IN_ONLYDIR
)


class _Callback:
    """One directory's ear."""

    def __init__(self, directory: str, changed: Changed, overflowed: Overflowed) -> None:
        self._directory = directory
        self._changed = changed
        self._overflowed = overflowed
        self.descriptor = WatchDescriptor(-1)
        self.id = CallbackId(id(self))
        self.is_lost = False

    def on_event(self, event: InotifyEvent) -> None:
        """Pass on where it happened."""
        if event.is_delete_self or event.is_move_self:
            self.is_lost = True
            self._changed(self._directory, "")
        else:
            self._changed(self._directory, os.fsdecode(event.name))

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """The directory is gone, and the kernel's watch with it."""
        self.is_lost = True
        self._changed(self._directory, "")

    def on_queue_overflow(self) -> None:
        """Events were lost."""
        self._overflowed()


class InotifyWatch:
    """One inotify descriptor and one thread, however many directories."""

    def __init__(self, changed: Changed, overflowed: Overflowed) -> None:
        self._changed = changed
        self._overflowed = overflowed
        self._reader = InotifyFD()
        self._reader.name = "directory watch"
        self._reader.start()
        self._callbacks: dict[str, _Callback] = {}

    def update(self, directories: frozenset[str]) -> Mapping[str, OSError]:
        """Watch exactly these from now on; returns those that cannot be watched, and why."""
        for directory, callback in list(self._callbacks.items()):
            if directory not in directories or callback.is_lost:
                del self._callbacks[directory]
                self._reader.remove_callbacks([(callback.descriptor, callback.id)])
        failed: dict[str, OSError] = {}
        for directory in directories - self._callbacks.keys():
            callback = _Callback(directory, self._changed, self._overflowed)
            try:
                self._listen(callback, directory)
            except OSError as error:
                failed[directory] = error
            else:
                self._callbacks[directory] = callback
        return failed

    def close(self) -> None:
        """Let go of everything and end the thread."""
        self._reader.stop()
        self._reader.join(1.0)

    def _listen(self, callback: _Callback, directory: str) -> None:
        callback.descriptor = self._reader.add_callback(os.fsencode(directory), _MASK, callback, callback.id)
        if callback.descriptor == -1:  # how the library passes on "permission denied"
            self._reader.remove_callbacks([(callback.descriptor, callback.id)])
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), directory)
