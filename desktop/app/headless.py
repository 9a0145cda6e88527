"""Watching without a tray: the same hub and watchers on the calling thread, for the command line."""

import queue
import time
from collections.abc import Callable
from datetime import datetime

from desktop.app import clock
from desktop.app.agents import load_agents, with_described
from desktop.app.remembered import ForgetfulCursors
from desktop.domain.board import Board
from desktop.domain.events import Event
from desktop.domain.settings import Settings
from desktop.hub.hub import Hub
from desktop.storage import paths
from desktop.storage.settings_file import SettingsFile
from desktop.watchers.repository import Located
from desktop.watchers.sight import Sight

# A first look reads every live-state file and the tail of every live transcript; 20 us a file when warm.
FIRST_LOOK_S = 0.6


class Headless:
    """Sees the sessions and folds them into boards; answers nothing and shows nothing."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        chosen = settings or _chosen()
        agents = with_described(load_agents(), chosen, self._events.put)
        self.hub = Hub(agents, chosen, clock.now())
        self._sight = Sight(agents, Located(self._events.put), store=ForgetfulCursors())

    def start(self) -> None:
        """Begin to watch."""
        self._sight.start()

    def stop(self) -> None:
        """End the watching."""
        self._sight.stop(2.0)

    def first_look(self) -> Board:
        """What is there now."""
        self._drain(time.monotonic() + FIRST_LOOK_S)
        return self.hub.board(clock.now())

    def follow(self, changed: Callable[[Board, datetime], None]) -> None:
        """Call *changed* after each batch of news, until interrupted."""
        while True:
            deadline = self.hub.next_deadline()
            now = clock.now()
            wait = None if deadline is None else max(0.0, (deadline - now).total_seconds())
            try:
                event = self._events.get(timeout=wait)
            except queue.Empty:
                self.hub.tick(clock.now())
            else:
                self.hub.observe(event, clock.now())
                self._drain(time.monotonic() + 0.05)
            now = clock.now()
            changed(self.hub.board(now), now)

    def _drain(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=left)
            except queue.Empty:
                break
            self.hub.observe(event, clock.now())
        self.hub.tick(clock.now())


def _chosen() -> Settings:
    """The person's settings, as far as they can be read: whoever runs the tray is told what is wrong with them."""
    places = paths.places()
    return SettingsFile(places.settings, places.state / "settings.last-good.toml").load()[0]
