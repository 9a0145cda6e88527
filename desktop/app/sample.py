"""The beginning of a file that the person chose, to try a description on; never more than a window can show."""

import os
import stat
from pathlib import Path

MOST_BYTES = 256 * 1024


def read_sample(path: Path) -> tuple[bytes, str]:
    """The first whole lines of *path*; or nothing, and why in a sentence."""
    try:
        # A pipe without a writer would hold the window for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        return b"", f"{path} cannot be read: {getattr(error, 'strerror', None) or error}."
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return b"", f"{path} is not a file. Choose a log."
        with open(handle, "rb", closefd=False) as file:
            sample = file.read(MOST_BYTES + 1)
    except OSError as error:
        return b"", f"{path} cannot be read: {error.strerror}."
    finally:
        os.close(handle)
    if len(sample) > MOST_BYTES:
        whole = sample[:MOST_BYTES]
        return whole[: whole.rfind(b"\n") + 1] or whole, ""
    return sample, ""
