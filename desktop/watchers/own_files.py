"""Open only what may be read: regular files of this user, never through a link, never waiting for a writer."""

import os
import stat

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class NotOurs(OSError):
    """The path leads to something that is no regular file of this user."""


def open_own(path: str) -> tuple[int, os.stat_result]:
    """Open *path* for reading; the caller closes."""
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not is_own(status):
            raise NotOurs(f"not a regular file of this user: {path}")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, status


def is_own(status: os.stat_result) -> bool:
    """Whether this is a regular file that belongs to the user we run as."""
    return stat.S_ISREG(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Read up to *size* bytes from *offset* on."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size)


def read_small(path: str, limit: int) -> tuple[bytes, os.stat_result]:
    """Read a whole file of at most *limit* bytes."""
    descriptor, status = open_own(path)
    try:
        content = read_at(descriptor, limit + 1, 0)
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise NotOurs(f"too large: {path}")
    return content, status
