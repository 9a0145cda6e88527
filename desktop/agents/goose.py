"""goose: its process, and nothing more.

Its hooks may refuse and not allow, and do not answer its own question.
"""

from collections.abc import Sequence

from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind

KIND = AgentKind("goose")
_PROGRAMS = frozenset({"goose"})
_COMMANDS = frozenset(
    {
        "configure",
        "info",
        "mcp",
        "acp",
        "session-list",
        "update",
        "schedule",
        "project",
        "projects",
        "recipe",
        "bench",
        "web",
        "completion",
    }
)
_PASSING = frozenset({"--version", "-v", "-V", "--help", "-h"})
_HEADLESS = frozenset({"run", "acp"})
_NOT_WAITING = "Its database tells it, and was never seen here."
_NOT_ANSWERED = "Its hooks may refuse and not allow."


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation; its passing commands do not."""
    program = exe.replace("\\", "/").rpartition("/")[2].removesuffix(" (deleted)").removesuffix(".exe")
    if program not in _PROGRAMS:
        return False
    return not (argv[1:2] and argv[1] in _COMMANDS) and not any(word in _PASSING for word in argv[1:])


def is_headless(argv: Sequence[str]) -> bool:
    """Whether a session answers to a program: it does one thing and ends, or speaks a protocol."""
    return any(word in _HEADLESS for word in argv[1:])


AGENT = Agent(
    kind=KIND,
    label="goose",
    executables=_PROGRAMS,
    is_session_process=is_session_process,
    is_headless=is_headless,
    means=(
        Means(Ability.SEE, "process"),
        Means(Ability.KNOW_IT_WAITS, why_not=_NOT_WAITING),
        Means(Ability.KNOW_WHAT_IT_ASKS, why_not=_NOT_WAITING),
        Means(Ability.ALLOW, why_not=_NOT_ANSWERED),
        Means(Ability.DENY, why_not=_NOT_ANSWERED),
        Means(Ability.ANSWER, why_not=_NOT_ANSWERED),
        Means(Ability.PROMPT, why_not="Its input line is not known: it was never run here."),
        Means(Ability.INTERRUPT, why_not="It is not known when a turn runs."),
        Means(Ability.JUMP, "terminal"),
    ),
)
