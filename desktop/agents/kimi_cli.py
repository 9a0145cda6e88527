"""Kimi CLI: its process and its log of turns.

Its log does not tell that a call waits, and its hooks may refuse and not allow: it is seen, and answered in its
terminal. Opens no file, starts no thread, asks no clock.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from desktop.domain.agent import Ability, Agent, LogHead, Means, TranscriptReader
from desktop.domain.events import ActivitySeen, Event, FilesChanged, ToolCallEnded, ToolCallStarted
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Ending, ToolCall
from desktop.formats import hook_payload, tool_calls
from desktop.formats.command_line import PYTHON, Program, file_name
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_seconds

KIND = AgentKind("kimi-cli")
LABEL = "Kimi CLI"
_SHARED_NAMES = {"Shell": "Bash", "WriteFile": "Write", "StrReplaceFile": "Edit", "ReadFile": "Read"}
# fmt: off
_QUIET = frozenset({
    "ApprovalRequest", "ApprovalResponse", "CompactionBegin", "CompactionEnd", "ContentPart", "HookRequest",
    "MCPLoadingBegin", "MCPLoadingEnd", "Notification", "PlanDisplay", "QuestionRequest", "StatusUpdate", "SteerInput",
    "SubagentEvent", "ToolCallPart",
})
# fmt: on
_REJECTED = "The tool call is rejected by the user."

# --- the log: sessions/<md5 of the directory>/<session>/wire.jsonl ---------------------------------------------------


def log_dirs(home: str, cwd: str, _now: datetime) -> list[str]:
    """A folder for each conversation, in one that is named after its directory."""
    return [f"{home}/sessions/{hashlib.md5(cwd.encode(), usedforsecurity=False).hexdigest()}/*"]


def read_log_head(head: bytes, path: str) -> LogHead | None:
    """The conversation is named by its folder, and begins with its first turn."""
    native = path.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    lines = head.split(b"\n")
    if parse_object(lines[0]) is None or not hook_payload.is_plain_id(native):
        return None
    begun = from_seconds((parse_object(lines[1]) or {}).get("timestamp")) if len(lines) > 2 else None
    return LogHead(native, None, begun)  # its folder is that of one directory alone


def transcript_paths(home: str, native: str, cwd: str) -> list[str]:
    """Where the log of a conversation is."""
    if not hook_payload.is_plain_id(native) or not cwd:
        return []
    return [f"{home}/sessions/{hashlib.md5(cwd.encode(), usedforsecurity=False).hexdigest()}/{native}/wire.jsonl"]


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return _WireLog(session, KIND)


class _WireLog(LineLog):
    """Messages, each with its time; what fails and what is broken off look the same."""

    TURN_MARK = b'"TurnBegin"'

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._calls: dict[str, tuple[str, Mapping[str, object]]] = {}
        self._ending = Ending.FINISHED

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        self.at = from_seconds(record.get("timestamp")) or self.at
        message = object_of(record, "message")
        payload = object_of(message, "payload")
        match text_of(message, "type"):
            case "TurnBegin":
                given = payload.get("user_input")
                said = given if isinstance(given, str) else _said(objects_of(payload, "user_input"))
                self._ending = Ending.FINISHED
                return [*self.facts(prompt=said), *self.started(said)]
            case "StepBegin":
                return self.went_on()
            case "ContentPart" if text_of(payload, "type") == "text":
                self.words = text_of(payload, "text") or self.words
                return self.went_on()
            case "ToolCall":
                return self._call_started(text_of(payload, "id"), object_of(payload, "function"))
            case "ToolResult":
                return self._call_ended(text_of(payload, "tool_call_id"), object_of(payload, "return_value"))
            case "StepInterrupted":
                self._ending = Ending.FAILED
                return []
            case "TurnEnd":
                return self.finished(self._ending, "its step was broken off" if self._ending is Ending.FAILED else "")
            case kind:
                return [] if kind in _QUIET or text_of(record, "type") == "metadata" else self.unknown()

    def begins_turn(self, line: bytes) -> bool:
        """Whether it is the begin itself, and not one that is told of."""
        return text_of(object_of(parse_object(line) or {}, "message"), "type") == "TurnBegin"

    def _call_started(self, call: str, function: Mapping[str, object]) -> list[Event]:
        tool, raw = text_of(function, "name"), text_of(function, "arguments")
        if not call or not tool:
            return []
        given = parse_object(raw.encode("utf-8", "replace")) or {}
        self._calls = {**dict(list(self._calls.items())[-63:]), call: (tool, given)}
        known = ToolCall(call, tool, tool_calls.call_key(tool, given), self.at)
        shown = {**given, "file_path": text_of(given, "path")} if "path" in given else given
        does = tool_calls.activity(_SHARED_NAMES.get(tool, tool), shown, self._told.get("cwd", ""))
        return [*self.went_on(), ToolCallStarted(self.session, known), ActivitySeen(self.session, self.at, does)]

    def _call_ended(self, call: str, result: Mapping[str, object]) -> list[Event]:
        tool, given = self._calls.pop(call, ("", {}))
        is_denied = text_of(result, "message").startswith(_REJECTED)
        if is_denied:
            self._ending = Ending.INTERRUPTED
        events: list[Event] = [ToolCallEnded(self.session, call, self.at, is_denied)]
        path = text_of(given, "path")
        if _SHARED_NAMES.get(tool) in ("Write", "Edit") and path and result.get("is_error") is False:
            events.append(FilesChanged(self.session, self.at, (path,)))
        return events


def _said(parts: Sequence[Mapping[str, object]]) -> str:
    return "\n".join(text_of(part, "text") for part in parts if text_of(part, "text"))


# --- processes -------------------------------------------------------------------------------------------------------

PROGRAM = Program(
    scripts=("/kimi", "/kimi-cli"),
    interpreters=PYTHON,
    commands=frozenset({"info", "login", "logout", "mcp", "export", "plugin", "web", "vis"}),
    passing=frozenset({"--version", "-V", "--help", "-h"}),
    headless=frozenset({"--print", "--wire", "--acp", "acp"}),
)


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation: a script of Python, or named after itself once it runs."""
    return file_name(argv[0] if argv else "").split() == ["kimi", "code"] or PROGRAM.is_session(exe, argv)


_HOOKS_REFUSE = "Its hooks may refuse and not allow, and are asked before anybody knows whether it asks."

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"kimi", "kimi-cli"}),
    tried_with=("1.49.0",),
    default_home="~/.kimi",
    transcript_dir="sessions",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=is_session_process,
    is_headless=PROGRAM.is_headless,
    interrupt_keys=("Escape",),
    log_dirs=log_dirs,
    log_names="wire.jsonl",
    read_log_head=read_log_head,
    means=(
        Means(Ability.SEE, "process and log"),
        Means(Ability.KNOW_IT_WAITS, why_not="Its log does not say that it waits; it is guessed, and said to be."),
        Means(Ability.KNOW_WHAT_IT_ASKS, why_not="Only what its last call was is known."),
        Means(Ability.ALLOW, why_not=_HOOKS_REFUSE),
        Means(Ability.DENY, why_not=_HOOKS_REFUSE),
        Means(Ability.ANSWER, why_not="Nothing but its terminal takes an answer."),
        Means(Ability.PROMPT, why_not="Its input line cannot be told from the rest of its screen."),
        Means(Ability.INTERRUPT, "terminal"),
        Means(Ability.JUMP, "terminal"),
    ),
)
