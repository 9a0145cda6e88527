"""``agent-tray connect`` and ``disconnect``: our hook in an agent's settings, after its diff was read."""

import sys

from desktop.app import connection
from desktop.app.agents import load_agents
from desktop.domain.agent import Agent
from desktop.storage.hook_setup import SetupError


def run(kind: str, *, removes: bool, is_agreed: bool) -> int:
    """Show what changes, ask unless *is_agreed*, carry it out; return the exit code."""
    agents = {agent.kind: agent for agent in load_agents() if agent.hook_setup is not None}
    agent = next((known for name, known in agents.items() if name == kind), None)
    if agent is None:
        print(f"No agent called {kind!r} can be connected. These can: {', '.join(agents)}.", file=sys.stderr)
        return 2
    try:
        return _change(agent, removes=removes, is_agreed=is_agreed)
    except SetupError as error:
        print(str(error), file=sys.stderr)
        return 1


def _change(agent: Agent, *, removes: bool, is_agreed: bool) -> int:
    made = connection.plans(agent, connection.homes_of(agent), removes=removes)
    if not made:
        print(f"{agent.label} is {'not connected' if removes else 'connected already'}; nothing to do.")
        if not removes:
            connection.refresh_relay()
        return 0
    print(connection.diff_of(made))
    if not is_agreed and not _asked(f"{'Disconnect' if removes else 'Connect'} {agent.label}?"):
        print("Nothing was changed.")
        return 1
    connection.carry_out(made)
    if removes:
        print(f"{agent.label} is disconnected.")
    else:
        effect = agent.setup_note or "Its requests can now be answered from the tray, running sessions included."
        print(f"{agent.label} is connected. {effect}")
    return 0


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        print(f"{question} Say --yes to agree.", file=sys.stderr)
        return False
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
