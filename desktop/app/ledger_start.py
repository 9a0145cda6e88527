"""Opens the ledger at start; what keeps it shut is said in the window, and then nothing can be allowed."""

import logging

from desktop.app import clock
from desktop.app.scribe import PART
from desktop.domain.events import HealthReported
from desktop.domain.ports import Sink
from desktop.storage import paths
from desktop.storage.ledger import Ledger, LedgerError

log = logging.getLogger(__name__)


def open_ledger(sink: Sink) -> Ledger | None:
    """Open the ledger, or report why it cannot be."""
    try:
        ledger = Ledger(paths.places().ledger)
    except (LedgerError, OSError) as error:
        log.error("the ledger stays shut: %s", error)
        sink(HealthReported(PART, clock.now(), str(error), "Until then answers are given in the terminals."))
        return None
    if ledger.moved_aside is not None:
        log.warning("the ledger could not be read and was moved aside")
        told = f"What was remembered could not be read; it was put aside as {ledger.moved_aside}."
        sink(HealthReported("ledger file", clock.now(), told, "A new, empty one is in use."))
    return ledger
