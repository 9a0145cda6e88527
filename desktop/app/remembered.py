"""Cursors in the ledger: how far transcripts were read, kept over restarts. Called from the watching thread."""

import dataclasses
import logging
import sqlite3
from collections.abc import Mapping

from desktop.app.scribe import Scribe
from desktop.storage.ledger import Ledger
from desktop.watchers.log_tail import Checkpoint

log = logging.getLogger(__name__)


class LedgerCursors:
    """Loads once, before the scribe's thread owns the ledger; saves through the scribe."""

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


def _checkpoint(state: Mapping[str, object]) -> Checkpoint | None:
    try:
        return Checkpoint(**state)  # type: ignore[arg-type]  # wrong types are refused by whoever reads on from it
    except TypeError:
        return None
