"""A conversation log, read record by record: turns, tool calls, names.

Knows the records of agents that write one JSON object a line with ``type``, ``message`` and content blocks. Opens
nothing and asks no clock; a record that nobody knows means nothing.
"""

import hashlib
import re
from datetime import UTC, datetime

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
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.requests import Request
from desktop.domain.session import Ending, NameSource, ToolCall
from desktop.formats import conversation_records, text, tool_calls
from desktop.formats.conversation_records import TITLES, Block, Message, Record
from desktop.formats.foreign_json import BAD_JSON, parse_object, text_of

BEFORE_ALL = datetime.fromtimestamp(0, UTC)  # for records without a time, before any that has one

_LOCAL_COMMANDS = ("<command-name>", "<local-command", "<bash-", "Caveat:")
_COMMAND = re.compile(r"<command-name>([^<]{1,200})</command-name>(?:\s*<command-args>([^<]*)</command-args>)?")
_INTERRUPTED = "[Request interrupted by user"
_REFUSED = b"\"The user doesn't want to proceed"
_TASK_ENDED = "<task-notification>"
_TASK_ID = re.compile(r"<task-id>([A-Za-z0-9_-]{1,80})</task-id>")
_FINAL = frozenset({"end_turn", "refusal"})
_OPEN_CALLS = 256  # remembered; far more than one message ever holds
_WHY_NOT = "Answer in its own terminal; once its hook is connected, the next request can be answered here."


class ConversationLog:
    """Reads one conversation, record by record."""

    def __init__(self, session: SessionId, agent: AgentKind, machine_marks: tuple[str, ...] = ()) -> None:
        self._session = session
        self._agent = agent
        self._machine_marks = machine_marks  # a prompt that begins so was not typed by a person
        self._at = BEFORE_ALL  # of the newest record with a time
        self._told: dict[str, str] = {}  # facts already passed on
        self._title_rank = -1
        self._calls: dict[str, tuple[str, str, str]] = {}  # tool, path it writes, role of the subagent it starts
        self._words = ""  # the agent's last ones
        self._reads = 0  # read calls in a row
        self._in_turn: bool | None = None  # None until a record tells
        self._final_message = ""  # the one whose text ended the turn; it may have several pieces
        self._is_decided = False
        self._skipped = 0

    @property
    def is_decided(self) -> bool:
        """Whether the start of the last turn was seen, and with it all that the turn changed."""
        return self._is_decided

    @property
    def skipped(self) -> int:
        """How many lines could not be read."""
        return self._skipped

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        if conversation_records.means_nothing(line):
            return []
        try:
            return self._translate(conversation_records.decode(line))
        except BAD_JSON:
            self._skipped += 1
            return []

    def _translate(self, record: Record) -> list[Event]:
        if record.is_sidechain:
            return []
        self._at = _from_iso(record.timestamp) or self._at
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
        model = record.message.model if record.message else None
        facts = {
            "cwd": record.cwd,
            "branch": record.git_branch,
            "version": record.version,
            "model": model if model and not model.startswith("<") else None,
        }
        news = {key: value for key, value in facts.items() if value and self._told.get(key) != value}
        if not news:
            return []
        self._told |= news
        return [
            SessionDescribed(
                self._session,
                self._agent,
                self._at,
                cwd=news.get("cwd"),
                branch=news.get("branch"),
                version=news.get("version"),
                model=news.get("model"),
            )
        ]

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
        return [SessionDescribed(self._session, self._agent, self._at, name=(source, line))]

    # -- turns

    def _started(self, prompt: str = "") -> list[Event]:
        self._in_turn, self._is_decided, self._reads, self._words = True, True, 0, ""
        self._calls.clear()
        return [TurnStarted(self._session, self._at, prompt)]

    def _went_on(self) -> list[Event]:
        """The agent works without a prompt that we saw: the tail begins inside its turn, or it went on by itself."""
        if self._in_turn:
            return []
        self._in_turn = True
        return [TurnStarted(self._session, self._at)]

    def _finished(self, ending: Ending = Ending.FINISHED, error: str = "") -> list[Event]:
        self._in_turn = False
        return [TurnFinished(self._session, self._at, ending, error, self._words)]

    def _user(self, record: Record) -> list[Event]:
        if record.is_compact_summary or record.message is None:
            return []
        content = record.message.content
        if isinstance(content, str):
            return self._said(record, content)
        results = [block for block in content if block.type == "tool_result" and block.tool_use_id]
        if results:
            # A result that comes after the end of the turn belongs to what was broken off.
            events = self._went_on() if self._in_turn is None else []
            for block in results:
                events += self._call_ended(block, record)
            return events
        return self._said(record, "\n".join(block.text for block in content if block.type == "text" and block.text))

    def _said(self, record: Record, said: str) -> list[Event]:
        if said.startswith(_INTERRUPTED):
            self._calls.clear()
            return self._finished(Ending.INTERRUPTED)
        origin = record.origin.kind if record.origin else None
        if record.is_meta and origin is None and not said.startswith("Stop hook feedback"):
            return []  # a reminder to the model
        if record.prompt_source is None and origin is None and said.startswith(_LOCAL_COMMANDS):
            return []
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
                events += [*self._went_on(), *self._call_started(block.id, block.name, block.input)]
            elif block.type == "thinking" and record.message.stop_reason not in _FINAL:
                events += [*self._went_on(), ActivitySeen(self._session, self._at, "thinking")]
        return events

    def _spoke(self, record: Record, message: Message, words: str) -> list[Event]:
        is_made_up = message.model == "<synthetic>"
        if record.is_api_error_message or (is_made_up and words.startswith("API Error")):
            return [*self._went_on(), *self._finished(Ending.FAILED, text.one_line(words, 500))]
        if is_made_up:
            return []  # the agent's own filler
        self._words = text.clean(words)
        if message.stop_reason in _FINAL and message.id is not None and message.id == self._final_message:
            return self._finished()
        if message.stop_reason in _FINAL:
            self._final_message = message.id or ""
            return [*self._went_on(), *self._finished()]
        return [*self._went_on(), ActivitySeen(self._session, self._at, text.one_line(words))]

    def _system(self, record: Record) -> list[Event]:
        match record.subtype:
            case "turn_duration" if self._in_turn is not False:
                return self._finished()
            case "api_error":
                return [ActivitySeen(self._session, self._at, "trying again: the model's server gave an error")]
            case "compact_boundary":
                return [ActivitySeen(self._session, self._at, "compacted the conversation")]
            case _:
                return []

    # -- tool calls

    def _call_started(self, call: str, tool: str, raw: msgspec.Raw) -> list[Event]:
        given = parse_object(bytes(raw))
        if given is None:
            given = {"input": text.decode(bytes(raw))}  # no input of any tool, and shown all the same
        key = tool_calls.call_key(tool, given)
        use = tool_calls.describe(tool, given)
        draft = Request(
            id=_request_id(self._session, call),
            session=self._session,
            kind=use.kind,
            opened_at=self._at,
            tool=tool,
            text=use.text,
            summary=use.summary,
            questions=use.questions,
            digest=hashlib.sha256(key.encode()).hexdigest(),
            call_key=key,
            why_not=_WHY_NOT,
        )
        role = text.one_line(text_of(given, "subagent_type") or text_of(given, "description"), 60)
        if len(self._calls) >= _OPEN_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = (tool, tool_calls.written_path(tool, given), role)
        self._reads = self._reads + 1 if tool == "Read" else 0
        does = tool_calls.activity(tool, given, self._told.get("cwd", ""), self._reads)
        return [
            ToolCallStarted(self._session, ToolCall(call, tool, key, self._at, draft)),
            ActivitySeen(self._session, self._at, does),
        ]

    def _call_ended(self, block: Block, record: Record) -> list[Event]:
        call = block.tool_use_id or ""
        _, path, role = self._calls.pop(call, ("", "", ""))
        is_denied = bool(block.is_error) and (
            record.tool_denial_kind is not None or bytes(block.content).startswith(_REFUSED)
        )
        events: list[Event] = [ToolCallEnded(self._session, call, self._at, is_denied)]
        is_plan = bool(record.slug) and path.endswith(f"/plans/{record.slug}.md")  # the agent's own notebook
        if path and not block.is_error and not is_plan:
            events.append(FilesChanged(self._session, self._at, (path,)))
        if b'"async_launched"' in bytes(record.tool_use_result):
            helper = text_of(parse_object(bytes(record.tool_use_result)) or {}, "agentId")
            if helper:
                events.append(SubagentStarted(self._session, helper, role or "subagent", self._at))
        return events

    def _task_ended(self, said: str) -> list[Event]:
        """A background task's end; that of a shell is no subagent's and is told all the same."""
        task = _TASK_ID.search(said, 0, 1000) if said.startswith(_TASK_ENDED) else None
        return [SubagentStopped(self._session, task[1], self._at)] if task else []


def _as_typed(said: str) -> str:
    """A command of the person's own is on record in tags: put it back as it was typed."""
    command = _COMMAND.search(said, 0, 4000) if said.startswith("<command-message>") else None
    return f"{command[1]} {command[2] or ''}".strip() if command else said


def _request_id(session: SessionId, call: str) -> RequestId:
    return RequestId("call-" + hashlib.sha256(f"{session}\0{call}".encode("utf-8", "replace")).hexdigest()[:32])


def _from_iso(stamp: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
