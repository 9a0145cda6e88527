"""A rollout: the log of agents that write one event or item a line, ``{"timestamp", "type", "payload"}``.

Reads two shapes, that of 2026's early versions and today's. Whether a call waits for a person stands in neither; only
what the model itself asked for hints at it. Opens nothing and asks no clock; what nobody knows means nothing.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime

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
from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import object_of, parse_object, text_of

COMMAND_TOOL = "Bash"  # as this family's hooks call it, whatever the log says
PATCH_TOOL = "apply_patch"

Fields = Mapping[str, object]

_BEFORE_ALL = datetime.fromtimestamp(0, UTC)
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
_COMMANDS = frozenset({"exec_command", "shell", "shell_command", "container.exec", "local_shell"})
_PATCH_BEGINS, _PATCH_ENDS = "*** Begin Patch\n", "*** End Patch"
_PATCHED = re.compile(r"^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$", re.MULTILINE)
_REFUSED = re.compile(r"Rejected\(|aborted by user|rejected by user|patch rejected")
_MOST_OPEN_CALLS = 256
# What a person said is put in later than the turn's begin; that it was a person is known at once.
_BY_A_PERSON = frozenset({"", "user", "exec"})
_SAID_LATER = "(a prompt)"
_WORDLESS = "the turn ended without a word; its log does not say why"
_ASKS_OF_ITSELF = "it wants to run a command outside its sandbox"
_ASKS_A_QUESTION = "it asks a question"
_MARKED = ("<", "# AGENTS.md")  # context that the agent puts in itself, never a prompt


class RolloutLog:
    """Reads one conversation, line by line."""

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        self._session = session
        self._agent = agent
        self._at = _BEFORE_ALL
        self._told: dict[str, str] = {}
        self._calls: dict[str, tuple[str, Fields]] = {}
        self._words = ""
        self._in_turn: bool | None = None
        self._asks_a_person = True  # by its approval policy
        self._can_question = True
        self._is_decided = False
        self._skipped = 0

    @property
    def is_decided(self) -> bool:
        """Whether the start of the last turn was seen."""
        return self._is_decided

    @property
    def skipped(self) -> int:
        """How many lines could not be read."""
        return self._skipped

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        head = _HEAD.match(line)
        if head is not None and not _is_wanted(head[1], head[2]):
            return []
        if not line.strip():
            return []
        record = parse_object(line)
        if record is None:
            self._skipped += 1
            return []
        self._at = _from_iso(text_of(record, "timestamp")) or self._at
        return self._translate(text_of(record, "type"), object_of(record, "payload"))

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log from the begin of its last turn on; None when that is further back."""
        begin = _last_begin(log, top)
        if begin is None and not is_last_try:
            return None
        start = top if begin is None else begin
        facts = [] if begin is None else self._facts(log, top, begin)
        return [*facts, *(event for line in log[start:].split(b"\n") for event in self.feed(line))]

    def _facts(self, log: bytes, top: int, stop: int) -> list[Event]:
        """What the records before the last turn tell of the session itself."""
        events: list[Event] = []
        for line in log[top:stop].split(b"\n"):
            head = _HEAD.match(line)
            if head is not None and head[1] in (b"session_meta", b"turn_context"):
                events += self.feed(line)
        return events

    def _translate(self, kind: str, payload: Fields) -> list[Event]:
        match kind:
            case "session_meta":
                return self._begun(payload)
            case "turn_context":
                return self._set_up(payload)
            case "compacted":
                self._words = "compacted the conversation"
                return [ActivitySeen(self._session, self._at, self._words)]
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
                self._session,
                self._agent,
                self._at,
                cwd=facts.get("cwd"),
                version=facts.get("version"),
                branch=facts.get("branch"),
                launch=launch,
                started_at=_from_iso(text_of(payload, "timestamp")),
            )
        ]

    def _set_up(self, payload: Fields) -> list[Event]:
        policy, reviewer = text_of(payload, "approval_policy"), text_of(payload, "approvals_reviewer")
        self._asks_a_person = policy != "never" and reviewer in ("", "user")
        facts = self._new(cwd=text_of(payload, "cwd"), model=text_of(payload, "model"))
        if not facts:
            return []
        return [SessionDescribed(self._session, self._agent, self._at, cwd=facts.get("cwd"), model=facts.get("model"))]

    def _new(self, **facts: str) -> dict[str, str]:
        new = {name: value for name, value in facts.items() if value and value != self._told.get(name)}
        self._told |= new
        return new

    def _asked(self, said: str) -> list[Event]:
        """A prompt: the last one names the session, as long as nothing better does."""
        name = text.one_line(said)
        if not name or name.startswith(_MARKED) or not self._new(prompt=name):
            return []
        return [SessionDescribed(self._session, self._agent, self._at, name=(NameSource.PROMPT, name))]

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
        self._in_turn, self._is_decided, self._words = True, True, ""
        self._calls.clear()
        self._can_question = text_of(payload, "collaboration_mode_kind") != "default"
        trigger = text_of(object_of(payload, "turn_attribution"), "turn_trigger")
        return [TurnStarted(self._session, self._at, _SAID_LATER if trigger in _BY_A_PERSON else "")]

    def _went_on(self) -> list[Event]:
        """The tail begins inside a turn."""
        if self._in_turn is not None:
            return []
        self._in_turn = True
        return [TurnStarted(self._session, self._at)]

    def _completed(self, payload: Fields) -> list[Event]:
        began, self._in_turn = self._went_on(), False
        self._calls.clear()
        error = object_of(payload, "error")
        if error:
            told = (value for value in error.values() if isinstance(value, str) and value)
            words = text_of(error, "message") or next(told, "the turn failed")
            return [*began, TurnFinished(self._session, self._at, Ending.FAILED, text.one_line(words, 500))]
        words = text.clean(text_of(payload, "last_agent_message")) or self._words
        if not words and "completed_at" not in payload and "last_agent_message" in payload:
            # All that versions before 2026's autumn write of an error.
            return [*began, TurnFinished(self._session, self._at, Ending.FAILED, _WORDLESS)]
        return [*began, TurnFinished(self._session, self._at, last_words=words)]

    def _aborted(self, reason: str) -> list[Event]:
        began, self._in_turn = self._went_on(), False
        self._calls.clear()
        if reason in ("interrupted", "replaced", "review_ended"):
            return [*began, TurnFinished(self._session, self._at, Ending.INTERRUPTED, last_words=self._words)]
        error = f"the turn was broken off: {text.one_line(reason, 100) or 'no reason was given'}"
        return [*began, TurnFinished(self._session, self._at, Ending.FAILED, error)]

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
        self._words = text.clean(words)
        return [*self._went_on(), ActivitySeen(self._session, self._at, text.one_line(words))]

    def _changed(self, changes: Fields) -> list[Event]:
        return [FilesChanged(self._session, self._at, tuple(changes))] if changes else []

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
                return [*self._went_on(), ActivitySeen(self._session, self._at, "thinking")]
            case _:
                return []

    def _call_started(self, payload: Fields, name: str, given: Fields) -> list[Event]:
        call = text_of(payload, "call_id")
        if not call or not name:
            return []
        if len(self._calls) >= _MOST_OPEN_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = (name, given)
        tool, shown = _as_hooks_say(name, given)
        key = tool_calls.call_key(tool, shown)
        hint = self._hint(name, given)
        draft = self._draft(call, key, name, given) if hint else None
        started = ToolCall(call, tool, key, self._at, draft, hint)
        return [
            *self._went_on(),
            ToolCallStarted(self._session, started),
            ActivitySeen(self._session, self._at, _activity(name, tool, shown, self._told.get("cwd", ""))),
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
        named = hashlib.sha256(f"{self._session}\0{call}".encode("utf-8", "replace")).hexdigest()[:32]
        return Request(
            id=RequestId(f"call-{named}"),
            session=self._session,
            kind=RequestKind.QUESTION if asked else RequestKind.PERMISSION,
            opened_at=self._at,
            tool=name,
            text=command_of(given) or tool_calls.pretty(given),
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
        began = self._went_on() if self._in_turn is None else []
        return [*began, ToolCallEnded(self._session, call, self._at, is_denied)]


def command_of(given: Fields) -> str:
    """The command line of a call that runs one."""
    for key in ("cmd", "command"):
        value = given.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            is_shell = len(value) == 3 and value[1] in ("-lc", "-c")
            return value[2] if is_shell else " ".join(value)
    return ""


def patch_in(words: str) -> str:
    """The patch within a call, however it is wrapped; empty when there is none."""
    begin = words.find(_PATCH_BEGINS)
    end = words.find(_PATCH_ENDS, begin) if begin >= 0 else -1
    return words[begin : end + len(_PATCH_ENDS)] if end >= 0 else ""


def patched_paths(patch: str) -> tuple[str, ...]:
    """The files that a patch touches, as it names them."""
    return tuple(dict.fromkeys(path.strip() for path in _PATCHED.findall(patch)))


def _as_hooks_say(name: str, given: Fields) -> tuple[str, Fields]:
    command = command_of(given) if name in _COMMANDS else text_of(given, "input")
    patch = patch_in(command) if name == PATCH_TOOL or PATCH_TOOL in command[:200] else ""
    if patch:
        return PATCH_TOOL, {"command": patch}
    return (COMMAND_TOOL, {"command": command}) if name in _COMMANDS else (name, given)


def _activity(name: str, tool: str, shown: Fields, cwd: str) -> str:
    if tool == PATCH_TOOL:
        paths = patched_paths(text_of(shown, "command"))
        return text.one_line(f"editing {paths[0]}" if len(paths) == 1 else f"editing {len(paths)} files")
    match name:
        case "request_user_input":
            return "asking"
        case "update_plan":
            return "planning its tasks"
        case _:
            return tool_calls.activity(tool, shown, cwd)


def _is_wanted(kind: bytes, inner: bytes | None) -> bool:
    if kind not in _WANTED:
        return False
    kinds = _WANTED[kind]
    return kinds is None or inner is None or inner in kinds


def _last_begin(log: bytes, top: int) -> int | None:
    """Where the line stands that begins the last turn."""
    stop = len(log)
    while (at := log.rfind(_TURN_BEGIN, top, stop)) >= 0:
        start = log.rfind(b"\n", top, at) + 1 or top
        head = _HEAD.match(log, start)
        if head is not None and head[2] == _TURN_BEGIN:
            return start
        stop = start  # somebody's words; nothing else in their line begins a turn
    return None


def _text_in(content: object) -> str:
    if not isinstance(content, list):
        return ""
    return "\n".join(text_of(block, "text") for block in content if isinstance(block, dict))


def _from_iso(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
