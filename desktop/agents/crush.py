"""Crush: its process, and nothing more.

Its one hook runs for every call, also for those that nobody would be asked about, and its server is off by default.
"""

from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program
from desktop.formats.process_only import process_only

PROGRAM = Program(
    names=frozenset({"crush"}),
    commands=frozenset(
        {"dirs", "login", "logs", "models", "projects", "schema", "server", "stats", "update-providers"}
    ),
    passing=frozenset({"--version", "-v", "-V", "--help", "-h"}),
    headless=frozenset({"run"}),
)
AGENT = process_only(
    AgentKind("crush"),
    "Crush",
    PROGRAM,
    not_waiting="Its database tells it, and was never seen here.",
    not_answered="Its hook is asked about every call: all of them would wait for you.",
)
