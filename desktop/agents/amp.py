"""Amp: its process, and nothing more.

Its threads lie on its maker's server, and its plugins change from build to build.
"""

from collections.abc import Sequence

from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind

KIND = AgentKind("amp")
_PROGRAMS = frozenset({"amp"})
_COMMANDS = frozenset(
    {"login", "logout", "threads", "thread", "t", "tools", "mcp", "permissions", "update", "review", "skill"}
)
_PASSING = frozenset({"--version", "-v", "-V", "--help", "-h"})
_HEADLESS = frozenset({"-x", "--execute", "--stream-json"})
_NOT_WAITING = "Its threads lie on a server, and nothing here tells it."
_NOT_ANSWERED = "Its plugins change from build to build."


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
    label="Amp",
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
