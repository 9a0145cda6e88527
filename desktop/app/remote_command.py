"""What is typed to let the agents of another machine ask here: ``ssh`` carries the socket of that machine to us."""

import shlex
from pathlib import Path

from desktop.formats.remote_events import HOST_NAME
from desktop.storage import paths

# One of the places where the relay looks for us on its machine, and the only one that is there before anybody logs in.
_THERE = "/tmp/" + paths.APP + "-$(id -u)"  # noqa: S108  # ours alone: made with that mode, and the relay looks at it


def socket_of(name: str, runtime: Path) -> Path:
    """Where we listen for the machine called *name*."""
    return runtime / f"remote-{name}.sock"


def command_for(name: str, runtime: Path) -> str:
    """The command, exactly; *name* is what the person calls the machine, and what ``ssh`` knows it by."""
    make = f'mkdir -p -m 700 "{_THERE}" && echo "{_THERE}"'
    there = f'"$(ssh {name} {shlex.quote(make)})/{paths.SOCKET}"'
    here = shlex.quote(str(socket_of(name, runtime)))
    return f"ssh -o StreamLocalBindUnlink=yes -R {there}:{here} {name}"


def trouble_with(name: str, runtime: Path) -> str:
    """Why there can be no remote called *name*, in a sentence; empty when there can."""
    if not HOST_NAME.fullmatch(name):
        return "That cannot be its name: use what ssh knows it by, in letters, digits, dots and hyphens."
    if len(str(socket_of(name, runtime))) > paths.LONGEST_SOCKET_PATH:
        return "That name is too long for a socket. Give it a shorter one in ~/.ssh/config."
    return ""
