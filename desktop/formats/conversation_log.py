"""A conversation log, read record by record: turns, tool calls, names.

Knows the records of agents that write one JSON object a line with ``type``, ``message`` and content blocks. Opens
nothing and asks no clock; a record that nobody knows means nothing.
"""

import re

import msgspec

from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Ending, NameSource
from desktop.formats import conversation_records, conversation_tail, text, tool_calls
from desktop.formats.conversation_records import TITLES, Block, Message, Record
from desktop.formats.foreign_json import BAD_JSON, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso
from desktop.formats.unread_call import UnreadCall

_LOCAL_COMMANDS = ("<command-name>", "<local-command", "<bash-", "Caveat:")
_COMMAND = re.compile(r"<command-name>([^<]{1,200})</command-name>(?:\s*<command-args>([^<]*)</command-args>)?")
_INTERRUPTED = "[Request interrupted by user"
_REFUSED = b"\"The user doesn't want to proceed"
_TASK_ENDED = "<task-notification>"
_TASK_ID = re.compile(r"<task-id>([A-Za-z0-9_-]{1,80})</task-id>")
_FINAL = frozenset({"end_turn", "refusal"})
_OPEN_CALLS = 256  # remembered; far more than one message ever holds


class ConversationLog(LineLog):
    """Reads one conversation, record by record."""

    def __init__(self, session: SessionId, agent: AgentKind, machine_marks: tuple[str, ...] = ()) -> None:
        super().__init__(session, agent)
        self._machine_marks = machine_marks  # a prompt that begins so was not typed by a person
        self._title_rank = -1
        self._calls: dict[str, tuple[str, tool_calls.Input]] = {}  # tool, what is shown of its input
        self._reads = 0  # read calls in a row
        self._final_message = ""  # the one whose text ended the turn; it may have several pieces
        self._gathers = False  # facts are kept for one record at the end

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        if conversation_records.means_nothing(line):
            return []
        try:
            return self._translate(conversation_records.decode(line))
        except BAD_JSON:
            self._skipped += 1
            return []

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log; None when it reaches not back to the start of a turn and more can be had."""
        choice = conversation_tail.choose(log, _begins_turn, top)
        if not (choice.has_begin or is_last_try):
            return None
        self._gathers = True
        events: list[Event] = []
        for item in choice.lines:
            if not item:
                continue
            try:
                events += self._translate(conversation_records.decode(item) if isinstance(item, bytes) else item)
            except BAD_JSON:
                self._skipped += 1
        self._gathers = False
        if choice.ended:
            events = [
                event
                for event in events
                if not isinstance(event, ToolCallStarted) or event.call.id.encode() not in choice.ended
            ]
        return [*self._gathered(), *events]

    def _translate(self, record: Record) -> list[Event]:
        if record.is_sidechain:
            return []
        self.at = from_iso(record.timestamp) or self.at
        match record.type:
            case "user":
                return [*self._described(record), *self._user(record)]
            case "assistant":
                return [*self._described(record), *self._assistant(record)]
            case "system":
                return self._system(record)
            case "queue-operation":
                return self._task_ended(record.content or "")
            case "last-prompt":
                return self._named(NameSource.PROMPT, record.last_prompt)
            case "custom-title" | "agent-name" | "ai-title" | "summary":
                return self._titled(record)
            case _:
                return []

    # -- facts

    def _described(self, record: Record) -> list[Event]:
        told = self._told
        model = record.message.model if record.message else None
        cwd = record.cwd if record.cwd and record.cwd != told.get("cwd") else None
        branch = record.git_branch if record.git_branch and record.git_branch != told.get("branch") else None
        version = record.version if record.version and record.version != told.get("version") else None
        if not model or model == told.get("model") or model.startswith("<"):
            model = None
        if cwd is None and branch is None and version is None and model is None:
            return []
        for key, value in (("cwd", cwd), ("branch", branch), ("version", version), ("model", model)):
            if value is not None:
                told[key] = value
        if self._gathers:
            return []
        return [
            SessionDescribed(self.session, self.agent, self.at, cwd=cwd, branch=branch, version=version, model=model)
        ]

    def _gathered(self) -> list[Event]:
        """All facts told while they were gathered, the newest of each."""
        told = self._told
        if not told:
            return []
        names = [(source, told[source]) for source in (NameSource.TITLE, NameSource.PROMPT) if source in told]
        facts: list[Event] = [
            SessionDescribed(
                self.session,
                self.agent,
                self.at,
                cwd=told.get("cwd"),
                branch=told.get("branch"),
                version=told.get("version"),
                model=told.get("model"),
                name=names[0] if names else None,
            )
        ]
        facts += [SessionDescribed(self.session, self.agent, self.at, name=name) for name in names[1:]]
        return facts

    def _titled(self, record: Record) -> list[Event]:
        rank = TITLES.index(record.type)
        title = record.custom_title or record.agent_name or record.ai_title or record.summary
        if rank < self._title_rank or not title:
            return []
        self._title_rank = rank
        return self._named(NameSource.TITLE, title)

    def _named(self, source: NameSource, name: str | None) -> list[Event]:
        line = text.one_line(name or "")
        if not line or self._told.get(source) == line:
            return []
        self._told[source] = line
        if self._gathers:
            return []
        return [SessionDescribed(self.session, self.agent, self.at, name=(source, line))]

    # -- turns

    def _started(self, prompt: str = "") -> list[Event]:
        self.in_turn, self._is_decided, self._reads, self.words = True, True, 0, ""
        self._calls.clear()
        return [TurnStarted(self.session, self.at, prompt)]

    def _finished(self, ending: Ending = Ending.FINISHED, error: str = "") -> list[Event]:
        self.in_turn = False
        return [TurnFinished(self.session, self.at, ending, error, self.words)]

    def _user(self, record: Record) -> list[Event]:
        if record.is_compact_summary or record.message is None:
            return []
        content = record.message.content
        if isinstance(content, str):
            return self._said(record, content)
        results = [block for block in content if block.type == "tool_result" and block.tool_use_id]
        if results:
            # A result that comes after the end of the turn belongs to what was broken off.
            events = self.went_on() if self.in_turn is None else []
            for block in results:
                events += self._call_ended(block, record)
            return events
        return self._said(record, _text_of(content))

    def _said(self, record: Record, said: str) -> list[Event]:
        if said.startswith(_INTERRUPTED):
            self._calls.clear()
            return self._finished(Ending.INTERRUPTED)
        if not _is_said(record, said):
            return []
        origin = record.origin.kind if record.origin else None
        is_typed = not record.is_meta and origin in (None, "human") and not said.startswith(self._machine_marks)
        return [*self._task_ended(said), *self._started(text.one_line(_as_typed(said)) if is_typed else "")]

    def _assistant(self, record: Record) -> list[Event]:
        if record.message is None or isinstance(record.message.content, str):
            return []
        events: list[Event] = []
        for block in record.message.content:
            if block.type == "text" and block.text:
                events += self._spoke(record, record.message, block.text)
            elif block.type == "tool_use" and block.id and block.name:
                events += [*self.went_on(), *self._call_started(block.id, block.name, block.input)]
            elif block.type == "thinking" and record.message.stop_reason not in _FINAL:
                events += [*self.went_on(), ActivitySeen(self.session, self.at, "thinking")]
        return events

    def _spoke(self, record: Record, message: Message, words: str) -> list[Event]:
        is_made_up = message.model == "<synthetic>"
        if record.is_api_error_message or (is_made_up and words.startswith("API Error")):
            return [*self.went_on(), *self._finished(Ending.FAILED, text.one_line(words, 500))]
        if is_made_up:
            return []  # the agent's own filler
        self.words = text.clean(words)
        if message.stop_reason in _FINAL and message.id is not None and message.id == self._final_message:
            return self._finished()
        if message.stop_reason in _FINAL:
            self._final_message = message.id or ""
            return [*self.went_on(), *self._finished()]
        return [*self.went_on(), ActivitySeen(self.session, self.at, text.one_line(words))]

    def _system(self, record: Record) -> list[Event]:
        match record.subtype:
            case "turn_duration" if self.in_turn is not False:
                return self._finished()
            case "api_error":
                return [ActivitySeen(self.session, self.at, "trying again: the model's server gave an error")]
            case "compact_boundary":
                return [ActivitySeen(self.session, self.at, "compacted the conversation")]
            case _:
                return []

    # -- tool calls

    def _call_started(self, call: str, tool: str, raw: msgspec.Raw) -> list[Event]:
        given = tool_calls.shown(raw)
        if len(self._calls) >= _OPEN_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = (tool, given)
        self._reads = self._reads + 1 if tool == "Read" else 0
        does = tool_calls.activity(tool, given, self._told.get("cwd", ""), self._reads)
        return [
            ToolCallStarted(self.session, UnreadCall(self.session, call, tool, bytes(raw), self.at)),
            ActivitySeen(self.session, self.at, does),
        ]

    def _call_ended(self, block: Block, record: Record) -> list[Event]:
        call = block.tool_use_id or ""
        tool, given = self._calls.pop(call, ("", {}))
        path = tool_calls.written_path(tool, given)
        is_denied = bool(block.is_error) and (
            record.tool_denial_kind is not None or bytes(block.content).startswith(_REFUSED)
        )
        events: list[Event] = [ToolCallEnded(self.session, call, self.at, is_denied)]
        is_plan = bool(record.slug) and path.endswith(f"/plans/{record.slug}.md")  # the agent's own notebook
        if path and not block.is_error and not is_plan:
            events.append(FilesChanged(self.session, self.at, (path,)))
        in_full = bytes(record.tool_use_result)
        launched = (parse_object(in_full) or {}) if b'"async_launched"' in in_full else {}
        if helper := text_of(launched, "agentId"):
            role = text.one_line(text_of(given, "subagent_type") or text_of(given, "description"), 60)
            # Older versions tell only what was wished for, if anything was.
            model = text.one_line(text_of(launched, "resolvedModel") or text_of(given, "model"), 60)
            events.append(SubagentStarted(self.session, helper, role or "subagent", self.at, model))
        return events

    def _task_ended(self, said: str) -> list[Event]:
        """A background task's end; that of a shell is no subagent's and is told all the same."""
        task = _TASK_ID.search(said, 0, 1000) if said.startswith(_TASK_ENDED) else None
        return [SubagentStopped(self.session, task[1], self.at)] if task else []


def _begins_turn(record: Record) -> bool:
    """Whether a record gives the agent the floor."""
    if record.type != "user" or record.is_sidechain or record.is_compact_summary or record.message is None:
        return False
    content = record.message.content
    if not isinstance(content, str):
        if any(block.type == "tool_result" and block.tool_use_id for block in content):
            return False
        content = _text_of(content)
    return not content.startswith(_INTERRUPTED) and _is_said(record, content)


def _is_said(record: Record, said: str) -> bool:
    """Whether this is said to the agent for it to act on."""
    origin = record.origin.kind if record.origin else None
    if record.is_meta and origin is None and not said.startswith("Stop hook feedback"):
        return False  # a reminder to the model
    return not (record.prompt_source is None and origin is None and said.startswith(_LOCAL_COMMANDS))


def _text_of(content: list[Block]) -> str:
    return "\n".join(block.text for block in content if block.type == "text" and block.text)


def _as_typed(said: str) -> str:
    """A command of the person's own is on record in tags: put it back as it was typed."""
    command = _COMMAND.search(said, 0, 4000) if said.startswith("<command-message>") else None
    return f"{command[1]} {command[2] or ''}".strip() if command else said
