"""goose: its process, and its database of what it said and did.

Neither that it asks nor that a turn was interrupted is written down, and its hooks may refuse and not allow.
"""

from collections.abc import Sequence

from desktop.agents.goose_database import DATABASE, KIND
from desktop.domain.agent import Ability, Agent, Means
from desktop.formats.command_line import Program

_REFUSE = "Its hooks may refuse and not allow."
_LATE = "Its database has a call only once it was allowed or denied: until then it seems to work."

# A tool that migrates databases has the same name.
PROGRAM = Program(
    names=frozenset({"goose"}),
    beginning=frozenset({"session", "s", "run", "r", "acp"}),
    passing=frozenset({"--version", "-V", "--help", "-h"}),
    headless=frozenset({"run", "r", "acp"}),
)
_OF_SESSIONS = frozenset({"list", "remove", "export", "import", "diagnostics", "help"})


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation, and does not only tell of them."""
    tells = len(argv) > 2 and argv[1] in ("session", "s") and argv[2] in _OF_SESSIONS
    return not tells and PROGRAM.is_session(exe, argv)


AGENT = Agent(
    kind=KIND,
    label="goose",
    executables=PROGRAM.names,
    tried_with=("1.52.0",),
    is_session_process=is_session_process,
    is_headless=PROGRAM.is_headless,
    database=DATABASE,
    means=(
        Means(
            Ability.SEE,
            "process and database",
            "An interrupted turn is not written down: it is taken to run for ten minutes.",
        ),
        Means(Ability.KNOW_IT_WAITS, why_not=_LATE),
        Means(Ability.KNOW_WHAT_IT_ASKS, why_not=_LATE),
        *(Means(each, why_not=_REFUSE) for each in (Ability.ALLOW, Ability.DENY, Ability.ANSWER)),
        Means(Ability.PROMPT, why_not="Its input line shows a hint that cannot be told from words."),
        Means(Ability.INTERRUPT, why_not="Its key ends goose itself once no turn runs, and that is not always known."),
        Means(Ability.JUMP, "terminal"),
    ),
)
