"""Whether what listens there belongs to this user: nobody else's server is spoken to."""

import os
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1")
_LISTENING = "0A"
_MOST_BYTES = 4 << 20


def check_socket(path: str) -> None:
    """Raise OSError unless *path* leads to a unix socket of this user."""
    if sys.platform == "win32":
        raise OSError("this system's unix sockets tell no owner")
    found = os.stat(path)  # an agent may keep it elsewhere, behind a link of its own
    if not stat.S_ISSOCK(found.st_mode):
        raise OSError("what lies in the place of the server's socket is none")
    if found.st_uid != os.geteuid():
        raise PermissionError("the server's socket belongs to somebody else")


def loopback_port(address: str) -> tuple[str, int]:
    """Host and port of *address*; raises OSError for any that is not on this machine."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise OSError("the server's address cannot be read") from None
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or not port or parts.username is not None:
        raise OSError("the server's address is not one of this machine")
    return parts.hostname, port


def check_port(port: int, root: Path = Path("/proc/net")) -> None:
    """Raise OSError when another user listens on *port*; elsewhere than on Linux nobody tells."""
    if sys.platform != "linux":
        return
    owners = set()
    for name in ("tcp", "tcp6"):
        try:
            with open(root / name, encoding="ascii", errors="replace") as file:
                lines = file.read(_MOST_BYTES).splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if len(words) > 7 and words[3] == _LISTENING and words[1].endswith(f":{port:04X}"):
                owners.add(words[7])
    if not owners:
        raise ConnectionRefusedError("nobody listens there")
    if owners != {str(os.geteuid())}:
        raise PermissionError("the server's port belongs to somebody else")
