"""The watching thread: runs the scene, and sets it up again when it fails."""

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from desktop.domain.agent import Agent
from desktop.domain.events import HealthReported
from desktop.domain.ports import Sink
from desktop.watchers import process_scan
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.pace import Pace
from desktop.watchers.process_scan import ProcessTable
from desktop.watchers.scene import Scene, nobody
from desktop.watchers.stored_sessions import Told
from desktop.watchers.transcripts import Cursors

_log = logging.getLogger(__name__)

WATCHING = "watching sessions"


class Sight:
    """Sees every live session of this user without any set-up: live state, transcripts, processes."""

    def __init__(
        self,
        agents: Sequence[Agent],
        sink: Sink,
        *,
        store: Cursors,
        environment: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        table: ProcessTable | None = None,
        told: Told | None = None,
        servers: AgentServers | None = None,
    ) -> None:
        self._agents = tuple(agents)
        self._sink = sink
        self._store = store
        self._environment = dict(os.environ if environment is None else environment)
        self._pace = pace or Pace()
        self._table = table or process_scan.process_table()
        self._told: Told = told or nobody
        self._servers = servers
        self._stopping = threading.Event()
        self._has_looked = threading.Event()
        self._lock = threading.Lock()
        self._scene: Scene | None = None
        self._is_troubled = False
        self._thread = threading.Thread(target=self._run, name="sight", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wait_for_first_look(self, longest_s: float) -> bool:
        """Wait until all was looked at once, at most so long; say whether it was."""
        return self._has_looked.wait(longest_s)

    def stop(self, deadline_s: float) -> None:
        """End the thread; return when it has ended or the deadline has passed."""
        self._stopping.set()
        with self._lock:
            if self._scene is not None:
                self._scene.wake()
        if self._thread.ident is not None:
            self._thread.join(deadline_s)

    def _run(self) -> None:
        formerly: Mapping[int, str] = {}
        backoff = 0.5
        while not self._stopping.is_set():
            began = time.monotonic()
            scene: Scene | None = None
            try:
                scene = Scene(
                    self._agents,
                    self._sink,
                    store=self._store,
                    environment=self._environment,
                    pace=self._pace,
                    table=self._table,
                    formerly=formerly,
                    told=self._told,
                    servers=self._servers,
                )
                with self._lock:
                    self._scene = scene
                scene.open()
                self._has_looked.set()
                while not self._stopping.is_set():
                    scene.step(self._pace.calm if self._is_troubled else None)
                    if self._is_troubled and time.monotonic() >= began + self._pace.calm:
                        self._is_troubled = False
                        self._sink(HealthReported(WATCHING, datetime.now(UTC), ""))
            except Exception:  # noqa: BLE001 - the main of a thread: whatever it was, seeing must go on
                _log.exception("watching failed; starting over")
                self._is_troubled = True
                self._sink(
                    HealthReported(
                        WATCHING, datetime.now(UTC), "watching failed and was started again", "agent-tray doctor"
                    )
                )
            if scene is not None:
                formerly = scene.known()
                self._close(scene)
            if time.monotonic() >= began + self._pace.longest_backoff:
                backoff = 0.5
            if self._is_troubled:
                self._stopping.wait(backoff)
                backoff = min(backoff * 2, self._pace.longest_backoff)

    def _close(self, scene: Scene) -> None:
        with self._lock:
            self._scene = None
        try:
            scene.close()
        except Exception:  # noqa: BLE001 - a full disk, say: the places in transcripts are lost, and nothing else
            _log.exception("could not keep how far transcripts were read")
