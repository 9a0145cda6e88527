"""Ends whatever still runs of a stage when the stage itself has died, however it died.

``janitor.py NAME VALUE DIRECTORY``: when standard input ends, every process in whose environment NAME is VALUE is
killed, and DIRECTORY is removed. The stage holds the other end of the pipe.
"""

import os
import shutil
import sys
import time

import psutil

WITHIN_S = 10.0


def of_stage(name: str, value: str) -> list[psutil.Process]:
    """The processes that were started on a stage, by whomever."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, OSError):
            continue
        if is_ours and process.pid != os.getpid():
            found.append(process)
    return found


def sweep(name: str, value: str) -> None:
    """Kill them until there are none: one may start another while it is looked for."""
    end = time.monotonic() + WITHIN_S
    while (left := of_stage(name, value)) and time.monotonic() < end:
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=1)


def main() -> None:
    name, value, directory = sys.argv[1:]
    print("{}", flush=True)
    sys.stdin.read()
    sweep(name, value)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
