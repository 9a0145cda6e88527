"""The listening end of our socket: made safely, and never spinning when the system runs out of files."""

import errno
import os
import socket
import stat
from pathlib import Path


class Listener:
    """Listens on *path*. The caller holds the lock of the one instance, so what lies there is nobody's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.socket = self._bind()
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)

    def _bind(self) -> socket.socket:
        try:
            found = os.lstat(self._path)
        except FileNotFoundError:
            pass
        else:
            if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
                raise OSError(errno.EEXIST, "something that is not our socket is in its place")
            self._path.unlink()  # left by a tray that was killed
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            sock.bind(os.fspath(self._path))
        except OSError:
            sock.close()
            raise
        finally:
            os.umask(before)
        sock.listen(1024)  # a full queue turns a relay away at once
        sock.setblocking(False)
        return sock

    def accept(self) -> socket.socket | None:
        """Take one caller; None when there is none after all. Raises OSError when no caller can be taken for now."""
        try:
            sock, _ = self.socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return None
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._turn_one_away()
            return None
        sock.setblocking(False)
        return sock

    def _turn_one_away(self) -> None:
        # The spare file lets us take the caller and close it, or it would wait for its deadline.
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        self.socket.accept()[0].close()
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        """Stop listening and take the file away."""
        self.socket.close()
        self._path.unlink(missing_ok=True)
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
