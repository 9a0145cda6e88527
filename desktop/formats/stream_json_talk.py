"""JSON lines on the input and output of one process that we started: one session, and all that it asks of its host.

Messages tell of the turn; control requests go both ways, each answered under its own id. What the agent asks is bound
to the very line it asked with. Lines of a subagent name the subagent, and belong to the session all the same.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
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
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.record import dataclass, replace
from desktop.domain.requests import RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Launch, NameSource, Source, ToolCall
from desktop.formats import hook_payload, stream_json_asks, text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.host_talk import TOO_LATE, HostTalk

MOST_OPEN = 64
NOT_OFFERED = "not offered by this host"
CLEARED = "the conversation was cleared"
_SUBAGENT = "local_agent"  # among the agent's background tasks
_ANY_SUBAGENT = "subagent"
_ENDED = ("completed", "failed", "killed", "stopped")


@dataclass(frozen=True, slots=True)
class _Asked:
    payload: bytes
    number: str  # the agent's id of its control request
    call: str
    kind: RequestKind
    subagent: str


class StreamJsonTalk(HostTalk[_Asked]):
    """Speaks with one agent: gives it *prompt*, learns which session that began, and goes on from there."""

    def __init__(self, agent: AgentKind, cwd: str, prompt: str) -> None:
        super().__init__(agent, cwd)
        self._first = prompt
        self._prompts: deque[str] = deque()  # given, and not yet seen to begin a turn
        self._is_turn_told = False
        self._has_task = False  # one beside its subagents runs in the background
        self._replied: dict[str, RequestId] = {}  # by our request that was sent after the reply
        self._last_id = 0
        self._writes: dict[str, str] = {}  # open calls: the file that each writes
        self._helpers: dict[str, str] = {}  # subagents that run: their roles

    def opened(self, at: datetime) -> list[Event]:
        """Say that there is a host, and what is to be done: the session has a name only when its first turn begins."""
        self._begun_at = at
        self._control("initialize")
        self._give(self._first)
        return []

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        """Translate one line."""
        fields = parse_object(word.body)
        if fields is None:
            return []
        kind = text_of(fields, "type")
        if kind == "system" and text_of(fields, "subtype") == "init":
            return self._named(fields, at)
        if not self._native:
            return []
        session = session_id(self._agent, self._native)
        match kind:
            case "assistant":
                return self._said(session, fields, at)
            case "user":
                return self._heard(session, fields, at)
            case "system":
                return self._task(session, fields, at)
            case "result":
                return self._turn_over(session, fields, at)
            case "control_request":
                return self._asks(session, word.body, fields, at)
            case "control_cancel_request":
                number = text_of(fields, "request_id")
                return self._over(session, lambda asked: asked.number == number, at, "the agent asks it no more")
            case "control_response":
                return self._taken(session, text_of(object_of(fields, "response"), "request_id"), at)
            case _:
                return []

    def reply(self, request: RequestId, answer: bytes) -> str:
        """Send what *write_reply* made, and ask something harmless after it: lines are read in their order.

        Until then it waits, whatever else it says: a command that was allowed tells nothing before it has run.
        """
        if request not in self._open or request in self._replied.values():
            return TOO_LATE
        self._out.append(ServerCall(body=answer))
        self._replied[self._control("mcp_status")] = request
        return ""

    # -- out

    def _send(self, message: Mapping[str, object]) -> None:
        self._out.append(ServerCall(body=stream_json_asks.line(message)))

    def _control(self, what: str) -> str:
        """Ask something of the agent; returns the id that its answer will bear."""
        self._last_id += 1
        number = f"tray-{self._last_id}"
        self._send({"type": "control_request", "request_id": number, "request": {"subtype": what}})
        return number

    def _break_off(self) -> None:
        self._control("interrupt")  # it then takes back by itself what it asks

    def _give(self, words: str) -> None:
        self._is_in_turn = True
        self._prompts.append(words)
        message = {"role": "user", "content": words}
        self._send({"type": "user", "message": message, "parent_tool_use_id": None, "session_id": self._native})

    # -- in: the session and its turns

    def _named(self, fields: Mapping[str, object], at: datetime) -> list[Event]:
        """A turn begins: the first, one of a prompt, or one that the end of a task began."""
        native = text_of(fields, "session_id")
        if not hook_payload.is_plain_id(native):
            return []
        session = session_id(self._agent, native)
        begun: list[Event] = []
        if native != self._native:
            if self._native:
                old = session_id(self._agent, self._native)
                begun += self._over(old, lambda _: True, at, CLEARED)
                begun.append(SessionEnded(old, at, CLEARED, Source.SERVER))
            self._native = native
            self._is_turn_told = False
            self._helpers.clear()
            begun.append(self._described(session, fields, at))
        return [*begun, *self._turn_begins(session, at)]

    def _described(self, session: SessionId, fields: Mapping[str, object], at: datetime) -> Event:
        return SessionDescribed(
            session,
            self._agent,
            at,
            cwd=self._cwd,
            model=text_of(fields, "model") or None,
            launch=Launch.HERE,
            started_at=self._begun_at,
            name=(NameSource.PROMPT, text.one_line(self._first, 80)),
        )

    def _turn_begins(self, session: SessionId, at: datetime) -> list[Event]:
        if self._is_turn_told:
            return []
        self._is_in_turn = self._is_turn_told = True
        prompt = self._prompts.popleft() if self._prompts else ""
        return [TurnStarted(session, at, text.one_line(prompt)), self._stands(session, at)]

    def _turn_over(self, session: SessionId, fields: Mapping[str, object], at: datetime) -> list[Event]:
        over = self._over(session, lambda asked: not asked.subagent, at, "its turn ended")
        words = text_of(fields, "result")
        if text_of(fields, "terminal_reason").startswith("aborted"):
            ending = TurnFinished(session, at, Ending.INTERRUPTED)
        elif fields.get("is_error") is True:
            why = words or "; ".join(_texts(fields.get("errors"))) or text_of(fields, "subtype")
            ending = TurnFinished(session, at, Ending.FAILED, error=text.one_line(why))
        else:
            ending = TurnFinished(session, at, last_words=text.clean(words))
        self._is_in_turn = self._is_turn_told = False
        self._prompts.clear()
        self._writes.clear()
        return [*over, ending, self._stands(session, at)]

    def _said(self, session: SessionId, fields: Mapping[str, object], at: datetime) -> list[Event]:
        is_helpers = bool(text_of(fields, "parent_tool_use_id"))
        news: list[Event] = [] if is_helpers else self._turn_begins(session, at)
        news.append(ActivitySeen(session, at))
        for block in objects_of(object_of(fields, "message"), "content"):
            call, tool, given = text_of(block, "id"), text_of(block, "name"), object_of(block, "input")
            if text_of(block, "type") != "tool_use" or not call or not tool or len(self._writes) >= MOST_OPEN:
                continue
            self._writes[call] = tool_calls.written_path(tool, given)
            if not is_helpers:
                news.append(ToolCallStarted(session, ToolCall(call, tool, tool_calls.call_key(tool, given), at)))
            news.append(ActivitySeen(session, at, tool_calls.activity(tool, given, self._cwd)))
        return news

    def _heard(self, session: SessionId, fields: Mapping[str, object], at: datetime) -> list[Event]:
        """What the agent is told: here, what its calls came to."""
        news: list[Event] = []
        for block in objects_of(object_of(fields, "message"), "content"):
            call = text_of(block, "tool_use_id")
            if text_of(block, "type") != "tool_result" or call not in self._writes:
                continue
            over = [request for request, asked in self._open.items() if asked.call == call]
            news += self._close(session, over, at, "its call is over")
            news.append(ToolCallEnded(session, call, at))
            path = self._writes.pop(call)
            if path and block.get("is_error") is not True:
                news.append(FilesChanged(session, at, (path,)))
        return news

    def _task(self, session: SessionId, fields: Mapping[str, object], at: datetime) -> list[Event]:
        helper = text_of(fields, "task_id")
        match text_of(fields, "subtype"):
            case "task_started" if text_of(fields, "task_type") == _SUBAGENT and helper:
                role = text.one_line(text_of(fields, "subagent_type") or text_of(fields, "description"), 60)
                self._helpers[helper] = role
                return [SubagentStarted(session, helper, role, at)]
            case "task_updated" | "task_notification" if helper in self._helpers:
                if (text_of(fields, "status") or text_of(object_of(fields, "patch"), "status")) not in _ENDED:
                    return []
                del self._helpers[helper]
                over = self._over(session, lambda asked: asked.subagent == helper, at, "the subagent ended")
                return [*over, SubagentStopped(session, helper, at)]
            case "background_tasks_changed":
                self._has_task = any(text_of(task, "task_type") != _SUBAGENT for task in objects_of(fields, "tasks"))
                return [self._stands(session, at)]
            case _:
                return []

    # -- in: requests

    def _asks(self, session: SessionId, line: bytes, fields: Mapping[str, object], at: datetime) -> list[Event]:
        number = text_of(fields, "request_id")
        asked = stream_json_asks.read(line, fields, session, at) if len(self._open) < MOST_OPEN else None
        if asked is None:
            error = {"subtype": "error", "request_id": number, "error": NOT_OFFERED}
            self._send({"type": "control_response", "response": error})
            return []
        call, request = asked
        if request.subagent_id:
            request = replace(request, subagent=self._helpers.get(request.subagent_id) or _ANY_SUBAGENT)
        self._open[request.id] = _Asked(line, number, call, request.kind, request.subagent_id)
        return [RequestOpened(request), self._stands(session, at)]

    def _taken(self, session: SessionId, receipt: str, at: datetime) -> list[Event]:
        """The agent answered what was asked after a reply, so it has read the reply."""
        request = self._replied.get(receipt)
        return self._close(session, [request] if request is not None else [], at, "")

    def _over(self, session: SessionId, is_meant: Callable[[_Asked], bool], at: datetime, how: str) -> list[Event]:
        return self._close(session, [request for request, asked in self._open.items() if is_meant(asked)], at, how)

    def _close(self, session: SessionId, over: Sequence[RequestId], at: datetime, how: str) -> list[Event]:
        """What was replied to has been taken, the rest is asked no more."""
        taken = set(self._replied.values())
        ended: list[Event] = [
            ReplyDelivered(session, request, at) if request in taken else RequestClosed(session, request, at, how)
            for request in over
        ]
        self._open = {request: asked for request, asked in self._open.items() if request not in over}
        self._replied = {receipt: request for receipt, request in self._replied.items() if request in self._open}
        # That it waits is taken back first: else, for a moment, it would seem to wait for something unnamed.
        return [self._stands(session, at), *ended] if ended else []

    def _stands(self, session: SessionId, at: datetime) -> EvidenceGiven:
        kinds = [asked.kind for asked in self._open.values()]
        if kinds:
            is_question = kinds[0] is RequestKind.QUESTION
            claim, detail = (Claim.WAITING_ANSWER if is_question else Claim.WAITING_APPROVAL), "it asked its host"
        elif self._is_in_turn:
            claim, detail = Claim.WORKING, "a turn began"
        elif self._has_task:
            claim, detail = Claim.BACKGROUND, "its turn is over, a task of it runs"
        else:
            claim, detail = Claim.RESTING, "its turn is over"
        return EvidenceGiven(session, Evidence(Source.SERVER, claim, at, detail))


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
