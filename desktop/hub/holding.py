"""How long the hook of a request may be held: as long as it likes, but where that hides the agent's own prompt."""

from datetime import datetime, timedelta

from desktop.domain import reducer, turns
from desktop.domain.agent import Agent
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Session


def hides_prompt(request: Request, agent: Agent | None) -> bool:
    """Whether the agent's terminal asks nothing while its hook is held: a subagent's dialog, or that of any."""
    is_silent = request.reach is Reach.HOOK and agent is not None and bool(agent.hook_hold_s)
    return bool(request.subagent_id) or is_silent


def hidden_until(
    request: Request, session: Session, agent: Agent | None, chosen_s: int, now: datetime, *, is_before_person: bool
) -> datetime:
    """Until when a prompt may stay hidden; *chosen_s* is what the person allows, the agent may allow less."""
    longest = agent.hook_hold_s if agent is not None and agent.hook_hold_s else chosen_s
    hold = timedelta(seconds=min(longest, chosen_s))
    held_until = request.opened_at + hold
    if is_before_person or request.is_answering or _is_shown_too(request, session):
        return max(held_until, now + hold)
    return held_until


def _is_shown_too(request: Request, session: Session) -> bool:
    """Whether the agent's terminal shows the subagent's prompt while we hold it (a subagent in the foreground)."""
    claims = reducer.live_claims(session)
    return any(claim.claim.is_waiting and claim.at >= request.opened_at - turns.SAME_MOMENT for claim in claims)
