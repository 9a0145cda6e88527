"""Who listens on a socket in the file system: it must be the person's own, and of the very process that is meant."""

import os
import socket
import stat
import struct
import sys

from desktop.channels.refusal import Refused

ASK_S = 1.0


def require_own(path: str, program: str) -> None:
    """Refuse unless *path* is a socket of the person's; *program* is said in the refusal."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        raise Refused(f"The {program} of this session is gone.") from None
    if not os.path.isabs(path) or not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused(f"The {program} of this session is not yours.")


def listener(address: str) -> int:
    """The process that listens at *address* (with a NUL before an abstract one); 0 when nobody of ours does."""
    if not hasattr(socket, "AF_UNIX"):
        return 0
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(ASK_S)
        try:
            sock.connect(address)
            pid, uid = owner(sock)
        except (OSError, ValueError):
            return 0
    return pid if uid == os.geteuid() else 0


def owner(sock: socket.socket) -> tuple[int, int]:
    """Process and user at the other end."""
    if sys.platform == "linux":
        pid, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return pid, uid
    # macOS, not run: SOL_LOCAL with LOCAL_PEERPID and LOCAL_PEERCRED (struct xucred).
    pid = struct.unpack("i", sock.getsockopt(0, 2, 4))[0]
    return pid, struct.unpack_from("II", sock.getsockopt(0, 1, 76))[1]
