"""goose: its process, and nothing more.

Its hooks may refuse and not allow, and do not answer its own question.
"""

from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program
from desktop.formats.process_only import process_only

# A tool that migrates databases has the same name.
PROGRAM = Program(
    names=frozenset({"goose"}),
    beginning=frozenset({"session", "s", "run", "r", "acp"}),
    passing=frozenset({"--version", "-V", "--help", "-h"}),
    headless=frozenset({"run", "r", "acp"}),
)
AGENT = process_only(
    AgentKind("goose"),
    "goose",
    PROGRAM,
    not_waiting="Its database tells it, and was never seen here.",
    not_answered="Its hooks may refuse and not allow.",
)
