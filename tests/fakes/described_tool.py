"""A tool that nobody knows: writes lines to a log as it is told on its standard input, one a line; "." ends it.

``described_tool.py LOG [--keeps-open]``: it opens its log for each line, or holds it open all the while.
"""

import sys
from pathlib import Path


def main() -> None:
    """Copy what is said into the log until told to end."""
    log = Path(sys.argv[1])
    kept = log.open("a") if "--keeps-open" in sys.argv else None
    print("ready", flush=True)
    for line in sys.stdin:
        if line == ".\n":
            break
        if kept is not None:
            kept.write(line)
            kept.flush()
        else:
            with log.open("a") as file:
                file.write(line)
        print("written", flush=True)


if __name__ == "__main__":
    main()
