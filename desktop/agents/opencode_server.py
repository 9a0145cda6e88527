"""opencode's own server, where it listens: HTTP calls and a stream of events, for every directory it serves.

What it says of conversations that rest since before we listened is history, and told to nobody.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from urllib.parse import quote, urlencode

from desktop.agents.opencode_asks import KIND, Asked, Fields, answer_to, request_of
from desktop.domain.agent import AgentServer, ServedSession, ServerCall, ServerPlace, ServerWord, Transport
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    Event,
    EvidenceGiven,
    FilesChanged,
    HealthReported,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SubagentStarted,
    SubagentStopped,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import RequestId, SessionId, session_id
from desktop.domain.record import dataclass
from desktop.domain.replies import Interrupt, Prompt, RequestReply, SessionReply
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Claim, Ending, Evidence, NameSource, Source
from desktop.formats import hook_payload, text
from desktop.formats.foreign_json import object_of, parse, parse_object, text_of
from desktop.formats.stamps import BEFORE_ALL

PART = "opencode's server"
DEFAULT_PORT = 4096
HEALTH_S = 3.0
_ANYWHERE = ("0.0.0.0", "127.0.0.1", "::", "::1", "localhost")  # noqa: S104  # what it was told; we ask loopback alone
_WRITES = ("edit", "write", "multiedit", "patch", "apply_patch")
_NOT_TAKEN = "The agent did not take it: it was answered elsewhere first, or is over."
_MOST_SESSIONS = 500


def find(_home: str, argv: Sequence[str], _variables: Mapping[str, str]) -> ServerPlace | None:
    """Where a process listens, by its own words; a plain one listens nowhere."""
    line = "\0".join(argv[1:]) + "\0"
    host, port = (re.search(rf"(?:^|\0)--{name}[=\0]([^\0]+)\0", line) for name in ("hostname", "port"))
    if host is not None and host[1] not in _ANYWHERE:
        return None
    if port is None:
        return _at(DEFAULT_PORT) if re.match(r"(?:-[^\0]*\0)*(?:serve|web)\0", line) else None
    return _at(int(port[1])) if re.fullmatch(r"[0-9]{1,5}", port[1]) and 0 < int(port[1]) < 65536 else None


def _at(port: int) -> ServerPlace:
    return ServerPlace(f"http://127.0.0.1:{port}")


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """What its route takes for *reply*; None when there is no such answer."""
    digest = hashlib.sha256(payload).hexdigest()
    if not digest == request.digest == reply.digest or (reply.request, reply.session) != (request.id, request.session):
        return None
    fields = parse_object(payload) or {}
    kind = _kind(text_of(fields, "kind"))
    answer = answer_to(kind, object_of(fields, "asked"), reply) if kind is not None else None
    return json.dumps(answer).encode() if answer is not None else None


def _kind(name: str) -> Asked | None:
    try:
        return Asked(name)
    except ValueError:
        return None


@dataclass(slots=True)
class _Known:
    """A conversation of the server's."""

    native: str
    directory: str = ""
    parent: str = ""
    title: str = ""
    role: str = ""
    model: str = ""
    status: str = "idle"
    ours: str = ""  # its own last message
    theirs: str = ""  # the last of the person
    prompt: str = ""
    last: str = ""
    is_told: bool = False
    is_over: bool = False  # its turn has ended, though the server has not said that it rests
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    """Something asked."""

    kind: Asked
    native: str
    session: SessionId
    of: str  # the conversation that asks, which may be a subagent's
    payload: bytes


@dataclass(slots=True)
class Talk:
    """One connection to one server."""

    _out: list[ServerCall] = field(default_factory=list)
    _known: dict[str, _Known] = field(default_factory=dict)
    _open: dict[RequestId, _Open] = field(default_factory=dict)
    _answered: dict[RequestId, _Open] = field(default_factory=dict)

    def opened(self, at: datetime) -> list[Event]:
        # While it starts it takes calls and answers none; this one is cheap, and asked again.
        self._out.append(ServerCall(path="/global/health", tag="health", timeout_s=HEALTH_S))
        return []

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        name, _, of = word.tag.partition(" ")
        try:
            match name:
                case "health":
                    return self._healthy(word, at)
                case "list":
                    return self._listed(parse(word.body))
                case "events":
                    return self._event(parse_object(word.body) or {}, at) if word.status == 0 else []
                case "status":
                    return self._statuses(parse_object(word.body) or {}, at) if word.status == 200 else []
                case "open":
                    return self._pending(of, parse(word.body), at) if word.status == 200 else []
                case "reply":
                    return self._replied(RequestId(of), at, is_taken=word.status == 200)
                case "say" if word.status not in (200, 204):
                    return [DeliveryFailed(session_id(KIND, of), None, at, _NOT_TAKEN)]
                case _:
                    return []
        except (RecursionError, OverflowError):
            return []  # nested or numbered beyond reason

    def closed(self, at: datetime, why: str) -> list[Event]:
        words = f"the connection to its server was lost: {why}"
        released = [RequestReleased(each.session, request, at, words) for request, each in self._open.items()]
        lost = Evidence(Source.SERVER, Claim.SILENT, at, words)
        told = [session_id(KIND, known.native) for known in self._known.values() if known.is_told]
        return [*released, *(EvidenceGiven(session, lost) for session in told)]

    def outgoing(self) -> list[ServerCall]:
        out, self._out = self._out, []
        return out

    def sessions(self) -> Sequence[ServedSession]:
        return [ServedSession(known.native, known.directory) for known in self._known.values() if known.is_told]

    def payload_of(self, request: RequestId) -> bytes | None:
        found = self._open.get(request)
        return found.payload if found is not None else None

    def reply(self, request: RequestId, answer: bytes) -> str:
        found = self._open.get(request)
        fields = parse_object(answer)
        if found is None or fields is None:
            return _NOT_TAKEN
        self._answered[request] = found
        rejects = fields.get("reject") is True
        path = f"/{found.kind}/{quote(found.native)}/{'reject' if rejects else 'reply'}"
        self._post(found.of, path, b"" if rejects else answer, f"reply {request}")
        if rejects and (prompt := text_of(fields, "prompt")):
            self._prompt(found.of, prompt)
        return ""

    def say(self, session: SessionId, reply: SessionReply) -> str:
        native = session.partition(":")[2]
        if native not in self._known:
            return "Its server does not know this conversation."
        match reply:
            case Prompt(text=words):
                self._prompt(native, words)
            case Interrupt():
                self._post(native, f"/session/{quote(native)}/abort", b"", f"say {native}")
            case _:
                return "Its server cannot do that."
        return ""

    # -- calls

    def _prompt(self, native: str, words: str) -> None:
        body = json.dumps({"parts": [{"type": "text", "text": words}]}).encode()
        self._post(native, f"/session/{quote(native)}/prompt_async", body, f"say {native}")

    def _post(self, native: str, path: str, body: bytes, tag: str) -> None:
        known = self._known.get(native)
        where = f"?{urlencode({'directory': known.directory})}" if known is not None and known.directory else ""
        self._out.append(ServerCall(body or b"{}", "POST", path + where, tag))

    def _healthy(self, word: ServerWord, at: datetime) -> list[Event]:
        if word.status == 401:
            text_ = "It wants a password, which we do not ask for: its sessions are seen by its database alone."
            return [HealthReported(PART, at, text_, "Use our plugin, or start it without OPENCODE_SERVER_PASSWORD.")]
        if word.status != 200 or (parse_object(word.body) or {}).get("healthy") is not True:
            return self.opened(at) if word.status == -1 else []
        self._out += [
            ServerCall(path="/global/event", tag="events", is_stream=True),
            ServerCall(path="/session", tag="list"),
        ]
        return [HealthReported(PART, at, "")]

    def _listed(self, listed: object) -> list[Event]:
        """First whose children and of what name they are, then what they do and ask."""
        for info in listed if isinstance(listed, list) else ():
            if isinstance(info, dict):
                self._learn(info, BEFORE_ALL)
        self._out += [
            ServerCall(path="/session/status", tag="status"),
            ServerCall(path="/permission", tag="open permission"),
            ServerCall(path="/question", tag="open question"),
        ]
        return []

    # -- what is so already

    def _statuses(self, statuses: Fields, at: datetime) -> list[Event]:
        events: list[Event] = []
        for native, status in statuses.items():
            known = self._know(native)
            if known is not None and isinstance(status, dict):
                events += self._status(known, status, at)
        return events

    def _pending(self, name: str, listed: object, at: datetime) -> list[Event]:
        kind = _kind(name)
        events: list[Event] = []
        for asked in listed if isinstance(listed, list) else ():
            if kind is not None and isinstance(asked, dict):
                events += self._asked(kind, asked, at)
        return events

    # -- what happens

    def _event(self, told: Fields, at: datetime) -> list[Event]:
        event = object_of(told, "payload") or told
        name, properties = text_of(event, "type"), object_of(event, "properties")
        info = object_of(properties, "info")
        if name in ("session.created", "session.updated"):
            return self._learn(info, at)
        native = text_of(properties, "sessionID") or text_of(info, "sessionID")
        native = native or text_of(object_of(properties, "part"), "sessionID")
        known = self._know(native)
        if known is None:
            return []
        known.directory = known.directory or text_of(told, "directory")
        match name:
            case "session.status":
                return self._status(known, object_of(properties, "status"), at)
            case "session.idle":
                return self._status(known, {"type": "idle"}, at)
            case "session.error":
                return self._failed(known, object_of(properties, "error"), at)
            case "message.updated" if text_of(info, "role") == "assistant":
                known.ours = text_of(info, "id")
            case "message.updated" if text_of(info, "id") != known.theirs:
                known.theirs, known.prompt = text_of(info, "id"), ""
            case "message.part.updated":
                return self._part(known, object_of(properties, "part"), at)
            case "permission.asked":
                return self._asked(Asked.PERMISSION, properties, at)
            case "question.asked":
                return self._asked(Asked.QUESTION, properties, at)
            case "permission.replied" | "question.replied" | "question.rejected":
                known.is_refused = name == "question.rejected" or text_of(properties, "reply") == "reject"
                return self._closed_one(text_of(properties, "requestID"), at)
            case _:
                pass
        return []

    def _know(self, native: str) -> _Known | None:
        if not hook_payload.is_plain_id(native):
            return None
        if native not in self._known and len(self._known) >= _MOST_SESSIONS:
            self._known.pop(next(iter(self._known)))
        return self._known.setdefault(native, _Known(native))

    def _root(self, known: _Known) -> _Known:
        for _ in range(8):
            above = self._known.get(known.parent)
            if above is None:
                break
            known = above
        return known

    def _learn(self, info: Fields, at: datetime) -> list[Event]:
        known = self._know(text_of(info, "id"))
        if known is None:
            return []
        before = known.title
        known.parent, known.role = text_of(info, "parentID"), text_of(info, "agent") or known.role
        known.directory = text_of(info, "directory") or known.directory
        known.model = text_of(object_of(info, "model"), "id") or known.model
        title = text.one_line(text_of(info, "title"))
        known.title = "" if re.match(r"(New|Child) session - ", title) else title
        return [self._described(known, at)] if known.is_told and known.title != before else []

    def _described(self, known: _Known, at: datetime) -> SessionDescribed:
        known.is_told = True
        name = (NameSource.TITLE, known.title) if known.title else None
        session = session_id(KIND, known.native)
        return SessionDescribed(session, KIND, at, cwd=known.directory or None, model=known.model or None, name=name)

    def _status(self, known: _Known, status: Fields, at: datetime) -> list[Event]:
        before, known.status = known.status, text_of(status, "type")
        is_busy = known.status in ("busy", "retry")
        if known.parent:
            root = session_id(KIND, self._root(known).native)
            if is_busy and before == "idle":
                role, model = text.one_line(known.role or "subagent", 60), text.one_line(known.model, 60)
                return [SubagentStarted(root, known.native, role, at, model)]
            return [SubagentStopped(root, known.native, at)] if before != "idle" and not is_busy else []
        session = session_id(KIND, known.native)
        if not is_busy:
            # Who gives up trying again says so first: without a word it was broken off.
            known.is_refused = known.is_refused or before == "retry"
            return self._rests(known, session, at) if before != "idle" else []
        events: list[Event] = []
        if before == "idle":
            known.last, known.is_over = "", False
            events += [self._described(known, at), TurnStarted(session, at, known.prompt)]
        known.is_refused = False
        doing = text.one_line(f"retrying: {text_of(status, 'message')}") if known.status == "retry" else ""
        if known.status != before:
            events.append(EvidenceGiven(session, Evidence(Source.SERVER, Claim.WORKING, at, known.status)))
        return [*events, ActivitySeen(session, at, doing)] if doing or events else []

    def _rests(self, known: _Known, session: SessionId, at: datetime) -> list[Event]:
        known.status = "idle"
        events: list[Event] = []
        if not known.is_over:
            ending = Ending.INTERRUPTED if known.is_refused else Ending.FINISHED
            events.append(TurnFinished(session, at, ending, last_words=text.clean(known.last)))
        gone = [request for request, each in self._open.items() if each.session == session]
        for request in gone:
            del self._open[request]
            events.append(RequestClosed(session, request, at, "the agent asks no more"))
        return [*events, EvidenceGiven(session, Evidence(Source.SERVER, Claim.RESTING, at, "idle"))]

    def _failed(self, known: _Known, error: Fields, at: datetime) -> list[Event]:
        if known.parent or known.is_over or not known.is_told:
            return []
        known.is_over = True
        session, name = session_id(KIND, known.native), text_of(error, "name")
        if name == "MessageAbortedError":
            return [TurnFinished(session, at, Ending.INTERRUPTED)]
        words = text_of(object_of(error, "data"), "message") or name or "the turn failed"
        return [TurnFinished(session, at, Ending.FAILED, error=text.one_line(words))]

    def _part(self, known: _Known, part: Fields, at: datetime) -> list[Event]:
        if text_of(part, "type") == "text" and text_of(part, "messageID") == known.ours:
            known.last = text_of(part, "text")
        if text_of(part, "type") == "text" and text_of(part, "messageID") == known.theirs and not known.prompt:
            known.prompt = text.one_line(text_of(part, "text"))
        if text_of(part, "type") != "tool":
            return []
        root, tool, state = self._root(known), text.one_line(text_of(part, "tool"), 60), object_of(part, "state")
        if not root.is_told:
            return []
        session, given = session_id(KIND, root.native), object_of(state, "input")
        path = text_of(given, "filePath")
        if text_of(state, "status") == "completed" and tool in _WRITES and path:
            return [FilesChanged(session, at, (path,))]
        if text_of(state, "status") != "running":
            return []
        what = text_of(given, "command") or path or text_of(given, "pattern") or text_of(given, "description")
        return [ActivitySeen(session, at, text.one_line(f"{tool} {what}"))]

    # -- what is asked

    def _asked(self, kind: Asked, asked: Fields, at: datetime) -> list[Event]:
        known = self._know(text_of(asked, "sessionID"))
        if known is None:
            return []
        root = self._root(known)
        session = session_id(KIND, root.native)
        payload = json.dumps({"kind": kind, "asked": asked}).encode()
        digest = hashlib.sha256(payload).hexdigest()
        helper = "" if root is known else known.role or "subagent"
        request = request_of(kind, asked, session, at, digest=digest, reach=Reach.SERVER, helper=helper)
        if request is None or request.id in self._open:
            return []
        self._open[request.id] = _Open(kind, text_of(asked, "id"), session, known.native, payload)
        described = [] if root.is_told else [self._described(root, at)]
        return [*described, RequestOpened(request)]

    def _closed_one(self, native: str, at: datetime) -> list[Event]:
        request = RequestId(f"{KIND}:{native}")
        found = self._open.pop(request, None)
        return [RequestClosed(found.session, request, at, "answered in the terminal")] if found is not None else []

    def _replied(self, request: RequestId, at: datetime, *, is_taken: bool) -> list[Event]:
        found = self._answered.pop(request, None)
        if found is None:
            return []
        self._open.pop(request, None)
        if is_taken:
            return [ReplyDelivered(found.session, request, at)]
        return [DeliveryFailed(found.session, request, at, _NOT_TAKEN)]


SERVER = AgentServer(transport=Transport.HTTP, find=find, open_talk=lambda _home: Talk(), write_reply=write_reply)
