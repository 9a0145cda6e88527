"""Hear changes on Linux through inotify itself, read by the loop that acts on them: no thread, no queue between.

WORKAROUND (packaging/bench, G4): watchdog's observer starts a thread for each directory, hands every event through
three queues, and says nothing when events were lost. From another process's write to our event, medians of one run on a
busy machine: observer 480 us, this 280 us, of which two thirds translate the row; an inotify read alone takes 65 us.
watchdog's bindings are used here, its threads are not.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Mapping

from watchdog.observers.inotify_c import (
    InotifyConstants,
    Mask,
    WatchDescriptor,
    inotify_add_watch,
    inotify_init,
    inotify_rm_watch,
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
_GONE = InotifyConstants.IN_DELETE_SELF | InotifyConstants.IN_MOVE_SELF | InotifyConstants.IN_IGNORED
_HEAD = struct.Struct("iIII")
# About 250 events; what does not fit is read next time round.
_BUFFER = 8192


class InotifyWatch:
    """One inotify descriptor, however many directories. Whoever sees it readable calls *pump*."""

    def __init__(self, changed: Changed, overflowed: Overflowed) -> None:
        self._changed = changed
        self._overflowed = overflowed
        self._descriptor = inotify_init()
        if self._descriptor == -1:
            raise _error("")
        os.set_blocking(self._descriptor, False)
        os.set_inheritable(self._descriptor, False)
        # Two names may lead to one directory, and then the kernel gives both the same number.
        self._names: dict[int, set[str]] = {}
        self._numbers: dict[str, int] = {}

    def fileno(self) -> int:
        """Readable when there is something to pump."""
        return self._descriptor

    def pump(self) -> None:
        """Tell what was heard so far."""
        try:
            heard = os.read(self._descriptor, _BUFFER)
        except BlockingIOError:
            return
        offset = 0
        while offset + _HEAD.size <= len(heard):
            number, mask, _, length = _HEAD.unpack_from(heard, offset)
            offset += _HEAD.size
            name = os.fsdecode(heard[offset : offset + length].rstrip(b"\0"))
            offset += length
            if mask & InotifyConstants.IN_Q_OVERFLOW:
                self._overflowed()
            elif mask & _GONE:
                self._lose(number)
            else:
                for directory in self._names.get(number, ()):
                    self._changed(directory, name)

    def update(self, directories: frozenset[str]) -> Mapping[str, OSError]:
        """Watch exactly these from now on; returns those that cannot be watched, and why."""
        for directory in self._numbers.keys() - directories:
            number = self._numbers.pop(directory)
            names = self._names[number]
            names.discard(directory)
            if not names:
                del self._names[number]
                # Fails only when the directory is gone, and the watch with it.
                inotify_rm_watch(self._descriptor, WatchDescriptor(number))
        failed: dict[str, OSError] = {}
        for directory in directories - self._numbers.keys():
            number = inotify_add_watch(self._descriptor, os.fsencode(directory), _MASK)
            if number == -1:
                failed[directory] = _error(directory)
            else:
                self._numbers[directory] = number
                self._names.setdefault(number, set()).add(directory)
        return failed

    def close(self) -> None:
        """Let go of everything."""
        os.close(self._descriptor)

    def _lose(self, number: int) -> None:
        """The directory went elsewhere or is no more."""
        names = self._names.pop(number, None)
        if names is None:
            return
        inotify_rm_watch(self._descriptor, WatchDescriptor(number))
        for directory in names:
            del self._numbers[directory]
            self._changed(directory, "")


def _error(directory: str) -> OSError:
    number = ctypes.get_errno()
    known = {errno.ENOSPC: "inotify watch limit reached", errno.EMFILE: "inotify instance limit reached"}
    return OSError(number, known.get(number) or os.strerror(number), directory)
