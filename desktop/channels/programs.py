"""Start the programs that terminals are spoken to with: found where they can be trusted, without a shell.

They get an environment of their own, so nothing that was inherited from a terminal can send them astray.
"""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from desktop.channels.refusal import Refused

CALL_S = 2.0
_CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class Failed(Refused):
    """The program ran and said no."""


def run(name: str, *arguments: str, given: str = "", variables: Mapping[str, str] | None = None) -> str:
    """Run a program with *given* on its input and return what it prints; at most 2 s."""
    program = trusted(name, os.environ.get("PATH", os.defpath))
    try:
        done = subprocess.run(
            [program, *arguments],
            input=given.encode("utf-8", "replace"),
            capture_output=True,
            timeout=CALL_S,
            check=True,
            cwd="/",
            env={**_CLEAN, **(variables or {})},
        )
    except subprocess.CalledProcessError:
        raise Failed(f"{name} says no.") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"{name} does not answer.") from None
    except OSError as error:
        raise Refused(f"{name} could not be started ({error.strerror}).") from None
    return done.stdout.decode("utf-8", "replace")


@cache
def trusted(name: str, path: str) -> str:
    """The program to use, found once: absolute, root's or ours, and nothing that a project could have put there."""
    here = Path.cwd()
    for directory in path.split(os.pathsep):
        program = Path(directory) / name
        if not os.path.isabs(directory) or program.is_relative_to(here) or not os.access(program, os.X_OK):
            continue
        real = program.resolve()
        if _is_trusted(real) and _is_trusted(real.parent) and _is_trusted(program.parent):
            return os.fspath(real)
    raise Refused(f"{name} is not installed where it could be trusted.")


def is_there(name: str) -> bool:
    """Whether the program can be used."""
    try:
        trusted(name, os.environ.get("PATH", os.defpath))
    except Refused:
        return False
    return True


def _is_trusted(path: Path) -> bool:
    found = path.stat()
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022
