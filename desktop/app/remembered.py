"""What the ledger keeps over restarts for others: how far transcripts were read, and what stands on the screen.

Loaded once, before the scribe's thread owns the ledger; saved through the scribe, from any thread.
"""

import dataclasses
import logging
import sqlite3
from collections.abc import Mapping

from desktop.app.scribe import Scribe
from desktop.notifications.on_screen import OnScreen, ScreenMemory
from desktop.storage.ledger import Ledger
from desktop.watchers.log_tail import Checkpoint

log = logging.getLogger(__name__)


class LedgerCursors:
    """Checkpoints of transcripts."""

    def __init__(self, ledger: Ledger, scribe: Scribe) -> None:
        self._scribe = scribe
        self._loaded: dict[str, Checkpoint] = {}
        try:
            for path, state in ledger.cursors().items():
                checkpoint = _checkpoint(state)
                if checkpoint is not None:
                    self._loaded[path] = checkpoint
        except (sqlite3.Error, ValueError) as error:
            log.warning("the places in transcripts are lost, they are read from their ends again: %s", error)

    def load(self) -> Mapping[str, Checkpoint]:
        """What was kept."""
        return dict(self._loaded)

    def save(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        """Keep these."""
        states = {path: dataclasses.asdict(checkpoint) for path, checkpoint in checkpoints.items()}
        self._scribe.note(lambda ledger: ledger.save_cursors(states))


class ForgetfulCursors:
    """For a look that leaves nothing behind."""

    def load(self) -> Mapping[str, Checkpoint]:
        """Nothing."""
        return {}

    def save(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        """Keep nothing."""


def screen_memory(ledger: Ledger | None, scribe: Scribe) -> ScreenMemory:
    """What an earlier run left on the screen, and a way to say what stands there now."""
    if ledger is None:
        return ScreenMemory()

    def keep(now: OnScreen) -> None:
        scribe.note(lambda ledger: ledger.save_shown(now.server, now.ids))

    try:
        server, ids = ledger.shown()
    except sqlite3.Error as error:
        log.warning("what an earlier run left on the screen stays there: %s", error)
        return ScreenMemory(keep=keep)
    return ScreenMemory(OnScreen(server, ids), keep)


def _checkpoint(state: Mapping[str, object]) -> Checkpoint | None:
    try:
        return Checkpoint(**state)  # type: ignore[arg-type]  # wrong types are refused by whoever reads on from it
    except TypeError:
        return None
