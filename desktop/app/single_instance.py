"""One tray a person: the first start holds a lock, every later one brings the first forward."""

import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Lock:
    """Held as long as this lives. The system lets go of it however we end, so it needs no cleaning up."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def release(self) -> None:
        """Let another start be the first. The file stays: taking it away would let two hold it."""
        self._file.close()


def take(directory: Path) -> Lock | None:
    """Become the one instance of *directory*; None when there is one already."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    file = open(os.open(directory / "lock", flags, 0o600), "r+b", buffering=0)  # noqa: SIM115  # kept open on purpose
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return Lock(file)
