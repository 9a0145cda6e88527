"""Kimi Code: its process and its log, which tells all that it does and asks.

Its hooks may refuse and not allow: it is answered in its terminal. What a subagent of it asks stands in a log of that
subagent alone, which is not read. Opens no file, starts no thread, asks no clock.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from desktop.domain.agent import Ability, Agent, LogHead, Means, TranscriptReader
from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Ending, ToolCall
from desktop.formats import hook_payload, text, tool_calls
from desktop.formats.command_line import Program, file_name
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_ms

KIND = AgentKind("kimi-code")
LABEL = "Kimi Code"
WHY_NOT = f"{LABEL} takes the answer in its own terminal only."
# What comes before the point in the names of records; most of them tell nothing of use.
# fmt: off
_FAMILIES = frozenset({
    "agent", "compaction", "config", "context", "cron", "file_history", "goal", "interaction", "llm", "mcp", "metadata",
    "permission", "plan", "plugin", "profile", "prompt", "runtime", "skill", "subagent", "swarm", "task", "todo",
    "token_counting", "tools", "turn", "usage",
})
# fmt: on
_ENDINGS = {"failed": Ending.FAILED, "cancelled": Ending.INTERRUPTED}
_REJECTED = "was not run because the user rejected"
_WRITING_TOOLS = frozenset({"Write", "Edit"})
_OF_A_COMMAND = frozenset({"kind", "command", "cwd", "description", "language"})
_OF_A_WRITE = frozenset({"kind", "operation", "path", "content"})

# --- the log: sessions/<directory>/<session>/agents/main/wire.jsonl --------------------------------------------------

_MOST_LETTERS = 40


def _folder(home: str, cwd: str) -> str:
    """The folder of a directory's conversations: named after it, and after the hash of its path."""
    path = cwd.replace("\\", "/").rstrip("/")
    slug = re.sub(r"[^a-z0-9._-]+", "-", path.rpartition("/")[2].lower()).strip("-")[:_MOST_LETTERS].strip("-")
    named = "workspace" if slug in ("", ".", "..") else slug
    return f"{home}/sessions/wd_{named}_{hashlib.sha256(path.encode('utf-8', 'replace')).hexdigest()[:12]}"


def log_dirs(home: str, cwd: str, _now: datetime) -> list[str]:
    """A folder for each conversation, in that of its directory."""
    return [f"{_folder(home, cwd)}/*/agents/main"]


def read_log_head(head: bytes, path: str) -> LogHead | None:
    """The conversation is named by its folder; its log begins with its first prompt."""
    above = path.replace("\\", "/").split("/")[:-3]
    native = above[-1] if above else ""
    first = parse_object(head.partition(b"\n")[0])
    if first is None or not hook_payload.is_plain_id(native):
        return None
    return LogHead(native, None, from_ms(first.get("created_at")))  # its folder is that of one directory alone


def transcript_paths(home: str, native: str, cwd: str) -> list[str]:
    """Where the log of a conversation is."""
    if not hook_payload.is_plain_id(native) or not cwd:
        return []
    return [f"{_folder(home, cwd)}/{native}/agents/main/wire.jsonl"]


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return _WireLog(session, KIND)


class _WireLog(LineLog):
    """Records, each with its time in ms."""

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._calls: dict[str, tuple[str, str]] = {}  # tool and the file that it writes, by call

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        self.at = from_ms(record.get("time")) or self.at
        match text_of(record, "type"):
            case "profile.bind":
                return self.facts(model=text_of(record, "modelAlias"))
            case "turn.prompt":
                return self._prompted(record)
            case "context.append_loop_event":
                return self._went_through(object_of(record, "event"))
            case "interaction.request":
                return self._asked(text_of(record, "id"), text_of(record, "kind"), object_of(record, "request"))
            case "interaction.resolved":
                how = text_of(object_of(record, "response"), "decision") or "answered"
                return self.ended_asking(text_of(record, "id"), how)
            case "subagent.spawned":
                return self._helped(record)
            case "subagent.completed" | "subagent.failed" | "subagent.stopped" | "subagent.cancelled":
                helper = text_of(record, "subagentId")
                return [SubagentStopped(self.session, helper, self.at)] if helper else []
            case "turn.ended":
                ending = _ENDINGS.get(text_of(record, "reason"), Ending.FINISHED)
                error = text_of(object_of(record, "error"), "message") if ending is Ending.FAILED else ""
                return self.finished(ending, error)
            case kind:
                return [] if kind.partition(".")[0] in _FAMILIES else self.unknown()

    def _prompted(self, record: Mapping[str, object]) -> list[Event]:
        if text_of(object_of(record, "origin"), "kind") != "user":
            return self.started()  # a task of its own, or what it has planned
        said = "\n".join(text_of(part, "text") for part in objects_of(record, "input") if text_of(part, "text"))
        return [*self.facts(prompt=said), *self.started(said)]

    def _went_through(self, event: Mapping[str, object]) -> list[Event]:
        match text_of(event, "type"):
            case "step.begin":
                return self.went_on()
            case "content.part":
                part = object_of(event, "part")
                if text_of(part, "type") == "text":
                    self.words = text_of(part, "text") or self.words
                return self.went_on()
            case "tool.call":
                return self._call_started(event)
            case "tool.result":
                return self._call_ended(text_of(event, "toolCallId"), object_of(event, "result"))
            case _:
                return []

    def _call_started(self, event: Mapping[str, object]) -> list[Event]:
        call, tool, given = text_of(event, "toolCallId"), text_of(event, "name"), object_of(event, "args")
        if not call or not tool:
            return []
        path = text_of(object_of(event, "display"), "path") or text_of(given, "path")
        self._calls = {**dict(list(self._calls.items())[-63:]), call: (tool, path)}
        known = ToolCall(call, tool, tool_calls.call_key(tool, given), self.at)
        shown = {**given, "file_path": path} if path else given
        does = tool_calls.activity(tool, shown, self._told.get("cwd", ""))
        return [*self.went_on(), ToolCallStarted(self.session, known), ActivitySeen(self.session, self.at, does)]

    def _call_ended(self, call: str, result: Mapping[str, object]) -> list[Event]:
        tool, path = self._calls.pop(call, ("", ""))
        has_failed = result.get("isError") is True
        is_denied = has_failed and _REJECTED in text_of(result, "output")
        events: list[Event] = [ToolCallEnded(self.session, call, self.at, is_denied)]
        if tool in _WRITING_TOOLS and path and not has_failed:
            events.append(FilesChanged(self.session, self.at, (path,)))
        return events

    def _helped(self, record: Mapping[str, object]) -> list[Event]:
        helper, role = text_of(record, "subagentId"), text.one_line(text_of(record, "subagentName"), 60)
        if not helper:
            return []
        model = text.one_line(text_of(record, "model"), 60)
        return [*self.went_on(), SubagentStarted(self.session, helper, role or "subagent", self.at, model)]

    def _asked(self, named: str, kind: str, wanted: Mapping[str, object]) -> list[Event]:
        if not named:
            return []
        if kind == "question":
            questions = tool_calls.questions(wanted)
            shown = "\n\n".join(each.text for each in questions) or tool_calls.pretty(wanted)
            asked = self.asked(named, shown, "asks a question", WHY_NOT, tool=kind, questions=questions)
            return [*self.went_on(), *asked]
        tool, display = text_of(wanted, "toolName"), object_of(wanted, "display")
        shown, summary = _shown(display or wanted)
        writes = text_of(display, "path") if tool in _WRITING_TOOLS else ""
        named_tool = tool or text.one_line(kind, 40)
        return [*self.went_on(), *self.asked(named, shown, summary, WHY_NOT, tool=named_tool, writes=writes)]


def _shown(display: Mapping[str, object]) -> tuple[str, str]:
    """All that it shows of what it wants, and that in our words."""
    match display:
        case {"kind": "command", "command": str(command)} if display.keys() <= _OF_A_COMMAND:
            return command, "wants to run a command"
        case {"kind": "file_io", "path": str(path), "content": str(content)} if display.keys() <= _OF_A_WRITE:
            return f"{path}\n\n{content}", "wants to write a file"
        case {"kind": "file_io"}:
            return tool_calls.pretty(display), "wants to change a file"
        case _:
            kind = text.one_line(text_of(display, "kind"), 40).replace("_", " ")
            return tool_calls.pretty(display), f"wants leave for {kind or 'something'}"


# --- processes -------------------------------------------------------------------------------------------------------

# fmt: off
_COMMANDS = frozenset({
    "acp", "doctor", "export", "fork", "install-desktop", "login", "migrate", "provider", "rc", "remote", "server",
    "session", "update", "upgrade", "vis", "web",
})
# fmt: on
# Once it runs it is named after itself, and its words are gone.
PROGRAM = Program(
    scripts=("/kimi", "/kimi-code/dist/main.mjs"),
    commands=_COMMANDS,
    passing=frozenset({"--version", "-V", "--help", "-h"}),
    headless=frozenset({"-p", "--prompt", "acp"}),
)


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation: a script of node, or named after itself once it runs."""
    return file_name(argv[0] if argv else "").strip() == "kimi-code" or PROGRAM.is_session(exe, argv)


_HOOKS_REFUSE = "Its hooks may refuse and not allow, and are asked before anybody knows whether it asks."
_OF_SUBAGENTS = "Of its subagents it is guessed after a while: what they ask stands in logs of their own."

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"kimi"}),
    tried_with=("2.1.0",),
    default_home="~/.kimi-code",
    home_variable="KIMI_CODE_HOME",
    transcript_dir="sessions",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=is_session_process,
    resume_words=("kimi", "-r"),
    is_headless=PROGRAM.is_headless,
    # Its dialogs stand where the input line was, and show none.
    prompt_marks=("│ > ",),
    interrupt_keys=("Escape",),
    log_dirs=log_dirs,
    log_names="wire.jsonl",
    read_log_head=read_log_head,
    means=(
        Means(Ability.SEE, "process and log"),
        Means(Ability.KNOW_IT_WAITS, "log", _OF_SUBAGENTS),
        Means(Ability.KNOW_WHAT_IT_ASKS, "log", _OF_SUBAGENTS),
        Means(Ability.ALLOW, why_not=_HOOKS_REFUSE),
        Means(Ability.DENY, why_not=_HOOKS_REFUSE),
        Means(Ability.ANSWER, why_not="Nothing but its terminal takes an answer."),
        Means(Ability.PROMPT, "terminal"),
        Means(Ability.INTERRUPT, "terminal"),
        Means(Ability.JUMP, "terminal"),
    ),
)
