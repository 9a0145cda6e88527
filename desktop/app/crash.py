"""What happens to an error that nobody caught: it is written down ready to paste, and said in a window."""

import faulthandler
import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)

_NAME = "crash.txt"


def install(directory: Path, report: Callable[[str], None]) -> None:
    """Write uncaught errors of every thread to *directory* and hand a sentence about them to *report*."""
    path = directory / _NAME
    if sys.__stderr__ is not None:  # a program without a console has none
        faulthandler.enable(sys.__stderr__)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.error("an error nobody expected", exc_info=(kind, error, trace))
        where = f"The report is in {path}; please send it." if _write(path, kind, trace) else "It could not be kept."
        report(f"Something went wrong inside ({kind.__name__}). {where}")

    def uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def _write(path: Path, kind: type[BaseException], trace: TracebackType | None) -> Path | None:
    """Write frames and the kind of the error, not its message: that may quote a person's text. None when it cannot."""
    frames = "".join(traceback.format_list(traceback.extract_tb(trace)))
    about = f"{datetime.now(UTC).isoformat()}  Python {platform.python_version()}  {platform.platform()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(f"{about}\n{kind.__module__}.{kind.__qualname__}\n{frames}", encoding="utf-8")
    except OSError as unwritable:
        log.warning("the crash report could not be written: %s", unwritable.strerror)
        return None
    return path
