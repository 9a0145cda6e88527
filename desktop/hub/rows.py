"""From a session and its standing to its row on the board."""

from collections.abc import Sequence

from desktop.domain.agent import Agent
from desktop.domain.board import Previous, Row
from desktop.domain.ids import stand_in_pid
from desktop.domain.phase import Phase, Standing
from desktop.domain.session import Launch, Session, Source, Terminal
from desktop.domain.settings import Task
from desktop.formats import command_line
from desktop.policy import danger
from desktop.policy.tasks import task_of


def row_of(
    session: Session,
    standing: Standing,
    agent: Agent | None,
    *,
    previous: tuple[Previous, ...] = (),
    is_connected: bool = False,
    tasks: Sequence[Task] = (),
    terminal: Terminal | None = None,
) -> Row:
    """Make the row of *session*; *terminal* is None while nobody has looked at it."""
    native = session.id.partition(":")[2]
    resume = ""  # of a session on another machine, what is typed here would lead nowhere
    if agent is not None and not session.host and stand_in_pid(session.id) is None:
        resume = command_line.resume(agent.resume_words, native, session.cwd)
    channel = _prompt_channel(session, agent, terminal)
    takes_prompt = standing.phase in (
        Phase.NEEDS_REVIEW,
        Phase.YOUR_TURN,
        Phase.IDLE,
        Phase.FAILED,
        Phase.SCHEDULED,
    )
    runs = standing.phase is Phase.WORKING or bool(session.requests)
    return Row(
        session=session.id,
        phase=standing.phase,
        reason=_reason(session, standing, agent) if is_connected else standing.reason,
        since=standing.since,
        name=session.name,
        project=session.project,
        cwd=session.cwd,
        branch="" if session.branch == "HEAD" else session.branch,  # what git says where there is no branch
        agent=session.agent,
        agent_label=agent.label if agent is not None else session.agent,
        model=session.model,
        launch=session.launch,
        pid=session.pid,
        line=_line(session, standing),
        requests=session.requests,
        evidence=session.evidence,
        changed_files=session.turn.changed_files if session.turn is not None else (),
        subagents=session.subagents,
        notice=session.notice,
        resume_command=resume,
        can_prompt=takes_prompt and bool(channel) and session.launch is not Launch.HEADLESS,
        prompt_channel=channel,
        can_interrupt=runs and agent is not None and _can_interrupt(session, agent, terminal),
        can_stop=session.pid is not None and session.ended_at is None,
        warnings=danger.warnings(session.requests[0], session.cwd) if session.requests else (),
        previous=previous,
        repository=session.repository,
        host=session.host,
        task=session.task or task_of(session, tasks),
        is_connected=is_connected,
        terminal=_terminal_words(terminal, agent),
        can_jump=terminal is not None and terminal.can_jump and session.ended_at is None,
    )


def _reason(session: Session, standing: Standing, agent: Agent | None) -> str:
    """Why, and where a connected hook kept silent, what it may wait for."""
    is_guess = standing.phase is Phase.UNKNOWN and bool(session.calls) and session.ended_at is None
    has_called = any(item.source is Source.HOOK for item in session.evidence)
    if not is_guess or has_called or agent is None or not agent.setup_note:
        return standing.reason
    return f"{standing.reason}. Its hook has not called in this session. {agent.setup_note}"


def _prompt_channel(session: Session, agent: Agent | None, terminal: Terminal | None) -> str:
    if agent is not None and session.is_served:
        here = session.launch is Launch.HERE
        return "over the connection it was begun with" if here else "through the agent's own server"
    if agent is not None and agent.line is not None and session.has_line:
        return agent.line.label
    takes_text = terminal.takes_text if terminal is not None else bool(session.pane)
    if takes_text and agent is not None and agent.prompt_marks:
        return "typed into its terminal"
    if session.inbox and agent is not None and agent.write_inbox is not None:
        return agent.inbox_label
    return ""


def _can_interrupt(session: Session, agent: Agent, terminal: Terminal | None) -> bool:
    takes_keys = terminal.takes_keys if terminal is not None else bool(session.pane)
    is_by_line = agent.line is not None and session.has_line
    return session.is_served or is_by_line or (takes_keys and bool(agent.interrupt_keys))


def _terminal_words(terminal: Terminal | None, agent: Agent | None) -> str:
    if terminal is None:
        return ""
    typing = "A prompt can be typed into it."
    if not terminal.takes_text:
        typing = terminal.why_no_text
    elif agent is None or not agent.prompt_marks:
        typing = "Nothing is typed into it: what the prompt of this agent looks like is not known."
    jump = "It can be brought forward." if terminal.can_jump else terminal.why_no_jump
    return " ".join(part for part in (f"In {terminal.program}." if terminal.program else "", typing, jump) if part)


def _line(session: Session, standing: Standing) -> str:
    match standing.phase:
        case Phase.NEEDS_APPROVAL | Phase.NEEDS_ANSWER:
            request = session.requests[0] if session.requests else None
            if request is None:
                return standing.reason
            if request.questions:
                return request.questions[0].text
            return request.text or request.summary
        case Phase.FAILED:
            return session.turn.error if session.turn is not None and session.turn.error else standing.reason
        case Phase.WORKING:
            return session.activity or standing.reason
        case Phase.NEEDS_REVIEW:
            changed = session.turn.changed_files if session.turn is not None else ()
            first = changed[0].rpartition("/")[2] if changed else ""
            return f"{first} and {len(changed) - 1} more" if len(changed) > 1 else f"changed {first}"
        case Phase.YOUR_TURN:
            return session.last_words or standing.reason
        case _:
            return standing.reason
