"""``agent-tray start``: has the running tray show the form that begins a session, filled in."""

import json
import os
import sys

from desktop.app import asking
from desktop.app.agents import load_agents
from desktop.formats.hook_wire import LARGEST_PROPOSAL

NOT_RUNNING = "Agent Tray does not run. Start it with agent-tray, then try again."


def run(kind: str, cwd: str | None, prompt: str) -> int:
    """Propose a session; the person begins it there, since a program in a sandbox may run this too."""
    able = {agent.kind: agent.label for agent in load_agents() if agent.start is not None}
    if kind not in able:
        names = ", ".join(able) or "none"
        print(f"No agent called {kind!r} can be started from the tray. These can: {names}.", file=sys.stderr)
        return 2
    directory = os.path.abspath(cwd or os.getcwd())
    if not os.path.isdir(directory):
        print(f"{directory} is not a directory.", file=sys.stderr)
        return 2
    payload = json.dumps({"agent": kind, "cwd": directory, "prompt": prompt}).encode(errors="replace")
    if len(payload) > LARGEST_PROPOSAL:
        print(
            f"The prompt is longer than {LARGEST_PROPOSAL // 1024} KiB. Put it into a file and name that.",
            file=sys.stderr,
        )
        return 2
    if asking.ask("propose", payload) is None:
        print(NOT_RUNNING, file=sys.stderr)
        return 1
    print("Look at the tray's window: it begins there when you press Start.")
    return 0
