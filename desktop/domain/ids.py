"""Names for things: distinct types, so that a request can never be passed where a session is meant."""

from typing import NewType

AgentKind = NewType("AgentKind", str)
"""The short name of a kind of agent, as its adapter gives it."""

SessionId = NewType("SessionId", str)
"""``<agent kind>:<the agent's own id of the conversation>``."""

RequestId = NewType("RequestId", str)
"""Ours, single use, 128 random bits or derived from the agent's own call id."""

NoticeKey = NewType("NoticeKey", str)
"""What a notification is about: a session and a class of news; a second one replaces the first."""


def session_id(agent: AgentKind, native: str) -> SessionId:
    """Make the id of the conversation that *agent* itself calls *native*."""
    return SessionId(f"{agent}:{native}")


def stand_in_id(agent: AgentKind, pid: int) -> SessionId:
    """Make the id under which a process is shown while nobody knows its conversation."""
    return SessionId(f"{agent}:pid-{pid}")


def stand_in_pid(session: SessionId) -> int | None:
    """The process that *session* stands in for; None when it is a conversation."""
    number = session.partition(":pid-")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 12 else None
