"""Amp: its process, and nothing more.

Its threads lie on its maker's server, and its plugins change from build to build.
"""

from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program
from desktop.formats.process_only import process_only

PROGRAM = Program(
    names=frozenset({"amp"}),
    commands=frozenset(
        {"login", "logout", "threads", "thread", "t", "tools", "mcp", "permissions", "update", "review", "skill"}
    ),
    passing=frozenset({"--version", "-v", "-V", "--help", "-h"}),
    headless=frozenset({"-x", "--execute", "--stream-json"}),
)
AGENT = process_only(
    AgentKind("amp"),
    "Amp",
    PROGRAM,
    not_waiting="Its threads lie on a server, and nothing here tells it.",
    not_answered="Its plugins change from build to build.",
)
