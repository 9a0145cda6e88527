"""aider: its process, and nothing more.

The history of its chat has neither times nor ids, and its one notification means a question as well as the end of a
turn: what it does would be a guess.
"""

from collections.abc import Sequence

from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind

KIND = AgentKind("aider")
_PASSING = frozenset({"--version", "--help", "-h", "--models", "--list-models"})
_ONCE = frozenset({"--message", "-m", "--msg", "--message-file", "-f"})
_NOTHING_ELSE = "Nothing but its terminal takes an answer."


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation: a script of Python."""
    program = exe.replace("\\", "/").rpartition("/")[2].lower()
    if not program.startswith("python") or len(argv) < 2:
        return False
    is_it = argv[1].replace("\\", "/").rpartition("/")[2] in ("aider", "aider.exe")
    return is_it and not any(word in _PASSING for word in argv[2:])


def is_headless(argv: Sequence[str]) -> bool:
    """Whether a session answers to a program: it does one thing and ends."""
    return any(word in _ONCE for word in argv[2:])


AGENT = Agent(
    kind=KIND,
    label="aider",
    executables=frozenset({"aider"}),
    tried_with=("0.86.2",),
    is_session_process=is_session_process,
    is_headless=is_headless,
    means=(
        Means(Ability.SEE, "process", "What it does is not: the history of its chat has neither times nor ids."),
        Means(Ability.KNOW_IT_WAITS, why_not="Its one notification means a question as well as the end of a turn."),
        Means(Ability.KNOW_WHAT_IT_ASKS, why_not="A question is written down only once it is answered."),
        Means(Ability.ALLOW, why_not=_NOTHING_ELSE),
        Means(Ability.DENY, why_not=_NOTHING_ELSE),
        Means(Ability.ANSWER, why_not=_NOTHING_ELSE),
        Means(Ability.PROMPT, why_not="Its input line cannot be told from the rest of its screen."),
        Means(Ability.INTERRUPT, why_not="It is not known when a turn runs."),
        Means(Ability.JUMP, "terminal"),
    ),
)
