"""The thread that owns the ledger: writes in order, and lets an answer leave only after its decision is on disk."""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime

from desktop.domain.events import HealthReported
from desktop.domain.ports import Sink
from desktop.storage.ledger import AlreadyDecidedError, Decision, Ledger, LedgerError

log = logging.getLogger(__name__)

PART = "ledger"
NOT_RECORDED = "It cannot be recorded, so it was not sent. Answer it in the terminal of the session."


class Scribe:
    """Runs ledger calls in order on a thread of its own. Without a ledger nothing is kept and nothing allowed."""

    def __init__(self, ledger: Ledger | None, sink: Sink, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._sink = sink
        self._clock = clock
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._is_ill = False
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        if self._ledger is not None:
            self._thread.start()

    def stop(self, deadline_s: float) -> None:
        """Write what is waiting, then end."""
        if self._ledger is None:
            return
        self._jobs.put(None)
        self._thread.join(deadline_s)
        if not self._thread.is_alive():
            self._ledger.close()

    def note(self, write: Callable[[Ledger], None]) -> None:
        """Write something whose loss can be borne."""
        ledger = self._ledger
        if ledger is not None:
            self._jobs.put(lambda: write(ledger))

    def decide(self, decision: Decision, let_go: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Put *decision* on disk, then call *let_go*; call *refused* with the reason when that fails.

        Both run on the scribe's thread.
        """
        ledger = self._ledger
        if ledger is None:
            refused(NOT_RECORDED)
            return

        def write() -> None:
            try:
                ledger.decide(decision)
            except AlreadyDecidedError:
                refused("Nothing was sent: this request was already answered.")
            except LedgerError:
                refused(NOT_RECORDED)
                raise
            else:
                let_go()

        self._jobs.put(write)

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            try:
                job()
            except (sqlite3.Error, LedgerError, OSError) as error:
                self._report(str(error))
            except Exception:
                log.exception("a ledger entry was lost")
                self._report("An entry could not be written.")
            else:
                self._report("")

    def _report(self, trouble: str) -> None:
        if bool(trouble) != self._is_ill:
            self._is_ill = bool(trouble)
            remedy = "Free disk space; until then answers are given in the terminals." if trouble else ""
            self._sink(HealthReported(PART, self._clock(), trouble, remedy))
