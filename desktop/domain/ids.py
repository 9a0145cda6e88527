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
