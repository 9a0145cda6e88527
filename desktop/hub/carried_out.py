"""Requests that were allowed in a terminal without a word of the agent's: what they ask for is seen to run."""

from desktop.domain.events import CommandStarted, RequestClosed
from desktop.domain.reducer import ANSWERED_THERE
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Session
from desktop.formats import command_line


def closures(session: Session, started: CommandStarted) -> list[RequestClosed]:
    """The requests of *session* that are answered, for their very command runs.

    One that is held here cannot have been answered there.
    """
    return [
        RequestClosed(session.id, request.id, started.at, ANSWERED_THERE)
        for request in session.requests
        if request.kind is RequestKind.PERMISSION
        and request.reach is Reach.TERMINAL
        and request.opened_at <= started.at
        and command_line.carries_out(started.argv, request.text)
    ]
