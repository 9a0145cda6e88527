"""An agent of our own that has a server: its words are JSON with a session, a claim, or something it asks."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from desktop.domain.agent import Agent, AgentServer, ServedSession, ServerCall, ServerPlace, ServerWord, Transport
from desktop.domain.events import (
    DeliveryFailed,
    Event,
    EvidenceGiven,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.replies import Prompt, RequestReply, SessionReply
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Evidence, Source

KIND = AgentKind("served")


class Talk:
    """Over a WebSocket the words come by themselves; over HTTP as a stream of ``/event``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._out: list[ServerCall] = []
        self._open: dict[RequestId, tuple[SessionId, bytes]] = {}
        self._answered: dict[RequestId, SessionId] = {}
        self._sessions: dict[str, ServedSession] = {}

    def opened(self, at: datetime) -> list[Event]:
        if self._transport is Transport.HTTP:
            self._out.append(ServerCall(path="/event", tag="events", is_stream=True))
        else:
            self._put({"hello": True})
        return []

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        if word.tag.startswith("reply "):
            return self._confirmed(RequestId(word.tag.removeprefix("reply ")), word.status == 200, at)
        if not word.body:
            return []
        said = json.loads(word.body)
        if said.get("breaks"):
            raise RuntimeError("a bug of the adapter")
        native = said["session"]
        session = session_id(KIND, native)
        if "ask" in said:
            request = Request(
                id=RequestId(said["ask"]),
                session=session,
                kind=RequestKind.PERMISSION,
                opened_at=at,
                text=said["text"],
                digest=hashlib.sha256(word.body).hexdigest(),
                reach=Reach.SERVER,
            )
            self._open[request.id] = session, word.body
            return [RequestOpened(request)]
        if "closed" in said:
            request_id = RequestId(said["closed"])
            self._open.pop(request_id, None)
            if request_id in self._answered:
                return self._confirmed(request_id, True, at)
            return [RequestClosed(session, request_id, at, "answered in the terminal")]
        started = datetime.fromtimestamp(said["started"], UTC) if "started" in said else at
        self._sessions.setdefault(native, ServedSession(native, said.get("cwd", ""), started))
        return [
            SessionDescribed(session, KIND, at, cwd=said.get("cwd")),
            EvidenceGiven(session, Evidence(Source.SERVER, Claim(said["claim"]), at)),
        ]

    def closed(self, at: datetime, why: str) -> list[Event]:
        events: list[Event] = []
        for native in self._sessions:
            session = session_id(KIND, native)
            events.append(EvidenceGiven(session, Evidence(Source.SERVER, Claim.SILENT, at, why)))
        events += [DeliveryFailed(session, request, at, why) for request, session in self._answered.items()]
        events += [RequestReleased(session, request, at, why) for request, (session, _) in self._open.items()]
        return events

    def outgoing(self) -> list[ServerCall]:
        out, self._out = self._out, []
        return out

    def sessions(self) -> Sequence[ServedSession]:
        return tuple(self._sessions.values())

    def payload_of(self, request: RequestId) -> bytes | None:
        return self._open[request][1] if request in self._open else None

    def reply(self, request: RequestId, answer: bytes) -> str:
        if request not in self._open:
            return "it asks no more"
        self._answered[request] = self._open.pop(request)[0]
        self._put({"reply": request, "with": answer.decode()}, f"reply {request}")
        return ""

    def say(self, session: SessionId, reply: SessionReply) -> str:
        if not isinstance(reply, Prompt):
            return "it takes nothing but prompts"
        self._put({"prompt": reply.text})
        return ""

    def _confirmed(self, request: RequestId, is_taken: bool, at: datetime) -> list[Event]:
        session = self._answered.pop(request)
        if is_taken:
            return [ReplyDelivered(session, request, at)]
        return [DeliveryFailed(session, request, at, "it refused")]

    def _put(self, message: dict[str, object], tag: str = "") -> None:
        body = json.dumps(message).encode()
        self._out.append(ServerCall(body, "POST", "/say", tag))


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    return type(reply).__name__.encode()


def agent(address: str, transport: Transport = Transport.WEBSOCKET, *, is_shared: bool = True) -> Agent:
    """An agent whose every process has its server at *address*."""
    server = AgentServer(
        transport,
        find=lambda home, argv, environment: ServerPlace(address),
        open_talk=lambda home: Talk(transport),
        write_reply=write_reply,
        is_shared=is_shared,
    )
    return Agent(kind=KIND, label="Served", server=server)
