"""GitHub Copilot CLI: its log of events tells all that it does and asks, the requests that wait included.

Its hook for permissions runs before its own rules, for calls that nobody would be asked about: it is not used, and
requests are answered in the terminal. Opens no file, starts no thread, asks no clock.
"""

import re
from collections.abc import Mapping

from desktop.domain.agent import Ability, Agent, Means, TranscriptReader
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.requests import Choice, Question
from desktop.domain.session import Claim, Ending, Evidence, Source, ToolCall
from desktop.formats import hook_payload, text, tool_calls
from desktop.formats.command_line import Program
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso

KIND = AgentKind("copilot-cli")
LABEL = "Copilot CLI"
HOME_VARIABLE = "COPILOT_HOME"
WHY_NOT = f"{LABEL} takes the answer in its own terminal only."
_NO_PROMPT_YET = "no prompt was given yet"
_SHARED_NAMES = {"bash": "Bash", "view": "Read", "grep": "Grep", "glob": "Glob", "web_fetch": "WebFetch"}
# What comes before the point in the names of events; most of them tell nothing of use.
_FAMILIES = frozenset(
    {
        "assistant",
        "command",
        "hook",
        "human_response",
        "mcp",
        "permission",
        "session",
        "skill",
        "subagent",
        "system",
        "tool",
        "user",
    }
)
_ASKING_TOOL = "ask_user"
_WRITING_TOOLS = frozenset({"create", "edit", "str_replace", "apply_patch"})

# --- the log: session-state/<session>/events.jsonl -------------------------------------------------------------------

_HELD = re.compile(r"/session-state/([A-Za-z0-9_-]{1,128})/inuse\.[0-9]+\.(?:hold|lock)")


def native_of_open_file(path: str) -> str:
    """The conversation that a process marks as in use, from its begin on."""
    found = _HELD.search(path)
    return found[1] if found is not None and found.end() == len(path) else ""


def transcript_paths(home: str, native: str, _cwd: str) -> list[str]:
    """Where the log of a conversation is."""
    return [f"{home}/session-state/{native}/events.jsonl"] if hook_payload.is_plain_id(native) else []


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return _EventLog(session, KIND)


class _EventLog(LineLog):
    """Events, each in an envelope with its type and time."""

    TURN_MARK = b'"user.message"'
    FACT_MARKS = (b'"session.start"', b'"session.resume"', b'"session.title_changed"', b'"assistant.message"')

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._calls: dict[str, tuple[str, Mapping[str, object]]] = {}
        self._helpers: dict[str, str] = {}  # roles of the subagents that run
        self._has_words = False  # the last message asked for no tool: the end of the turn is the end of the work

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        self.at = from_iso(record.get("timestamp")) or self.at
        data = object_of(record, "data")
        if helper := text_of(record, "agentId"):
            return self._of_helper(helper, text_of(record, "type"), data)
        match text_of(record, "type"):
            case "session.start" | "session.resume":
                return self._begun(data)
            case "user.message":
                said = text_of(data, "content")
                return [*self.facts(prompt=said), *self.started(said)]
            case "assistant.turn_start":
                return self.went_on()
            case "assistant.message":
                return self._answered(data)
            case "tool.execution_start":
                return self._call_started(data)
            case "tool.execution_complete":
                return self._call_ended(data)
            case "permission.requested":
                return self._asked(text_of(data, "requestId"), object_of(data, "permissionRequest"))
            case "permission.completed":
                return self._permission_over(data)
            case "assistant.turn_end" if self._has_words and self.in_turn:
                return self.finished()
            case "session.error":
                return [*self.went_on(), *self.finished(Ending.FAILED, text_of(data, "message"))]
            case "abort":
                return self.finished(Ending.INTERRUPTED)
            case "session.title_changed":
                return self.facts(title=text_of(data, "title"))
            case kind:
                return [] if kind.partition(".")[0] in _FAMILIES else self.unknown()

    def _of_helper(self, helper: str, kind: str, data: Mapping[str, object]) -> list[Event]:
        """What a subagent's record means to its parent, whose prompt, words and end of turn it is not."""
        match kind:
            case "subagent.started":
                role = text.one_line(text_of(data, "agentName"), 60) or "subagent"
                self._helpers[helper] = role
                model = text.one_line(text_of(data, "model"), 60)
                return [*self.went_on(), SubagentStarted(self.session, helper, role, self.at, model)]
            case "subagent.completed" | "subagent.failed":
                self._helpers.pop(helper, "")
                return [SubagentStopped(self.session, helper, self.at)]
            case "tool.execution_start":
                return self._call_started(data)
            case "tool.execution_complete":
                return self._call_ended(data)
            case "permission.requested":
                return self._asked(text_of(data, "requestId"), object_of(data, "permissionRequest"), helper)
            case "permission.completed":
                return self._permission_over(data)
            case _:
                return [] if kind.partition(".")[0] in _FAMILIES else self.unknown()

    def _permission_over(self, data: Mapping[str, object]) -> list[Event]:
        how = text_of(object_of(data, "result"), "kind") or "answered"
        return self.ended_asking(text_of(data, "requestId"), how)

    def begins_turn(self, line: bytes) -> bool:
        """Whether it is a prompt itself, and not one of a subagent's."""
        record = parse_object(line) or {}
        return text_of(record, "type") == "user.message" and not text_of(record, "agentId")

    def _begun(self, data: Mapping[str, object]) -> list[Event]:
        context = object_of(data, "context")
        evidence = Evidence(Source.TRANSCRIPT, Claim.RESTING, self.at, _NO_PROMPT_YET)
        return [
            *self.facts(
                cwd=text_of(context, "cwd"),
                branch=text_of(context, "branch"),
                version=text_of(data, "copilotVersion"),
                model=text_of(data, "selectedModel"),
            ),
            EvidenceGiven(self.session, evidence),
        ]

    def _answered(self, data: Mapping[str, object]) -> list[Event]:
        said = text_of(data, "content")
        self._has_words = not objects_of(data, "toolRequests") and bool(said.strip())
        if said.strip():
            self.words = said
        return [*self.facts(model=text_of(data, "model")), *self.went_on()]

    def _call_started(self, data: Mapping[str, object]) -> list[Event]:
        call, tool, given = text_of(data, "toolCallId"), text_of(data, "toolName"), object_of(data, "arguments")
        if not call or not tool:
            return []
        self._calls = {**dict(list(self._calls.items())[-63:]), call: (tool, given)}
        does = tool_calls.activity(_SHARED_NAMES.get(tool, tool), given, self._told.get("cwd", ""))
        known = ToolCall(call, tool, tool_calls.call_key(tool, given), self.at)
        events = [*self.went_on(), ToolCallStarted(self.session, known), ActivitySeen(self.session, self.at, does)]
        return [*events, *self._asked_in_words(call, given)] if tool == _ASKING_TOOL else events

    def _call_ended(self, data: Mapping[str, object]) -> list[Event]:
        call = text_of(data, "toolCallId")
        tool, given = self._calls.pop(call, ("", {}))
        events: list[Event] = [ToolCallEnded(self.session, call, self.at, data.get("success") is False)]
        if tool == _ASKING_TOOL:
            events += self.ended_asking(call, "answered")
        path = text_of(given, "path")
        if tool in _WRITING_TOOLS and path and data.get("success") is True:
            events.append(FilesChanged(self.session, self.at, (path,)))
        return events

    def _asked_in_words(self, call: str, given: Mapping[str, object]) -> list[Event]:
        questions = _questions(given)
        shown = "\n\n".join(each.text for each in questions) or tool_calls.pretty(given)
        return self.asked(call, shown, "asks a question", WHY_NOT, tool=_ASKING_TOOL, questions=questions)

    def _asked(self, request: str, wanted: Mapping[str, object], helper: str = "") -> list[Event]:
        if not request:
            return []
        kind = text_of(wanted, "kind")
        match kind:
            case "shell":
                shown, summary = text_of(wanted, "fullCommandText"), "wants to run a command"
            case "write":
                path, difference = text_of(wanted, "fileName"), text_of(wanted, "diff")
                shown, summary = f"{path}\n\n{difference}" if difference else path, "wants to change a file"
            case _:
                shown, summary = tool_calls.pretty(wanted), f"wants leave for {text.one_line(kind, 40) or 'something'}"
        tool, given = self._calls.get(text_of(wanted, "toolCallId"), (kind, {}))
        asked = self.asked(
            request,
            shown,
            summary,
            WHY_NOT,
            tool=tool,
            writes=text_of(wanted, "fileName") if kind == "write" else "",
            call_key=tool_calls.call_key(tool, given),
            subagent=self._helpers.get(helper, "subagent") if helper else "",
            subagent_id=helper,
        )
        return [*self.went_on(), *asked]


def _questions(given: Mapping[str, object]) -> tuple[Question, ...]:
    """A form of fields, of which the first has the words above them all."""
    said = text_of(given, "message")
    fields = object_of(object_of(given, "requestedSchema"), "properties")
    read: list[Question] = []
    for name in fields:
        field = object_of(fields, name)
        title, options = text_of(field, "title") or name, field.get("enum")
        named = [text_of(option, "title") or text_of(option, "const") for option in objects_of(field, "oneOf")]
        labels = [each for each in options if isinstance(each, str)] if isinstance(options, list) else named
        about = "\n".join(part for part in (said if not read else "", title, text_of(field, "description")) if part)
        read.append(Question(about, title, tuple(Choice(label) for label in labels if label)))
    return tuple(read) or ((Question(said),) if said else ())


# --- processes -------------------------------------------------------------------------------------------------------


# fmt: off
_COMMANDS = frozenset({
    "app", "completion", "config", "help", "init", "instruction", "login", "logout", "lsp", "mcp", "memories",
    "plugin", "sandbox", "sessions", "skill", "update", "version", "workflow",
})
# fmt: on
PROGRAM = Program(
    names=frozenset({"copilot"}),  # the native program, not the script that starts it
    commands=_COMMANDS,
    passing=frozenset({"--version", "-v", "--help", "-h"}),
    headless=frozenset({"-p", "--prompt", "--acp"}),
)

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"copilot"}),
    tried_with=("1.0.102",),
    default_home="~/.copilot",
    home_variable=HOME_VARIABLE,
    transcript_dir="session-state",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=PROGRAM.is_session,
    native_of_open_file=native_of_open_file,
    resume_words=("copilot", "--resume"),
    is_headless=PROGRAM.is_headless,
    interrupt_keys=("C-c",),  # Esc leaves its turn running, twice it edits the prompt
    means=(
        Means(Ability.SEE, "process and log"),
        Means(Ability.KNOW_IT_WAITS, "log"),
        Means(Ability.KNOW_WHAT_IT_ASKS, "log"),
        Means(Ability.ALLOW, why_not="Its hook is asked before its own rules: every call would wait for you."),
        Means(Ability.DENY, why_not="Its hook is asked before its own rules: every call would wait for you."),
        Means(Ability.ANSWER, why_not="Nothing but its terminal takes an answer."),
        Means(Ability.PROMPT, why_not="Its input line cannot be told from the prompts that stand above it."),
        Means(Ability.INTERRUPT, "terminal"),
        Means(Ability.JUMP, "terminal"),
    ),
)
