"""Amp: its process, and nothing more.

Its threads lie on its maker's server, and its plugins change from build to build.
"""

from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program
from desktop.formats.process_only import process_only

# fmt: off
_COMMANDS = frozenset({
    "apps", "clone", "completions", "config", "diagnostics", "domains", "files", "git-setup", "login", "logout",
    "mcp", "net", "oauth-clients", "orb", "orb-spawner", "permission", "permissions", "plugin", "plugins", "portal",
    "projects", "report", "report-bug", "review", "runner", "secrets", "skill", "skills", "svc", "t", "thread",
    "threads", "tool", "tools", "top", "up", "update", "usage", "version",
})
# fmt: on
PROGRAM = Program(
    names=frozenset({"amp"}),
    commands=_COMMANDS,
    passing=frozenset({"--version", "-v", "-V", "--help", "-h"}),
    headless=frozenset({"-x", "--execute", "--no-tui", "--stream-json"}),
)
AGENT = process_only(
    AgentKind("amp"),
    "Amp",
    PROGRAM,
    not_waiting="Its threads lie on a server, and nothing here tells it.",
    not_answered="Its plugins change from build to build.",
)
