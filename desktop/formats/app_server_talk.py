"""One connection to an app server: JSON-RPC without its version, threads that are conversations, requests to answer.

Every client is told where a thread stands. We subscribe to one only while its turn runs, because a subscriber keeps a
thread loaded and is told every word; joining late brings what is asked at that moment.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime

from desktop.domain.agent import ServedSession, ServerCall, ServerWord
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    Event,
    EvidenceGiven,
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
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.record import dataclass
from desktop.domain.replies import Interrupt, Prompt, SessionReply
from desktop.domain.requests import Request
from desktop.domain.session import Claim, Ending, Evidence, NameSource, Source
from desktop.formats import app_server_asks, text
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.hook_payload import is_plain_id

MOST_THREADS = 256
MOST_OPEN = 64  # requests of one thread; nobody answers more
TITLE = "Agent Tray"
# What nobody here reads, and what comes many times a second while a model talks.
UNWANTED = (
    *("item/agentMessage/delta", "item/plan/delta", "item/commandExecution/outputDelta", "item/fileChange/outputDelta"),
    *("item/reasoning/summaryTextDelta", "item/reasoning/summaryPartAdded", "item/reasoning/textDelta"),
    *("command/exec/outputDelta", "process/outputDelta", "item/commandExecution/terminalInteraction"),
    *("item/mcpToolCall/progress", "turn/diff/updated", "turn/plan/updated", "thread/tokenUsage/updated"),
    *("account/rateLimits/updated", "hook/started", "hook/completed", "thread/readState/changed", "skills/changed"),
)
THERE = "answered in the terminal"
NO_TURN = "No turn is running there."
GONE = "The agent no longer waits for this answer; look at its terminal."
LOST = "The connection to the agent was lost before it took the answer; look at its terminal."
_WAITS = {"waitingOnApproval": Claim.WAITING_APPROVAL, "waitingOnUserInput": Claim.WAITING_ANSWER}

Fields = Mapping[str, object]


@dataclass(slots=True)
class _Thread:
    native: str
    session: SessionId
    cwd: str = ""
    started_at: datetime | None = None
    is_hidden: bool = True  # until it is known for a person's
    helper: str = ""  # the role of a subagent: what it asks is asked by its parent's session
    model: str = ""  # of a subagent
    loaded_at: datetime | None = None  # taken up again while we looked on
    used_at: datetime | None = None
    claim: Claim | None = None
    waits: Claim | None = None  # not told yet: what it waits for is on its way
    turn: str = ""
    is_subscribed: bool = False
    changes: dict[str, object] = field(default_factory=dict)  # by item


@dataclass(slots=True)
class _Ask:
    wire_id: object
    thread: _Thread
    request: Request
    payload: bytes
    is_answered: bool = False


class AppServerTalk:
    """The sans-I/O half of a connection; see ``ServerTalk``."""

    def __init__(self, kind: AgentKind, nonce: str = "") -> None:
        self._kind = kind
        self._nonce = nonce or secrets.token_hex(8)
        self._count = 0
        self._out: list[ServerCall] = []
        self._answers: dict[str, Callable[[Fields, datetime], list[Event]]] = {}
        self._threads: dict[str, _Thread] = {}
        self._asks: dict[RequestId, _Ask] = {}
        self._unread: set[str] | None = None  # of what was open when we came; None while that is not known

    # -- the port ------------------------------------------------------------------------------------------------------

    def opened(self, at: datetime) -> list[Event]:
        client = {"name": "agent-tray", "title": TITLE, "version": "1"}
        capabilities = {"experimentalApi": True, "optOutNotificationMethods": list(UNWANTED)}
        self._call("initialize", {"clientInfo": client, "capabilities": capabilities}, self._initialized)
        return []

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        message = parse_object(word.body)
        if message is None:
            return []
        method = message.get("method")
        if not isinstance(method, str):
            return self._answered(message, at)
        params = object_of(message, "params")
        if "id" in message:
            return self._asked(message, word.body, at)
        match method:
            case "thread/started":
                return self._known(object_of(params, "thread"), at)
            case "thread/status/changed":
                return self._status_changed(text_of(params, "threadId"), object_of(params, "status"), at)
            case "serverRequest/resolved":
                return self._resolved(params, at)
        thread = self._threads.get(text_of(params, "threadId"))
        return self._told(thread, method, params, at) if thread is not None and _is_shown(thread) else []

    def closed(self, at: datetime, why: str) -> list[Event]:
        events: list[Event] = []
        for thread in self._threads.values():
            if thread.claim is not None and not thread.helper:
                detail = f"the agent's own server is gone: {text.one_line(why)}"
                events.append(EvidenceGiven(thread.session, Evidence(Source.SERVER, Claim.SILENT, at, detail)))
        for ask in self._asks.values():
            if ask.is_answered:
                events.append(DeliveryFailed(ask.thread.session, ask.request.id, at, LOST))
            events.append(RequestReleased(ask.thread.session, ask.request.id, at, "The agent's own server is gone."))
        self._threads.clear()
        self._asks.clear()
        return events

    def outgoing(self) -> list[ServerCall]:
        out, self._out = self._out, []
        return out

    def sessions(self) -> Sequence[ServedSession]:
        if self._unread is None or self._unread:
            return []  # half of them would be taken for all
        return [
            ServedSession(thread.native, thread.cwd, thread.started_at, thread.used_at)
            for thread in self._threads.values()
            if not thread.is_hidden
        ]

    def payload_of(self, request: RequestId) -> bytes | None:
        ask = self._asks.get(request)
        return ask.payload if ask is not None and not ask.is_answered else None

    def reply(self, request: RequestId, answer: bytes) -> str:
        ask = self._asks.get(request)
        if ask is None or ask.is_answered:
            return GONE
        result, then = app_server_asks.reply_parts(answer)
        ask.is_answered = True
        self._put({"id": ask.wire_id, "result": result})
        if then:
            # A refusal carries no words of its own: they follow it into the turn that goes on.
            self._speak(ask.thread, then)
        return ""

    def say(self, session: SessionId, reply: SessionReply) -> str:
        shown = [known for known in self._threads.values() if not known.is_hidden]
        thread = next((known for known in shown if known.session == session), None)
        if thread is None:
            return "The agent's own server does not know this session any more."
        match reply:
            case Prompt(text=words):
                self._speak(thread, words)
                return ""
            case Interrupt() if thread.turn:
                self._call("turn/interrupt", {"threadId": thread.native, "turnId": thread.turn}, self._failing(thread))
                return ""
            case Interrupt():
                return NO_TURN
            case _:
                return "The agent's own server ends no session."

    # -- calls and their answers ---------------------------------------------------------------------------------------

    def _put(self, message: dict[str, object]) -> None:
        self._out.append(ServerCall(json.dumps(message).encode()))

    def _call(self, method: str, params: object, then: Callable[[Fields, datetime], list[Event]]) -> None:
        self._count += 1
        call = f"tray-{self._count}"
        self._answers[call] = then
        self._put({"id": call, "method": method, "params": params})

    def _answered(self, message: Fields, at: datetime) -> list[Event]:
        call = message.get("id")
        then = self._answers.pop(call, None) if isinstance(call, str) else None
        return then(message, at) if then is not None else []

    def _initialized(self, message: Fields, _at: datetime) -> list[Event]:
        if "result" in message:
            self._put({"method": "initialized"})
            self._call("thread/loaded/list", {}, self._loaded)
        return []

    def _loaded(self, message: Fields, _at: datetime) -> list[Event]:
        natives = object_of(message, "result").get("data")
        self._unread = set()
        for native in natives if isinstance(natives, list) else ():
            thread = self._look_up(native)
            if thread is not None:
                self._unread.add(thread.native)
        return []

    def _look_up(self, native: object) -> _Thread | None:
        """A thread that nobody told of: hidden until the server says whose it is."""
        if not isinstance(native, str) or not is_plain_id(native) or len(self._threads) >= MOST_THREADS:
            return None
        thread = self._threads.setdefault(native, _Thread(native, session_id(self._kind, native)))
        self._call("thread/read", {"threadId": native}, lambda message, at: self._read(native, message, at))
        return thread

    def _read(self, native: str, message: Fields, at: datetime) -> list[Event]:
        if self._unread is not None:
            self._unread.discard(native)
        return self._known(object_of(object_of(message, "result"), "thread"), at)

    def _failing(self, thread: _Thread) -> Callable[[Fields, datetime], list[Event]]:
        def answered(message: Fields, at: datetime) -> list[Event]:
            error = object_of(message, "error")
            if not error:
                return []
            why = f"The agent did not take it: {text.one_line(text_of(error, 'message'))}"
            return [DeliveryFailed(thread.session, None, at, why)]

        return answered

    def _speak(self, thread: _Thread, words: str) -> None:
        said = [{"type": "text", "text": words}]
        if thread.turn:
            params = {"threadId": thread.native, "expectedTurnId": thread.turn, "input": said}
            self._call("turn/steer", params, self._failing(thread))
        else:
            self._call("turn/start", {"threadId": thread.native, "input": said}, self._failing(thread))

    # -- threads -------------------------------------------------------------------------------------------------------

    def _known(self, fields: Fields, at: datetime) -> list[Event]:
        native = text_of(fields, "id")
        if not is_plain_id(native) or (native not in self._threads and len(self._threads) >= MOST_THREADS):
            return []
        thread = self._threads.setdefault(native, _Thread(native, session_id(self._kind, native)))
        # An errand of the agent's own, or a helper: no session of a person.
        is_errand = fields.get("ephemeral") is True
        parent = text_of(fields, "parentThreadId")
        thread.is_hidden = is_errand or bool(parent) or text_of(fields, "threadSource") not in ("", "user")
        if parent and not is_errand and is_plain_id(parent):
            thread.session = session_id(self._kind, parent)
            thread.helper = text.one_line(text_of(fields, "agentRole") or text_of(fields, "agentNickname")) or "helper"
            thread.model = text.one_line(text_of(fields, "model"), 60)
            thread.cwd = text_of(fields, "cwd")
            return self._stands(thread, object_of(fields, "status"), at)
        if thread.is_hidden:
            return []
        thread.cwd = text_of(fields, "cwd")
        begun_at = _from_seconds(fields.get("createdAt"))
        thread.started_at = max((at for at in (begun_at, thread.loaded_at) if at is not None), default=None)
        thread.used_at = _from_seconds(fields.get("recencyAt"))
        name = text.one_line(text_of(fields, "name"))
        first = text.one_line(text_of(fields, "preview"))
        described = SessionDescribed(
            thread.session,
            self._kind,
            at,
            cwd=thread.cwd or None,
            branch=text_of(object_of(fields, "gitInfo"), "branch") or None,
            model=text_of(fields, "model") or None,
            version=text_of(fields, "cliVersion") or None,
            transcript=text_of(fields, "path") or None,
            started_at=begun_at,
            name=(NameSource.TITLE, name) if name else (NameSource.PROMPT, first) if first else None,
        )
        return [described, *self._stands(thread, object_of(fields, "status"), at)]

    def _status_changed(self, native: str, status: Fields, at: datetime) -> list[Event]:
        thread = self._threads.get(native)
        if text_of(status, "type") == "notLoaded":
            return self._unloaded(thread, at)
        if thread is None:
            new = self._look_up(native)
            if new is not None:
                new.loaded_at = at
            return []
        return self._stands(thread, status, at) if _is_shown(thread) else []

    def _unloaded(self, thread: _Thread | None, at: datetime) -> list[Event]:
        if thread is None:
            return []
        del self._threads[thread.native]
        return self._at_rest(thread, at) if thread.claim is not None else []

    def _stands(self, thread: _Thread, status: Fields, at: datetime) -> list[Event]:
        match status:
            case {"type": "active"}:
                flags = status.get("activeFlags")
                waits = [_WAITS[flag] for flag in flags if flag in _WAITS] if isinstance(flags, list) else []
                return self._active(thread, waits[0] if waits else None, at)
            case {"type": "idle" | "systemError"}:
                return self._at_rest(thread, at)
            case _:
                return []

    def _active(self, thread: _Thread, waits: Claim | None, at: datetime) -> list[Event]:
        # A turn that ran before we looked began nobody here knows when; its log does.
        thread.used_at = at
        begun: list[Event] = []
        if thread.claim is Claim.RESTING and not thread.helper:
            begun.append(TurnStarted(thread.session, at))
        if not thread.is_subscribed:
            thread.is_subscribed = True
            params = {"threadId": thread.native, "excludeTurns": True}
            self._call("thread/resume", params, lambda message, at: self._resumed(thread, message, at))
        has_asked = any(ask.thread is thread and not ask.is_answered for ask in self._asks.values())
        thread.waits = waits if not has_asked else None
        if waits is None or has_asked:
            return [*self._claims(thread, waits or Claim.WORKING, at), *begun]
        # What it asks follows at once. Should it not, the answer to this call comes first, and the terminal has it.
        self._call("thread/read", {"threadId": thread.native}, lambda _, at: self._still_waits(thread, at))
        return [*self._claims(thread, Claim.WORKING, at), *begun] if thread.claim in (None, Claim.RESTING) else []

    def _still_waits(self, thread: _Thread, at: datetime) -> list[Event]:
        waits, thread.waits = thread.waits, None
        return self._claims(thread, waits, at) if waits is not None and thread.native in self._threads else []

    def _at_rest(self, thread: _Thread, at: datetime) -> list[Event]:
        thread.waits, thread.turn = None, ""
        thread.changes.clear()
        if thread.is_subscribed:
            thread.is_subscribed = False
            self._call("thread/unsubscribe", {"threadId": thread.native}, lambda *_: [])
        events: list[Event] = []
        for ask in [ask for ask in self._asks.values() if ask.thread is thread]:
            events += self._over(ask, at)
        return [*events, *self._claims(thread, Claim.RESTING, at)]

    def _claims(self, thread: _Thread, claim: Claim, at: datetime) -> list[Event]:
        if claim is thread.claim:
            return []
        was_resting = thread.claim in (None, Claim.RESTING)
        thread.claim = claim
        if thread.helper:
            return _of_helper(thread, at, was_resting=was_resting)
        return [EvidenceGiven(thread.session, Evidence(Source.SERVER, claim, at, claim.value))]

    def _resumed(self, thread: _Thread, message: Fields, at: datetime) -> list[Event]:
        if "error" in message:
            thread.is_subscribed = False  # what it asks can be seen in its terminal alone
            return self._still_waits(thread, at)
        return []

    # -- what a running thread tells -----------------------------------------------------------------------------------

    def _told(self, thread: _Thread, method: str, params: Fields, at: datetime) -> list[Event]:
        turn = text_of(params, "turnId") or text_of(object_of(params, "turn"), "id")
        if turn and thread.claim not in (None, Claim.RESTING):
            thread.turn = turn
        match method:
            case _ if thread.helper and method != "item/started":
                return []
            case "item/started":
                item = object_of(params, "item")
                if item.get("type") == "fileChange" and len(thread.changes) < MOST_OPEN:
                    thread.changes[text_of(item, "id")] = item.get("changes")
                return []
            case "turn/completed":
                return self._turn_completed(thread, object_of(params, "turn"), at)
            case "thread/name/updated":
                name = text.one_line(text_of(params, "threadName"))
                named = (NameSource.TITLE, name) if name else None
                return [SessionDescribed(thread.session, self._kind, at, name=named)]
            case "error" if params.get("willRetry") is True:
                words = text.one_line(text_of(object_of(params, "error"), "message"))
                return [ActivitySeen(thread.session, at, f"trying again: {words}")]
            case _:
                return []

    def _turn_completed(self, thread: _Thread, turn: Fields, at: datetime) -> list[Event]:
        thread.turn = ""
        said = [text_of(item, "text") for item in objects_of(turn, "items") if item.get("type") == "agentMessage"]
        words = text.one_line(said[-1]) if said else ""
        error = text.one_line(text_of(object_of(turn, "error"), "message"))
        match turn.get("status"):
            case "completed":
                return [TurnFinished(thread.session, at, last_words=words)]
            case "interrupted":
                return [TurnFinished(thread.session, at, Ending.INTERRUPTED)]
            case "failed":
                return [TurnFinished(thread.session, at, Ending.FAILED, error or "the turn failed", words)]
            case _:
                return []

    # -- requests ------------------------------------------------------------------------------------------------------

    def _asked(self, message: Fields, raw: bytes, at: datetime) -> list[Event]:
        params, wire_id = object_of(message, "params"), message["id"]
        thread = self._threads.get(text_of(params, "threadId"))
        # What is asked of a thread that nobody showed us, or by an id that cannot be answered, is for others.
        if thread is None or not _is_shown(thread) or not isinstance(wire_id, int | str) or isinstance(wire_id, bool):
            return []
        thread.turn = text_of(params, "turnId") or thread.turn
        kept = raw
        if message.get("method") == app_server_asks.FILES:
            kept = app_server_asks.with_changes(raw, thread.changes.get(text_of(params, "itemId"), []))
        events: list[Event] = []
        before = self._ask_of(wire_id)
        if before is not None:
            if before.thread is thread and _same(before.payload, kept):
                return []  # told again, because we joined again
            events += self._over(before, at)
        if sum(ask.thread is thread for ask in self._asks.values()) >= MOST_OPEN:
            return events
        self._count += 1
        request_id = RequestId(f"{thread.session}:{self._nonce}:{self._count}")
        helper = (thread.helper, thread.native) if thread.helper else ("", "")
        request = app_server_asks.request(kept, request_id, thread.session, at, thread.cwd, helper=helper)
        if request is None:
            return [*events, *self._still_waits(thread, at)]
        self._asks[request_id] = _Ask(wire_id, thread, request, kept)
        thread.waits = None
        waits = _WAITS["waitingOnUserInput" if request.questions else "waitingOnApproval"]
        return [*events, RequestOpened(request), *self._claims(thread, waits, at)]

    def _ask_of(self, wire_id: object) -> _Ask | None:
        return next((ask for ask in self._asks.values() if ask.wire_id == wire_id), None)

    def _resolved(self, params: Fields, at: datetime) -> list[Event]:
        ask = self._ask_of(params.get("requestId"))
        if ask is None or ask.thread.native != text_of(params, "threadId"):
            return []
        return self._over(ask, at)

    def _over(self, ask: _Ask, at: datetime) -> list[Event]:
        del self._asks[ask.request.id]
        is_last = not any(other.thread is ask.thread for other in self._asks.values())
        # The server says so too, a moment later; until then nothing else would be known to be asked.
        events = self._claims(ask.thread, Claim.WORKING, at) if is_last else []
        if ask.is_answered:
            return [*events, ReplyDelivered(ask.thread.session, ask.request.id, at)]
        return [*events, RequestClosed(ask.thread.session, ask.request.id, at, THERE)]


def _is_shown(thread: _Thread) -> bool:
    """Whether what it does is told: as a session of its own, or as a part of its parent's."""
    return not thread.is_hidden or bool(thread.helper)


def _of_helper(thread: _Thread, at: datetime, *, was_resting: bool) -> list[Event]:
    if thread.claim is Claim.RESTING:
        return [] if was_resting else [SubagentStopped(thread.session, thread.native, at)]
    return [SubagentStarted(thread.session, thread.native, thread.helper, at, thread.model)] if was_resting else []


def _same(before: bytes, now: bytes) -> bool:
    return before == now or parse_object(before) == parse_object(now)


def _from_seconds(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None
