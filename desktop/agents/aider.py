"""aider: its process, and nothing more.

The history of its chat has neither times nor ids, and its one notification means a question as well as the end of a
turn: what it does would be a guess.
"""

from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind
from desktop.formats.command_line import PYTHON, Program

KIND = AgentKind("aider")
_NOTHING_ELSE = "Nothing but its terminal takes an answer."


PROGRAM = Program(
    scripts=("/aider", "/aider.exe"),
    interpreters=PYTHON,
    passing=frozenset({"--version", "--help", "-h", "--models", "--list-models"}),
    headless=frozenset({"--message", "-m", "--msg", "--message-file", "-f"}),
)

AGENT = Agent(
    kind=KIND,
    label="aider",
    executables=frozenset({"aider"}),
    tried_with=("0.86.2",),
    is_session_process=PROGRAM.is_session,
    is_headless=PROGRAM.is_headless,
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
