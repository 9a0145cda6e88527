"""The one door from worker threads to the main thread: put from anywhere, drained in slices on the Qt loop."""

import threading
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from desktop.domain.events import ActivitySeen, Event

# A slice that a person cannot feel; the Qt loop runs between two of them.
SLICE_S = 0.004


class _Woken(QEvent):
    KIND = QEvent.Type(QEvent.registerEventType())

    def __init__(self) -> None:
        super().__init__(self.KIND)


class Inbox(QObject):
    """Takes events from any thread; hands each to *taken* on the thread it lives in, then calls *drained*."""

    def __init__(
        self, taken: Callable[[Event], None], drained: Callable[[], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._taken = taken
        self._drained = drained
        self._lock = threading.Lock()
        self._events: deque[Event | Callable[[], None]] = deque()
        self._is_woken = False

    def serve(self, taken: Callable[[Event], None], drained: Callable[[], None]) -> None:
        """Hand over to others from now on."""
        self._taken, self._drained = taken, drained

    def put(self, event: Event) -> None:
        """Take *event*; the main thread is woken at most once for all that gathers."""
        self._add(event)

    def call(self, action: Callable[[], None]) -> None:
        """Run *action* on the main thread, in order with the events."""
        self._add(action)

    def _add(self, item: Event | Callable[[], None]) -> None:
        with self._lock:
            last = self._events[-1] if self._events else None
            if isinstance(item, ActivitySeen) and isinstance(last, ActivitySeen) and last.session == item.session:
                # Signs of life of one session are one sign of life.
                self._events[-1] = item if item.text else ActivitySeen(item.session, item.at, last.text)
                return
            self._events.append(item)
            if self._is_woken:
                return
            self._is_woken = True
        QCoreApplication.postEvent(self, _Woken())

    def take_all(self) -> None:
        """Hand over every event that has come by now, without the loop; what is to be called waits for the loop."""
        with self._lock:
            waiting, self._events = self._events, deque(item for item in self._events if callable(item))
        for item in waiting:
            if not callable(item):
                self._taken(item)

    def event(self, event: QEvent) -> bool:
        """Drain one slice."""
        if event.type() != _Woken.KIND:  # its Python side may be gone by now: the class says nothing
            return super().event(event)
        try:
            self._drain()
        finally:  # an error costs the one event it came from, and not all that follow
            with self._lock:
                self._is_woken = bool(self._events)
            if self._is_woken:
                QCoreApplication.postEvent(self, _Woken())
        self._drained()
        return True

    def _drain(self) -> None:
        until = time.monotonic() + SLICE_S
        while time.monotonic() < until:
            with self._lock:
                if not self._events:
                    return
                item = self._events.popleft()
            if callable(item):
                item()
            else:
                self._taken(item)
