"""The protocols in which a session is begun from here, each loaded when the first one is: most days none is."""

from collections.abc import Callable

from desktop.domain.agent import ServerTalk, SessionStart
from desktop.domain.ids import AgentKind
from desktop.domain.replies import RequestReply
from desktop.domain.requests import Request


def over_acp(*command: str) -> SessionStart:
    """By a *command* that speaks the Agent Client Protocol."""
    return SessionStart(command, _acp_talk, _acp_reply)


def over_stream_json(
    *command: str, trust_places: tuple[str, ...] = (), trusts: Callable[[bytes, str], bool] | None = None
) -> SessionStart:
    """By a *command* that speaks JSON lines with its host."""
    return SessionStart(command, _stream_json_talk, _stream_json_reply, trust_places, trusts)


def _acp_talk(agent: AgentKind, cwd: str, prompt: str) -> ServerTalk:
    from desktop.formats.acp_talk import AcpTalk

    return AcpTalk(agent, cwd, prompt)


def _acp_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    from desktop.formats import acp_talk

    return acp_talk.write_reply(payload, request, reply)


def _stream_json_talk(agent: AgentKind, cwd: str, prompt: str) -> ServerTalk:
    from desktop.formats.stream_json_talk import StreamJsonTalk

    return StreamJsonTalk(agent, cwd, prompt)


def _stream_json_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    from desktop.formats import stream_json_asks

    return stream_json_asks.write_reply(payload, request, reply)
