"""The honest least: an agent of which only the process is known."""

from desktop.domain.agent import Ability, Agent, Means
from desktop.domain.ids import AgentKind
from desktop.formats.command_line import Program


def process_only(kind: AgentKind, label: str, program: Program, not_waiting: str, not_answered: str) -> Agent:
    """Make the record; the sentences say why it is not known what it waits for, and why nothing answers it."""
    return Agent(
        kind=kind,
        label=label,
        executables=program.names,
        is_session_process=program.is_session,
        is_headless=program.is_headless,
        means=(
            Means(Ability.SEE, "process"),
            *(Means(each, why_not=not_waiting) for each in (Ability.KNOW_IT_WAITS, Ability.KNOW_WHAT_IT_ASKS)),
            *(Means(each, why_not=not_answered) for each in (Ability.ALLOW, Ability.DENY, Ability.ANSWER)),
            Means(Ability.PROMPT, why_not="Its input line is not known: it was never run here."),
            Means(Ability.INTERRUPT, why_not="It is not known when a turn runs."),
            Means(Ability.JUMP, "terminal"),
        ),
    )
