"""A rollout: the log of agents that write one event or item a line, ``{"timestamp", "type", "payload"}``.

Reads two shapes, that of 2026's early versions and today's. Whether a call waits for a person stands in neither; only
what the model itself asked for hints at it. Opens nothing and asks no clock; what nobody knows means nothing.
"""

import hashlib
import re
from collections.abc import Mapping

from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.requests import Request, RequestKind
from desktop.domain.session import Ending, Launch, NameSource, ToolCall
from desktop.formats import rollout_calls, text, tool_calls
from desktop.formats.foreign_json import object_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso

Fields = Mapping[str, object]

_HEAD = re.compile(
    rb'\{\s*"timestamp":\s*"[^"]{1,40}",\s*(?:"ordinal":\s*\d+,\s*)?"type":\s*"(\w+)",'
    rb'\s*"payload":\s*\{\s*(?:"type":\s*"(\w+)")?'
)
_TURN_BEGIN = b"task_started"
_WANTED = {
    b"session_meta": None,
    b"turn_context": None,
    b"compacted": None,
    b"event_msg": frozenset(
        (
            _TURN_BEGIN, b"task_complete", b"turn_aborted", b"item_completed", b"user_message", b"agent_message",
            b"patch_apply_end", b"thread_settings_applied",
        )
    ),
    b"response_item": frozenset(
        (
            b"function_call", b"function_call_output", b"custom_tool_call", b"custom_tool_call_output",
            b"local_shell_call", b"reasoning",
        )
    ),
}  # fmt: skip
_REFUSED = re.compile(r"Rejected\(|aborted by user|rejected by user|patch rejected")
_MOST_OPEN_CALLS = 256
# What a person said is put in later than the turn's begin; that it was a person is known at once.
_BY_A_PERSON = frozenset({"", "user", "exec"})
_SAID_LATER = "(a prompt)"
_WORDLESS = "the turn ended without a word; its log does not say why"
_ASKS_OF_ITSELF = "it wants to run a command outside its sandbox"
_ASKS_A_QUESTION = "it asks a question"
_MARKED = ("<", "# AGENTS.md")  # context that the agent puts in itself, never a prompt


class RolloutLog(LineLog):
    """Reads one conversation, line by line."""

    TURN_MARK = _TURN_BEGIN
    FACT_MARKS = (b'"session_meta"', b'"turn_context"')

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._calls: dict[str, tuple[str, Fields]] = {}
        self._asks_a_person = True  # by its approval policy
        self._can_question = True

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        head = _HEAD.match(line)
        return super().feed(line) if head is None or _is_wanted(head[1], head[2]) else []

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log from the begin of its last turn on; None when that is further back."""
        if not is_last_try and self._last_begin(log, top) is None:
            return None
        return super().skim(log, top, is_last_try=is_last_try)

    def begins_turn(self, line: bytes) -> bool:
        """Whether a line that holds the mark of a turn does begin one."""
        head = _HEAD.match(line)
        return head is not None and head[2] == _TURN_BEGIN

    def translate(self, record: Fields) -> list[Event]:
        """What one record means."""
        self.at = from_iso(text_of(record, "timestamp")) or self.at
        payload = object_of(record, "payload")
        match text_of(record, "type"):
            case "session_meta":
                return self._begun(payload)
            case "turn_context":
                return self._set_up(payload)
            case "compacted":
                self.words = "compacted the conversation"
                return [ActivitySeen(self.session, self.at, self.words)]
            case "event_msg":
                return self._event(text_of(payload, "type"), payload)
            case "response_item":
                return self._item(text_of(payload, "type"), payload)
            case _:
                return []

    # -- facts

    def _begun(self, payload: Fields) -> list[Event]:
        facts = self._new(
            cwd=text_of(payload, "cwd"),
            version=text_of(payload, "cli_version"),
            branch=text_of(object_of(payload, "git"), "branch"),
        )
        launch = Launch.HEADLESS if payload.get("source") == "exec" else None
        return [
            SessionDescribed(
                self.session,
                self.agent,
                self.at,
                cwd=facts.get("cwd"),
                version=facts.get("version"),
                branch=facts.get("branch"),
                launch=launch,
                started_at=from_iso(text_of(payload, "timestamp")),
            )
        ]

    def _set_up(self, payload: Fields) -> list[Event]:
        policy, reviewer = text_of(payload, "approval_policy"), text_of(payload, "approvals_reviewer")
        self._asks_a_person = policy != "never" and reviewer in ("", "user")
        facts = self._new(cwd=text_of(payload, "cwd"), model=text_of(payload, "model"))
        if not facts:
            return []
        return [SessionDescribed(self.session, self.agent, self.at, cwd=facts.get("cwd"), model=facts.get("model"))]

    def _new(self, **facts: str) -> dict[str, str]:
        new = {name: value for name, value in facts.items() if value and value != self._told.get(name)}
        self._told |= new
        return new

    def _asked(self, said: str) -> list[Event]:
        """A prompt: the last one names the session, as long as nothing better does."""
        name = text.one_line(said)
        if not name or name.startswith(_MARKED) or not self._new(prompt=name):
            return []
        return [SessionDescribed(self.session, self.agent, self.at, name=(NameSource.PROMPT, name))]

    # -- turns

    def _event(self, kind: str, payload: Fields) -> list[Event]:
        match kind:
            case "task_started":
                return self._started(payload)
            case "task_complete":
                return self._completed(payload)
            case "turn_aborted":
                return self._aborted(text_of(payload, "reason"))
            case "item_completed":
                return self._item_completed(object_of(payload, "item"))
            case "user_message":
                return self._asked(text_of(payload, "message"))
            case "agent_message":
                return self._spoke(text_of(payload, "message"))
            case "patch_apply_end" if payload.get("success") is True:
                return self._changed(object_of(payload, "changes"))
            case "thread_settings_applied":
                return self._set_up(object_of(payload, "thread_settings"))
            case _:
                return []

    def _started(self, payload: Fields) -> list[Event]:
        self.in_turn, self._is_decided, self.words = True, True, ""
        self._calls.clear()
        self._can_question = text_of(payload, "collaboration_mode_kind") != "default"
        trigger = text_of(object_of(payload, "turn_attribution"), "turn_trigger")
        return [TurnStarted(self.session, self.at, _SAID_LATER if trigger in _BY_A_PERSON else "")]

    def _went_on(self) -> list[Event]:
        """The tail begins inside a turn."""
        if self.in_turn is not None:
            return []
        self.in_turn = True
        return [TurnStarted(self.session, self.at)]

    def _completed(self, payload: Fields) -> list[Event]:
        began, self.in_turn = self._went_on(), False
        self._calls.clear()
        error = object_of(payload, "error")
        if error:
            told = (value for value in error.values() if isinstance(value, str) and value)
            words = text_of(error, "message") or next(told, "the turn failed")
            return [*began, TurnFinished(self.session, self.at, Ending.FAILED, text.one_line(words, 500))]
        words = text.clean(text_of(payload, "last_agent_message")) or self.words
        if not words and "completed_at" not in payload and "last_agent_message" in payload:
            # All that versions before 2026's autumn write of an error.
            return [*began, TurnFinished(self.session, self.at, Ending.FAILED, _WORDLESS)]
        return [*began, TurnFinished(self.session, self.at, last_words=words)]

    def _aborted(self, reason: str) -> list[Event]:
        began, self.in_turn = self._went_on(), False
        self._calls.clear()
        if reason in ("interrupted", "replaced", "review_ended"):
            return [*began, TurnFinished(self.session, self.at, Ending.INTERRUPTED, last_words=self.words)]
        error = f"the turn was broken off: {text.one_line(reason, 100) or 'no reason was given'}"
        return [*began, TurnFinished(self.session, self.at, Ending.FAILED, error)]

    def _item_completed(self, item: Fields) -> list[Event]:
        match text_of(item, "type"):
            case "UserMessage":
                return self._asked(_text_in(item.get("content")))
            case "AgentMessage":
                return self._spoke(_text_in(item.get("content")))
            case "FileChange" if item.get("status") == "completed":
                return self._changed(object_of(item, "changes"))
            case _:
                return []

    def _spoke(self, words: str) -> list[Event]:
        if not words.strip():
            return []
        self.words = text.clean(words)
        return [*self._went_on(), ActivitySeen(self.session, self.at, text.one_line(words))]

    def _changed(self, changes: Fields) -> list[Event]:
        return [FilesChanged(self.session, self.at, tuple(changes))] if changes else []

    # -- calls

    def _item(self, kind: str, payload: Fields) -> list[Event]:
        match kind:
            case "function_call":
                given = parse_object(text_of(payload, "arguments").encode("utf-8", "replace")) or {}
                return self._call_started(payload, text_of(payload, "name"), given)
            case "custom_tool_call":
                return self._call_started(payload, text_of(payload, "name"), {"input": text_of(payload, "input")})
            case "local_shell_call":
                return self._call_started(payload, "local_shell", object_of(payload, "action"))
            case "function_call_output" | "custom_tool_call_output":
                return self._call_ended(text_of(payload, "call_id"), payload)
            case "reasoning":
                return [*self._went_on(), ActivitySeen(self.session, self.at, "thinking")]
            case _:
                return []

    def _call_started(self, payload: Fields, name: str, given: Fields) -> list[Event]:
        call = text_of(payload, "call_id")
        if not call or not name:
            return []
        if len(self._calls) >= _MOST_OPEN_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = (name, given)
        tool, shown = rollout_calls.as_hooks_say(name, given)
        key = tool_calls.call_key(tool, shown)
        hint = self._hint(name, given)
        draft = self._draft(call, key, name, given) if hint else None
        started = ToolCall(call, tool, key, self.at, draft, hint)
        return [
            *self._went_on(),
            ToolCallStarted(self.session, started),
            ActivitySeen(self.session, self.at, rollout_calls.activity(name, tool, shown, self._told.get("cwd", ""))),
        ]

    def _hint(self, name: str, given: Fields) -> str:
        if name == "request_user_input" and self._can_question:
            return _ASKS_A_QUESTION
        escalates = given.get("sandbox_permissions") == "require_escalated"
        if self._asks_a_person and (escalates or given.get("with_escalated_permissions") is True):
            return _ASKS_OF_ITSELF
        return ""

    def _draft(self, call: str, key: str, name: str, given: Fields) -> Request:
        """The request it would be, if it waits."""
        asked = tool_calls.questions(given) if name == "request_user_input" else ()
        named = hashlib.sha256(f"{self.session}\0{call}".encode("utf-8", "replace")).hexdigest()[:32]
        return Request(
            id=RequestId(f"call-{named}"),
            session=self.session,
            kind=RequestKind.QUESTION if asked else RequestKind.PERMISSION,
            opened_at=self.at,
            tool=name,
            text=rollout_calls.command_of(given) or tool_calls.pretty(given),
            summary="asks a question" if asked else "wants to run a command outside its sandbox",
            questions=asked,
            digest=hashlib.sha256(key.encode()).hexdigest(),
            call_key=key,
        )

    def _call_ended(self, call: str, payload: Fields) -> list[Event]:
        if not call:
            return []
        self._calls.pop(call, None)
        is_denied = _REFUSED.search(text_of(payload, "output"), 0, 2000) is not None
        # A result that comes after the end of a turn belongs to what was broken off.
        began = self._went_on() if self.in_turn is None else []
        return [*began, ToolCallEnded(self.session, call, self.at, is_denied)]


def _is_wanted(kind: bytes, inner: bytes | None) -> bool:
    if kind not in _WANTED:
        return False
    kinds = _WANTED[kind]
    return kinds is None or inner is None or inner in kinds


def _text_in(content: object) -> str:
    if not isinstance(content, list):
        return ""
    return "\n".join(text_of(block, "text") for block in content if isinstance(block, dict))
