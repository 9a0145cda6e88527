"""Gemini CLI: its log of messages, its hooks, and what they can do.

Its log does not tell a waiting call from a running one, and its hooks can refuse a call only before anybody knows
whether it needs leave: to hold them there would delay every call and show waits that are none. So requests are shown
with their full text, and answered in the terminal. Opens no file, starts no thread, asks no clock.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from desktop.domain.agent import (
    Ability,
    Agent,
    HookCall,
    HookEvent,
    HookSetup,
    HookShape,
    LogHead,
    Means,
    TranscriptReader,
)
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.requests import Question, Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Source, ToolCall
from desktop.formats import hook_payload, text, tool_calls
from desktop.formats.command_line import Program
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso

KIND = AgentKind("gemini-cli")
LABEL = "Gemini CLI"
WHY_NOT = f"{LABEL} takes the answer in its own terminal only: none of its hooks may answer its prompt."

LOGS = "tmp"  # below its home
_CONTEXT = "<session_context>"
_WORKSPACE = re.compile(r"Workspace Directories:\*\*\s*\n\s*- ([^\n]+)")
_CANCELLED = "Request cancelled."
# It is told again at one go, each message with the time of that, and then once more as one list.
_TOLD_AGAIN_WITHIN = timedelta(seconds=2)
_NO_PROMPT_YET = "no prompt was given yet"
_CALLS_US = "its hook tells of its turns, and when it asks"
_NO_WORDS = "[no response text]"
_QUESTION_TOOL = "ask_user"
_WRITING_TOOLS = frozenset({"write_file", "replace", "edit"})

# --- the log: tmp/<slug>/chats/session-<time>-<id>.jsonl -------------------------------------------------------------


def log_dirs(home: str, cwd: str, _now: datetime) -> Sequence[str]:
    """Where its logs of *cwd* lie: by the name of the directory, numbered where several have that name."""
    name = cwd.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    slug = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", name.lower())).strip("-") or "project"
    names = [slug, *(f"{slug}-{number}" for number in range(1, 7)), hashlib.sha256(cwd.encode()).hexdigest()]
    return [f"{home}/{LOGS}/{each}/chats" for each in names]


def read_log_head(head: bytes, _path: str) -> LogHead | None:
    """Read the first line, and the directory from the context that is given to the model in the second."""
    lines = head.split(b"\n")
    fields = parse_object(lines[0])
    if fields is None:
        return None
    native = text_of(fields, "sessionId")
    if not hook_payload.is_plain_id(native):
        return None
    is_hidden = text_of(fields, "kind") not in ("", "main")
    for line in lines[1:4]:
        record = parse_object(line) or {}
        for message in [record, *objects_of(object_of(record, "$set"), "messages")[:1]]:
            found = _WORKSPACE.search(_said(message))
            if found is not None:
                return LogHead(native, found[1].strip(), from_iso(fields.get("startTime")), is_hidden)
    return None


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return _MessageLog(session, KIND)


class _MessageLog(LineLog):
    """Messages, each written again under its id when more of it is known."""

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._is_told_again = False  # after a request was cancelled the whole conversation is written once more
        self._has_context = False
        self._seen: dict[str, bool] = {}  # answers by id, and whether their calls were told

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        kind, at = text_of(record, "type"), from_iso(record.get("timestamp"))
        if self._is_told_again:
            is_late = at is not None and at > self.at + _TOLD_AGAIN_WITHIN
            self._is_told_again = not is_late and "messages" not in object_of(record, "$set")
            if not is_late:
                return []
        self.at = at or self.at
        match kind:
            case "user":
                return self._user(record)
            case "" if text_of(record, "sessionId"):
                evidence = Evidence(Source.TRANSCRIPT, Claim.RESTING, self.at, _NO_PROMPT_YET)
                return [EvidenceGiven(self.session, evidence)]
            case "gemini":
                return [*self.facts(model=text_of(record, "model")), *self._answer(record)]
            case "error":
                return [*self.went_on(), *self.finished(Ending.FAILED, _said(record))]
            case "info" if _said(record) == _CANCELLED:
                return self.finished(Ending.INTERRUPTED)
            case "info" | "warning":
                return []
            case _:
                return [] if "$set" in record or "$rewindTo" in record else self.unknown()

    def _user(self, record: Mapping[str, object]) -> list[Event]:
        said = _said(record)
        if said.startswith(_CONTEXT):
            self._is_told_again = self._has_context or self.in_turn is not None
            self._has_context = True
            return []
        if any("functionResponse" in part for part in objects_of(record, "content")):
            return self.went_on()
        return [*self.facts(prompt=said), *self.started(said)] if said.strip() else []

    def _answer(self, record: Mapping[str, object]) -> list[Event]:
        said, calls, message = _said(record), objects_of(record, "toolCalls"), text_of(record, "id")
        if self._seen.get(message) is bool(calls):
            return []
        self._seen = {message: bool(calls)}
        if said.strip():
            self.words = said
        if not calls and said.strip():
            return [*self.went_on(), *self.finished()]
        events = self.went_on()
        for call in calls:
            events += self._called(call)
        if any(text_of(call, "status") == "cancelled" for call in calls):
            # The person said no in the terminal: the agent stops and waits for what to do instead.
            self.at = max([self.at, *(at for call in calls if (at := from_iso(call.get("timestamp"))) is not None)])
            events += self.finished(Ending.INTERRUPTED)
        return events

    def _called(self, call: Mapping[str, object]) -> list[Event]:
        """A call and its result, written together when it is over."""
        tool, given, status = text_of(call, "name"), object_of(call, "args"), text_of(call, "status")
        at = from_iso(call.get("timestamp")) or self.at  # the message itself keeps the time of its first writing
        events: list[Event] = [
            ToolCallEnded(self.session, _key(tool, given), at, is_denied=status == "cancelled"),
            ActivitySeen(self.session, at, _activity(tool, given)),
        ]
        path = text_of(given, "file_path")
        if status == "success" and tool in _WRITING_TOOLS and path:
            events.append(FilesChanged(self.session, at, (path,)))
        return events


def _said(record: Mapping[str, object]) -> str:
    content = record.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(text_of(part, "text") for part in objects_of(record, "content") if text_of(part, "text"))


# --- calls -----------------------------------------------------------------------------------------------------------


def _key(tool: str, given: Mapping[str, object], mcp_tool: str = "") -> str:
    """Equal for one call, whether its start, its prompt or its end tells of it; each of them tells something else."""
    match tool:
        case "run_shell_command":
            return _hashed("exec", text_of(given, "command"))
        case _ if tool in _WRITING_TOOLS:
            return _hashed("edit", _base_name(text_of(given, "file_path")))
        case "web_fetch":
            return _hashed("info", text_of(given, "prompt"))
        case _:
            return _hashed("tool", mcp_tool or tool)


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _activity(tool: str, given: Mapping[str, object]) -> str:
    path = text_of(given, "file_path") or text_of(given, "absolute_path") or text_of(given, "path")
    match tool:
        case "run_shell_command":
            words = f"running {text_of(given, 'command')}"
        case _ if tool in _WRITING_TOOLS:
            words = f"writing {path}"
        case "read_file":
            words = f"reading {path}"
        case "web_fetch":
            words = f"fetching {text_of(given, 'prompt')}"
        case "ask_user":
            words = "asking"
        case _:
            words = f"using {tool}"
    return text.one_line(words)


# --- hooks -----------------------------------------------------------------------------------------------------------

# Each call waits for its hooks, so all of them are let go at once; the time is for a machine under load.
HOOKS = HookSetup(
    file="settings.json",
    events=tuple(
        HookEvent(name, 5, matcher="*")
        for name in (
            "SessionStart",
            "SessionEnd",
            "BeforeAgent",
            "AfterAgent",
            "BeforeTool",
            "AfterTool",
            "Notification",
        )
    ),
    command_name=KIND,
    shape=HookShape(is_one_line=True, is_in_ms=True, name="agent-tray", has_status_message=False, has_async=False),
)

_ENDED_WHY = {"clear": "the conversation was cleared", "exit": "the person left", "logout": "the person logged out"}


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    payload = hook_payload.read(call.payload)
    if payload is None:
        return []
    session = session_id(KIND, payload.native_session)
    try:
        news = _news(payload, session, call)
    except (RecursionError, OverflowError):
        return []
    if news is None:
        return []
    described = SessionDescribed(
        session,
        KIND,
        call.at,
        cwd=text_of(payload.fields, "cwd") or None,
        transcript=text_of(payload.fields, "transcript_path") or None,
        pid=call.agent_pid or None,
        pane=dict(call.environment).get("TMUX_PANE") or None,
    )
    return [described, *hook_payload.process_events(session, call), *news]


def _news(payload: hook_payload.Payload, session: SessionId, call: HookCall) -> list[Event] | None:
    fields, at = payload.fields, call.at
    tool, given = text_of(fields, "tool_name"), object_of(fields, "tool_input")
    key = _key(tool, given, text_of(object_of(fields, "mcp_context"), "tool_name"))
    match payload.event:
        case "SessionStart":
            return [EvidenceGiven(session, Evidence(Source.HOOK, Claim.RESTING, at, _NO_PROMPT_YET))]
        case "SessionEnd":
            reason = text_of(fields, "reason")
            why = _ENDED_WHY.get(reason) or f"ended ({text.one_line(reason, 60)})"
            return [SessionEnded(session, at, why, source=Source.HOOK)]
        case "BeforeAgent":
            evidence = Evidence(Source.HOOK, Claim.WORKING, at, _CALLS_US)
            return [
                TurnStarted(session, at, text.one_line(text_of(fields, "prompt"))),
                EvidenceGiven(session, evidence),
            ]
        case "AfterAgent":
            words = text_of(fields, "prompt_response")
            return [TurnFinished(session, at, last_words="" if words == _NO_WORDS else text.clean(words))]
        case "BeforeTool" if tool == _QUESTION_TOOL:
            started = ToolCallStarted(session, ToolCall(key, tool, key, at))
            return [started, RequestOpened(_question(session, key, given, call))]
        case "BeforeTool" if tool:
            started = ToolCallStarted(session, ToolCall(key, tool, key, at))
            return [started, ActivitySeen(session, at, _activity(tool, given))]
        case "AfterTool" if tool:
            return [ToolCallEnded(session, key, at)]
        case "Notification" if text_of(fields, "notification_type") == "ToolPermission":
            request = _permission(session, object_of(fields, "details"), call)
            return [RequestOpened(request)] if request is not None else None
        case _:
            return None


def _permission(session: SessionId, details: Mapping[str, object], call: HookCall) -> Request | None:
    """What it asks leave for; None for what was told of in another way."""
    path = text_of(details, "filePath") or text_of(details, "fileName")
    writes: tuple[str, ...] = ()
    match text_of(details, "type"):
        case "exec":
            tool, shown, summary = "run_shell_command", text_of(details, "command"), "wants to run a command"
            key = _hashed("exec", shown)
        case "edit":
            difference = text_of(details, "fileDiff") or text_of(details, "newContent")
            tool, shown, summary = "edit", f"{path}\n\n{difference}", "wants to change a file"
            key, writes = _hashed("edit", _base_name(path)), (path,)
        case "info":
            urls = details.get("urls")
            listed = [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []
            prompt = text_of(details, "prompt")
            tool, shown, summary = "web_fetch", "\n".join([prompt, *listed]), "wants to fetch a web page"
            key = _hashed("info", prompt)
        case "mcp":
            tool = text_of(details, "toolName")
            shown = f"{text_of(details, 'serverName')}: {tool}\n\nWhat it is given is shown in its terminal."
            summary, key = f"wants to use {text.one_line(tool, 60)}", _hashed("tool", tool)
        case ("exit_plan_mode" | "sandbox_expansion") as other:
            title = text_of(details, "title")
            tool, shown, summary, key = other, title, "waits in its terminal", _hashed("tool", other)
        case _:
            return None
    return _request(session, RequestKind.PERMISSION, tool, shown, summary, key, call, writes=writes)


def _question(session: SessionId, key: str, given: Mapping[str, object], call: HookCall) -> Request:
    use = tool_calls.describe(tool_calls.QUESTION_TOOL, {"questions": _with_options(given)})
    return _request(
        session, RequestKind.QUESTION, _QUESTION_TOOL, use.text, use.summary, key, call, questions=use.questions
    )


def _with_options(given: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [
        {**asked, "multiSelect": asked.get("multiSelect") is True or asked.get("type") == "multi"}
        for asked in objects_of(given, "questions")
    ]


def _request(
    session: SessionId,
    kind: RequestKind,
    tool: str,
    shown: str,
    summary: str,
    key: str,
    call: HookCall,
    *,
    writes: tuple[str, ...] = (),
    questions: tuple[Question, ...] = (),
) -> Request:
    digest = hashlib.sha256(call.payload).hexdigest()
    return Request(
        id=RequestId(call.request_nonce or digest[:32]),
        session=session,
        kind=kind,
        opened_at=call.at,
        tool=tool,
        text=shown,
        summary=summary,
        questions=questions,
        writes=writes,
        digest=digest,
        call_key=key,
        reach=Reach.TERMINAL,
        why_not=WHY_NOT,
    )


# --- processes -------------------------------------------------------------------------------------------------------


MEANS = (
    Means(Ability.SEE, "process, log and hooks"),
    Means(
        Ability.KNOW_IT_WAITS, "hook", "That it was allowed there is known when the command runs, or the call is over."
    ),
    Means(Ability.KNOW_WHAT_IT_ASKS, "hook", "Of a tool of an MCP server only the name."),
    Means(
        Ability.ALLOW,
        why_not="No hook may answer its prompt, and a gate without prompts would let all run when it fails.",
    ),
    Means(
        Ability.DENY, why_not="Its hook may refuse only before it is known that it asks, and would delay every call."
    ),
    Means(Ability.ANSWER, why_not="No hook may answer its questions."),
    Means(Ability.PROMPT, "terminal"),
    Means(Ability.INTERRUPT, "terminal"),
    Means(Ability.JUMP, "terminal"),
)

PROGRAM = Program(
    scripts=("/bin/gemini", "/.bin/gemini", "gemini-cli/bundle/gemini.js", "gemini-cli/dist/index.js"),
    commands=frozenset({"mcp", "extensions", "extension", "skills", "hooks", "gemma"}),
    passing=frozenset({"--version", "-v", "--help", "-h", "--list-sessions", "--list-extensions", "-l"}),
    headless=frozenset({"-p", "--prompt", "--acp", "--experimental-acp"}),
)

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"gemini"}),
    tried_with=("0.61.0",),
    default_home="~/.gemini",
    transcript_dir=LOGS,
    open_transcript=open_transcript,
    is_session_process=PROGRAM.is_session,
    starts_itself_again=True,
    read_hook=read_hook,
    hook_setup=HOOKS,
    resume_words=("gemini", "--resume"),
    # Its hint in an empty input line is of a colour of its own, not faint: then it belongs to the mark.
    prompt_marks=(">   Type your message or @path/to/file", "> "),
    is_headless=PROGRAM.is_headless,
    interrupt_keys=("Escape",),
    log_dirs=log_dirs,
    log_names="session-*.jsonl",
    read_log_head=read_log_head,
    means=MEANS,
    acp_command=("gemini", "--acp"),
)
