"""Qwen Code: its log, its hooks, and what it takes as an answer.

While its hook for permissions runs, its terminal shows no prompt: it is held for a short while only, and then asks
there. Opens no file, starts no thread, asks no clock.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from desktop.domain.agent import (
    Ability,
    Agent,
    HookCall,
    HookEvent,
    HookSetup,
    HookShape,
    Means,
    TranscriptReader,
)
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestOpened,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId, session_id
from desktop.domain.replies import RequestReply
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Source, ToolCall
from desktop.formats import hook_decision, hook_payload, session_starts, text, tool_calls
from desktop.formats.command_line import Program
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso

KIND = AgentKind("qwen-code")
LABEL = "Qwen Code"
HOLD_S = 45  # its terminal shows no prompt for so long; longer only while a person has the request before them
WHY_NOT = f"{LABEL} takes the answer to its questions and plans in its own terminal only."
_CALLS_US = "its hook tells of its turns, and would have asked"
_NO_PROMPT_YET = "no prompt was given yet"
_OPEN_CALLS = 256  # remembered; far more than one answer ever holds

_COMMAND_TOOL = "run_shell_command"
_SHARED_NAMES = {_COMMAND_TOOL: "Bash", "write_file": "Write", "edit": "Edit", "ask_user_question": "AskUserQuestion"}
_ONLY_THERE = frozenset({"ask_user_question", "exit_plan_mode"})
# Retried by the agent itself, up to seven times; that it gave up is only told by its hook.
_PASSING_ERRORS = frozenset({408, 409, 429})

# --- the log: projects/<slug>/chats/<session>.jsonl ------------------------------------------------------------------


def transcript_paths(home: str, native: str, cwd: str) -> list[str]:
    """Where the log of a conversation is."""
    if not hook_payload.is_plain_id(native) or not cwd:
        return []
    return [f"{home}/projects/{re.sub(r'[^a-zA-Z0-9]', '-', cwd)}/chats/{native}.jsonl"]


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return _ChatLog(session, KIND)


class _ChatLog(LineLog):
    """Prompts, answers, calls and their results, each a record of its own."""

    TURN_MARK = b'"type":"user"'
    FACT_MARKS = (b'"type":"assistant"',)  # the model

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._calls: dict[str, tuple[str, Mapping[str, object]]] = {}

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        self.at = from_iso(record.get("timestamp")) or self.at
        facts = self.facts(
            cwd=text_of(record, "cwd"),
            branch=text_of(record, "gitBranch"),
            version=text_of(record, "version"),
            model=text_of(record, "model"),
        )
        parts = objects_of(object_of(record, "message"), "parts")
        match text_of(record, "type"):
            case "user":
                return [*facts, *self._prompted(parts)]
            case "assistant":
                return [*facts, *self._answered(parts)]
            case "tool_result":
                return [*facts, *self._call_ended(parts, object_of(record, "toolCallResult"))]
            case "system":
                return [*facts, *self._noted(object_of(object_of(record, "systemPayload"), "uiEvent"))]
            case _:
                return self.unknown()

    def begins_turn(self, line: bytes) -> bool:
        """Whether it is a prompt that says something."""
        record = parse_object(line) or {}
        said = _said(objects_of(object_of(record, "message"), "parts"))
        return record.get("type") == "user" and bool(said.strip())

    def _prompted(self, parts: list[Mapping[str, object]]) -> list[Event]:
        said = _said(parts)
        if not said.strip():
            return []
        self._calls.clear()
        return [*self.facts(prompt=said), *self.started(said)]

    def _answered(self, parts: list[Mapping[str, object]]) -> list[Event]:
        said = _said(part for part in parts if part.get("thought") is not True)
        if said.strip():
            self.words = said
        calls = [object_of(part, "functionCall") for part in parts if "functionCall" in part]
        events = self.went_on()
        for call in calls:
            events += self._call_started(text_of(call, "id"), text_of(call, "name"), object_of(call, "args"))
        # Words that were broken off are written down like an answer's last; only no hook tells of that end.
        return events if calls or not said.strip() else [*events, *self.finished(hook_tells_too=True)]

    def _call_started(self, call: str, tool: str, given: Mapping[str, object]) -> list[Event]:
        if not call or not tool:
            return []
        if len(self._calls) >= _OPEN_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = (tool, given)
        does = tool_calls.activity(_SHARED_NAMES.get(tool, tool), given, self._told.get("cwd", ""))
        key = tool_calls.call_key(tool, given)
        return [
            ToolCallStarted(self.session, ToolCall(call, tool, key, self.at)),
            ActivitySeen(self.session, self.at, does),
        ]

    def _call_ended(self, parts: list[Mapping[str, object]], result: Mapping[str, object]) -> list[Event]:
        status = text_of(result, "status")
        is_denied = status == "cancelled" or text_of(result, "errorType") == "execution_denied"
        events: list[Event] = []
        for part in parts:
            call = text_of(object_of(part, "functionResponse"), "id")
            tool, given = self._calls.pop(call, ("", {}))
            events.append(ToolCallEnded(self.session, call, self.at, is_denied))
            path = tool_calls.written_path(_SHARED_NAMES.get(tool, tool), given)
            if path and status == "success":
                events.append(FilesChanged(self.session, self.at, (path,)))
        if status == "cancelled":
            # The person said no in the terminal: the agent stops and waits for what to do instead.
            return [*events, *self.finished(Ending.INTERRUPTED)]
        return [*events, *self.went_on()]

    def _noted(self, event: Mapping[str, object]) -> list[Event]:
        if text_of(event, "event.name") != "qwen-code.api_error":
            return []
        if text_of(event, "error_type") == "APIUserAbortError":
            return self.finished(Ending.INTERRUPTED)
        code = event.get("status_code")
        if isinstance(code, int) and 400 <= code < 500 and code not in _PASSING_ERRORS:
            return [*self.went_on(), *self.finished(Ending.FAILED, text_of(event, "error_message"))]
        return [ActivitySeen(self.session, self.at, "trying again: the model's server gave an error")]


def _said(parts: Iterable[Mapping[str, object]]) -> str:
    return "\n".join(text_of(part, "text") for part in parts if text_of(part, "text"))


# --- hooks -----------------------------------------------------------------------------------------------------------

HOOKS = HookSetup(
    file="settings.json",
    events=(
        # Far longer than it is ever held; at the limit it would only ask by itself.
        HookEvent("PermissionRequest", 86_400, matcher="*"),
        HookEvent("Notification", 10),
        HookEvent("UserPromptSubmit", 5),
        HookEvent("Stop", 10),
        HookEvent("StopFailure", 10),
        HookEvent("SessionStart", 5),
        HookEvent("SessionEnd", 2),
        HookEvent("SubagentStart", 5),
        HookEvent("SubagentStop", 5),
    ),
    command_name=KIND,
    shape=HookShape(is_one_line=True, is_in_ms=True, name="agent-tray", has_status_message=False, has_async=False),
)


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    payload = hook_payload.read(call.payload)
    if payload is None:
        return []
    session = session_id(KIND, payload.native_session)
    events: list[Event] = []
    for event in hook_payload.events(call, KIND):
        match event:
            case RequestOpened(request=request):
                events.append(RequestOpened(_as_asked(request, object_of(payload.fields, "tool_input"))))
            case TurnStarted(prompt=""):
                events.append(ActivitySeen(session, call.at))  # the result of a call goes to the model the same way
            case TurnFinished(ending=Ending.FAILED):
                error = text_of(payload.fields, "error_details") or event.error
                events.append(replace(event, error=text.one_line(error, 500)))
            case _:
                events.append(event)
    if not events:
        return []
    if payload.event == "UserPromptSubmit":
        events.append(EvidenceGiven(session, Evidence(Source.HOOK, Claim.WORKING, call.at, _CALLS_US)))
    elif payload.event == "SessionStart":
        events.append(EvidenceGiven(session, Evidence(Source.HOOK, Claim.RESTING, call.at, _NO_PROMPT_YET)))
    return [events[0], *hook_payload.process_events(session, call), *events[1:]]


def asks_by_hook(payload: bytes) -> bool:
    """Whether this call may be held: its questions and plans take no answer from a hook."""
    read = hook_payload.read(payload)
    return read is not None and hook_payload.is_request(read) and text_of(read.fields, "tool_name") not in _ONLY_THERE


def _as_asked(request: Request, given: Mapping[str, object]) -> Request:
    """Say what is asked in full, as for the same tools of other agents."""
    shared = _SHARED_NAMES.get(request.tool, request.tool)
    if request.tool == _COMMAND_TOOL:
        in_background = given.get("is_background") is True
        given = {key: value for key, value in given.items() if key != "is_background"}
        given = {**given, "run_in_background": True} if in_background else given
    use = tool_calls.describe(shared, given)
    request = replace(request, kind=use.kind, text=use.text, summary=use.summary, questions=use.questions)
    if request.tool in _ONLY_THERE:
        kind = RequestKind.PLAN if request.tool == "exit_plan_mode" else RequestKind.QUESTION
        return replace(request, kind=kind, reach=Reach.TERMINAL, why_not=WHY_NOT)
    path = tool_calls.written_path(shared, given)
    return replace(request, writes=(path,) if path else ())


def write_hook_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes | None:
    """What the relay must print; nothing for a call that asks a person nothing."""
    return hook_decision.write_plain(payload, request, reply) if asks_by_hook(payload) else None


# --- processes -------------------------------------------------------------------------------------------------------


_WHILE_IT_RUNS = "Its terminal shows no prompt while the tray is asked, so it is let go after a short while."

PROGRAM = Program(
    scripts=("/bin/qwen", "/.bin/qwen", "qwen-code/cli.js", "qwen-code/dist/index.js"),
    commands=frozenset({"auth", "channel", "extensions", "hooks", "mcp", "review"}),
    passing=frozenset({"--version", "-v", "--help", "-h", "--list-extensions", "-l"}),
    headless=frozenset({"-p", "--prompt", "--acp", "--experimental-acp"}),
)

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"qwen"}),
    tried_with=("0.15.10",),
    default_home="~/.qwen",
    transcript_dir="projects",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=PROGRAM.is_session,
    starts_itself_again=True,
    read_hook=read_hook,
    write_hook_reply=write_hook_reply,
    asks_by_hook=asks_by_hook,
    hook_setup=HOOKS,
    resume_words=("qwen", "--resume"),
    # Its hint in an empty input line is of a colour of its own, not faint: then it belongs to the mark.
    prompt_marks=(">   Type your message or @path/to/file", "> "),
    is_headless=PROGRAM.is_headless,
    interrupt_keys=("Escape",),
    hook_hold_s=HOLD_S,
    means=(
        Means(Ability.SEE, "process and log"),
        Means(Ability.KNOW_IT_WAITS, "hook", "Its log does not say that it waits."),
        Means(Ability.KNOW_WHAT_IT_ASKS, "hook"),
        Means(Ability.ALLOW, "hook", _WHILE_IT_RUNS),
        Means(Ability.DENY, "hook, with the reason given to the model", _WHILE_IT_RUNS),
        Means(Ability.ANSWER, why_not="Its hook takes no answer to a question."),
        Means(Ability.PROMPT, "terminal"),
        Means(Ability.INTERRUPT, "terminal"),
        Means(Ability.JUMP, "terminal"),
    ),
    start=session_starts.over_acp("qwen", "--acp"),
)
