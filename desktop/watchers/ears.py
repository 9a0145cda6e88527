"""Collect what directories tell until the loop asks, and know when hearing fails."""

import os
import selectors
import threading
from collections.abc import Mapping

from desktop.watchers import directory_watch

Interest = frozenset[str] | None
"""Names in a directory that matter; None for all."""


class Ears:
    """Marks places as changed, from whatever thread, and wakes the loop at most once for all of them."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._lock = threading.Lock()
        self._changed: set[tuple[str, str]] = set()
        self._is_woken = False
        self._is_pumping = False
        self._is_overflowed = False
        self._interests: Mapping[str, Interest] = {}
        self._watched: frozenset[str] = frozenset()
        self._watch: directory_watch.DirectoryWatch | None = None
        self.trouble: OSError | None = None
        # The loop sleeps on one end.
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        selector.register(self._wake_in, selectors.EVENT_READ, None)
        self._selector = selector

    def wake(self) -> None:
        """Let the loop look; safe from any thread."""
        with self._lock:
            if not self._is_woken:
                self._is_woken = True
                os.write(self._wake_out, b"!")

    def take(self) -> tuple[set[tuple[str, str]], bool]:
        """What changed since the last call, and whether some of it was lost."""
        if self._watch is not None:
            self._is_pumping = True  # we are awake already
            self._watch.pump()
            self._is_pumping = False
        with self._lock:
            if self._is_woken:
                os.read(self._wake_in, 16)
                self._is_woken = False
            changed, self._changed = self._changed, set()
            is_overflowed, self._is_overflowed = self._is_overflowed, False
        return changed, is_overflowed

    def listen(self, interests: Mapping[str, Interest]) -> frozenset[str]:
        """Listen to these directories and no others; returns those newly heard, to be looked into once.

        Directories that do not exist are passed over. *trouble* says afterwards what else went wrong.
        """
        self._interests = dict(interests)
        self.trouble = None
        wanted = frozenset(interests)
        try:
            if self._watch is None:
                self._watch = directory_watch.open_watch(self._on_changed, self._on_overflowed)
                descriptor = self._watch.fileno()
                if descriptor is not None:
                    self._selector.register(descriptor, selectors.EVENT_READ, None)
            failed = self._watch.update(wanted)
        except OSError as error:
            self.trouble = error
            return frozenset()
        serious = [error for error in failed.values() if not directory_watch.is_missing(error)]
        self.trouble = serious[0] if serious else None
        heard = wanted - failed.keys()
        new = heard - self._watched
        self._watched = heard
        return new

    def close(self) -> None:
        """Listen no more."""
        if self._watch is not None:
            descriptor = self._watch.fileno()
            if descriptor is not None:
                self._selector.unregister(descriptor)
            self._watch.close()
            self._watch = None
        self._selector.unregister(self._wake_in)
        with self._lock:
            self._is_woken = True  # a late word from the other thread writes nowhere
        os.close(self._wake_in)
        os.close(self._wake_out)

    def _on_changed(self, directory: str, name: str) -> None:
        interest = self._interests.get(directory)
        if name and interest is not None and name not in interest:
            return
        with self._lock:
            self._changed.add((directory, name))
            if not name:
                self._watched -= {directory}
        if not self._is_pumping:
            self.wake()

    def _on_overflowed(self) -> None:
        with self._lock:
            self._is_overflowed = True
        if not self._is_pumping:
            self.wake()
