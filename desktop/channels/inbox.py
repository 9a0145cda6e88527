"""Leave a message in a session's own inbox, for agents whose sessions listen on a socket. Blocks for at most 2 s."""

import os
import socket
import stat
from pathlib import Path

from desktop.channels import sockets
from desktop.channels.refusal import Refused
from desktop.domain.agent import Agent

SEND_S = 2.0


def send(path: Path, session_pid: int, text: str, agent: Agent) -> None:
    """Write *text* into the inbox at *path*, if the session's own process holds it. No answer ever comes."""
    if agent.write_inbox is None or not hasattr(socket, "AF_UNIX"):
        raise Refused(f"A session of {agent.label} has no inbox here.")
    line = agent.write_inbox(text)
    if line.count(b"\n") != 1 or not line.endswith(b"\n"):
        raise Refused("The text could not be written as one message.")
    try:
        found = os.lstat(path)
    except OSError:
        raise Refused("The session's inbox is gone.") from None
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused("What lies in the place of the session's inbox is not yours.")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(SEND_S)
        try:
            sock.connect(os.fspath(path))
            if sockets.owner(sock) != (session_pid, os.geteuid()):
                raise Refused("The session's inbox is held by another process.")
            sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            raise Refused("The session's inbox does not take messages.") from None
