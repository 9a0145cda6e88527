"""The log file: what we did, never what agents or people said, not even by way of an error's message."""

import logging
import os
import traceback
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)

LOG_BYTES = 1_000_000
NAME = "agent-tray.log"

_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class ReticentFormatter(logging.Formatter):
    """Writes where an error arose and of which kind it was; its message may quote a person's text."""

    def format(self, record: logging.LogRecord) -> str:
        """Write *record* in our own words: what another handler wrote of its error is kept in it."""
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: _ErrorInfo) -> str:
        """Write the frames and the kind."""
        kind, _, trace = ei
        if kind is None:
            return ""
        return "".join(traceback.format_list(traceback.extract_tb(trace))) + f"{kind.__module__}.{kind.__qualname__}"


class TwoFiles(logging.FileHandler):
    """Begins a new file when one is full, and keeps the one before.

    The standard library's own brings pickling, queues and sockets with it, 4 ms of every start and 1 MB.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*."""
        if self.stream is not None and self.stream.tell() >= LOG_BYTES:
            self.close()
            try:
                os.replace(self.baseFilename, f"{self.baseFilename}.1")
            except OSError:
                self.handleError(record)  # it goes on in the full one
        super().emit(record)


def begin(directory: Path) -> logging.Handler | None:
    """Log to a file in *directory* from now on; None when that cannot be."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = TwoFiles(directory / NAME, encoding="utf-8", delay=True)
    except OSError as error:
        log.warning("there will be no log file: %s", error.strerror)
        return None
    handler.setFormatter(ReticentFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return handler
