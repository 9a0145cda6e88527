"""Stands in for the command line of WezTerm or zellij: ``terminal_program.py STATE ARGUMENT…``.

STATE is a JSON file: ``lists`` is what it prints when asked for its panes, ``screen`` what the pane shows, ``refuses``
the words it does not know. Each call is written to STATE.log, a JSON line with its arguments and its input.
"""

import json
import sys
from pathlib import Path


def main() -> int:
    state = Path(sys.argv[1])
    words = sys.argv[2:]
    told = json.loads(state.read_text())
    reads = "send-text" in words
    with state.with_suffix(".log").open("a") as log:
        print(json.dumps([words, sys.stdin.buffer.read().decode() if reads else ""]), file=log)
    if any(word in told.get("refuses", ()) for word in words):
        return 2
    if "list" in words or "list-panes" in words:
        print(json.dumps(told["lists"]))
    if "get-text" in words or "dump-screen" in words:
        print(told.get("screen", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
