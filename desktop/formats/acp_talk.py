"""The Agent Client Protocol, version 1, as its client: one session in one process that we started.

JSON-RPC 2.0, a line each. The agent's ids and ours are two sets that overlap: what has a method is the agent's call,
what has none answers ours. What the agent asks is answered by the kind of its options, never by their place.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from desktop.domain.agent import ServerCall, ServerWord
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.record import dataclass
from desktop.domain.replies import Allow, Deny, RequestReply
from desktop.domain.requests import Reach, Request, RequestKind, Suggestion
from desktop.domain.session import Claim, Ending, Evidence, Launch, NameSource, Source, ToolCall
from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.host_talk import TOO_LATE, HostTalk

VERSION = 1
MOST_OPEN = 64
MOST_WORDS = 4000
_UNKNOWN_METHOD = -32601
_STOPPED = {
    "max_tokens": "the model's limit of tokens was reached",
    "max_turn_requests": "the limit of requests in one turn was reached",
    "refusal": "the model refused to go on",
}
_ONCE = "allow_once"
_ALWAYS = "allow_always"
_NEVER_SAYS_WHAT = "the agent does not say for what else this holds"


@dataclass(frozen=True, slots=True)
class _Asked:
    payload: bytes
    number: object  # the agent's id of its call
    call: str


class AcpTalk(HostTalk[_Asked]):
    """Speaks with one agent: opens a session in *cwd*, gives it *prompt*, and goes on from there."""

    def __init__(self, agent: AgentKind, cwd: str, prompt: str) -> None:
        super().__init__(agent, cwd)
        self._prompt = prompt
        self._asked: dict[int, str] = {}  # our calls: what they are
        self._last_id = -1
        self._is_cancelled = False  # the turn, by us: some agents then end it with an error
        self._words = ""
        self._replied: set[RequestId] = set()  # nobody but us can answer: until then it waits, whatever it says
        self._calls: dict[str, str] = {}

    def opened(self, at: datetime) -> list[Event]:
        """Say who we are; we offer the agent neither files nor terminals."""
        self._begun_at = at
        offered = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        who = {"name": "agent-tray", "title": "Agent Tray", "version": "1"}
        self._call(
            "initialize", {"protocolVersion": VERSION, "clientCapabilities": offered, "clientInfo": who}, "hello"
        )
        return []

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        """Translate one line."""
        fields = parse_object(word.body)
        if fields is None:
            return []
        method = text_of(fields, "method")
        if not method:
            return self._answered(fields, at)
        params = object_of(fields, "params")
        if method == "session/update":
            return self._updated(object_of(params, "update"), at) if self._native else []
        if "id" not in fields:
            return []
        if method == "session/request_permission" and self._native:
            return self._permission(word.body, params, fields["id"], at)
        self._send({"id": fields["id"], "error": {"code": _UNKNOWN_METHOD, "message": "not offered by this client"}})
        return []

    def reply(self, request: RequestId, answer: bytes) -> str:
        """Send what *write_reply* made."""
        if request not in self._open or request in self._replied:
            return TOO_LATE
        self._replied.add(request)
        self._out.append(ServerCall(body=answer))
        return ""

    # -- out

    def _send(self, message: Mapping[str, object]) -> None:
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        self._out.append(ServerCall(body=line))

    def _call(self, method: str, params: Mapping[str, object], what: str) -> None:
        self._last_id += 1
        self._asked[self._last_id] = what
        self._send({"id": self._last_id, "method": method, "params": params})

    def _break_off(self) -> None:
        for asked in self._open.values():  # the protocol wants every open request answered so
            self._send({"id": asked.number, "result": {"outcome": {"outcome": "cancelled"}}})
        self._send({"method": "session/cancel", "params": {"sessionId": self._native}})
        self._is_cancelled = True

    def _give(self, words: str) -> None:
        self._is_in_turn, self._is_cancelled = True, False
        self._words = ""
        self._call("session/prompt", {"sessionId": self._native, "prompt": [{"type": "text", "text": words}]}, "turn")

    # -- in

    def _answered(self, fields: Mapping[str, object], at: datetime) -> list[Event]:
        number = fields.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            return []
        what = self._asked.pop(number, "")
        error = text.one_line(text_of(object_of(fields, "error"), "message")) if "error" in fields else ""
        result = object_of(fields, "result")
        match what:
            case "hello":
                if result.get("protocolVersion") != VERSION:
                    return []
                self._call("session/new", {"cwd": self._cwd, "mcpServers": []}, "session")
                return []
            case "session":
                return self._begun(text_of(result, "sessionId"), at)
            case "turn":
                return self._turn_over(text_of(result, "stopReason"), error, at)
            case _:
                return []

    def _begun(self, native: str, at: datetime) -> list[Event]:
        if not native or len(native) > 128 or not native.replace("-", "").replace("_", "").isalnum():
            return []
        self._native = native
        session = session_id(self._agent, native)
        self._give(self._prompt)
        return [
            SessionDescribed(
                session,
                self._agent,
                at,
                cwd=self._cwd,
                launch=Launch.HERE,
                started_at=at,
                name=(NameSource.PROMPT, text.one_line(self._prompt, 80)),
            ),
            TurnStarted(session, at, text.one_line(self._prompt)),
            self._evidence(Claim.WORKING, at, "it was given a prompt"),
        ]

    def _turn_over(self, reason: str, error: str, at: datetime) -> list[Event]:
        session = session_id(self._agent, self._native)
        self._is_in_turn = False
        over: list[Event] = [RequestClosed(session, request, at, "its turn ended") for request in self._open]
        self._open.clear()
        self._replied.clear()
        self._calls.clear()
        if reason == "cancelled" or (error and self._is_cancelled):
            over.append(TurnFinished(session, at, Ending.INTERRUPTED))
        elif error or reason in _STOPPED:
            over.append(TurnFinished(session, at, Ending.FAILED, error=error or _STOPPED[reason]))
        else:
            over.append(TurnFinished(session, at, last_words=text.clean(self._words)))
        return [*over, self._evidence(Claim.RESTING, at, "its turn is over")]

    def _updated(self, update: Mapping[str, object], at: datetime) -> list[Event]:
        session = session_id(self._agent, self._native)
        match text_of(update, "sessionUpdate"):
            case "agent_message_chunk":
                chunk = text_of(object_of(update, "content"), "text")
                self._words = (self._words + chunk)[-MOST_WORDS:]
                return [ActivitySeen(session, at)]
            case "tool_call" | "tool_call_update":
                return self._tool_call(session, update, at)
            case "current_mode_update" | "plan" | "agent_thought_chunk":
                return [ActivitySeen(session, at)]
            case _:
                return []

    def _tool_call(self, session: SessionId, update: Mapping[str, object], at: datetime) -> list[Event]:
        call = text_of(update, "toolCallId")
        if not call:
            return []
        title = text.one_line(text_of(update, "title"))
        news: list[Event] = []
        if call not in self._calls and len(self._calls) < MOST_OPEN:
            self._calls[call] = title
            news.append(ToolCallStarted(session, ToolCall(call, title or "a tool", call, at)))
        news.append(ActivitySeen(session, at, title))
        if text_of(update, "status") in ("completed", "failed"):
            news.append(ToolCallEnded(session, call, at))
            paths = tuple(path for item in _differences(update) if (path := text_of(item, "path")))
            if paths and text_of(update, "status") == "completed":
                news.append(FilesChanged(session, at, paths))
        return [*self._settled(session, call, at), *news]

    def _settled(self, session: SessionId, call: str, at: datetime) -> list[Event]:
        """What was asked of a call is answered as soon as the call goes on."""
        over = [request for request in self._replied if self._call_of(request) == call]
        for request in over:
            del self._open[request]
            self._replied.discard(request)
        taken: list[Event] = [ReplyDelivered(session, request, at) for request in over]
        return [*taken, self._evidence(Claim.WORKING, at, "a tool runs")] if taken else []

    def _call_of(self, request: RequestId) -> str:
        return self._open[request].call

    def _permission(self, payload: bytes, params: Mapping[str, object], theirs: object, at: datetime) -> list[Event]:
        session = session_id(self._agent, self._native)
        call = object_of(params, "toolCall")
        if len(self._open) >= MOST_OPEN or not objects_of(params, "options"):
            return []
        digest = hashlib.sha256(payload).hexdigest()
        tool, given = _as_tool(call)
        use = tool_calls.describe(tool, given)
        request = Request(
            id=RequestId(hashlib.sha256(f"{self._native}\0{theirs!r}\0{at.isoformat()}".encode()).hexdigest()[:32]),
            session=session,
            kind=RequestKind.PERMISSION,
            opened_at=at,
            tool=tool,
            text=use.text,
            summary=use.summary,
            suggestions=tuple(Suggestion(_offer(option)) for option in _options(params, _ALWAYS)),
            writes=tuple(path for item in _differences(call) if (path := text_of(item, "path"))),
            digest=digest,
            call_key=text_of(call, "toolCallId"),
            reach=Reach.SERVER,
        )
        self._open[request.id] = _Asked(payload, theirs, request.call_key)
        return [RequestOpened(request), self._evidence(Claim.WAITING_APPROVAL, at, request.summary)]

    def _evidence(self, claim: Claim, at: datetime, detail: str) -> EvidenceGiven:
        session = session_id(self._agent, self._native)
        return EvidenceGiven(session, Evidence(Source.SERVER, claim, at, text.one_line(detail)))


def write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """The line that answers *payload*; None when the agent offers no such answer."""
    digest = hashlib.sha256(payload).hexdigest()
    if not digest == request.digest == reply.digest or reply.request != request.id or reply.session != request.session:
        return None
    fields = parse_object(payload)
    if fields is None or "id" not in fields:
        return None
    params = object_of(fields, "params")
    match reply:
        case Allow(suggestions=()):
            offered = _options(params, _ONCE)
        case Allow(suggestions=(chosen,)):
            offered = _options(params, _ALWAYS)[chosen : chosen + 1]
        case Deny(reason=""):
            offered = _options(params, "reject_once")
        case _:
            return None  # the protocol carries no words with an answer
    option = text_of(offered[0], "optionId") if offered else ""
    if not option:
        return None
    result = {"outcome": {"outcome": "selected", "optionId": option}}
    answer = {"jsonrpc": "2.0", "id": fields["id"], "result": result}
    return json.dumps(answer, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _options(params: Mapping[str, object], kind: str) -> list[Mapping[str, object]]:
    return [option for option in objects_of(params, "options") if text_of(option, "kind") == kind]


def _offer(option: Mapping[str, object]) -> str:
    return f"{text_of(option, 'name') or text_of(option, 'optionId')} ({_NEVER_SAYS_WHAT})"


def _differences(call: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [item for item in objects_of(call, "content") if text_of(item, "type") == "diff"]


def _as_tool(call: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """The call under the name and with the input of the tool it is like, so that it is shown and weighed as that."""
    given, title = object_of(call, "rawInput"), text_of(call, "title")
    changes = _differences(call)
    if len(changes) == 1:
        change = changes[0]
        place = {"file_path": text_of(change, "path")}
        if not text_of(change, "oldText"):
            return "Write", place | {"content": text_of(change, "newText")}
        return "Edit", place | {"old_string": text_of(change, "oldText"), "new_string": text_of(change, "newText")}
    if text_of(call, "kind") == "execute":
        return "Bash", given if text_of(given, "command") else {"command": title, **given}
    shown: dict[str, object] = {"title": title, **given}
    if changes:
        shown["changes"] = changes
    return text_of(call, "kind") or "tool", shown
