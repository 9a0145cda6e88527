"""The log of Gemini CLI: tmp/<slug>/chats/session-<time>-<id>.jsonl. Opens no file, starts no thread, asks no clock."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from desktop.agents.gemini_cli_calls import KIND, NO_PROMPT_YET, WRITING_TOOLS, activity_of, key_of
from desktop.domain.agent import LogHead, TranscriptReader
from desktop.domain.events import ActivitySeen, Event, EvidenceGiven, FilesChanged, ToolCallEnded
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Claim, Ending, Evidence, Source
from desktop.formats import hook_payload
from desktop.formats.foreign_json import object_of, objects_of, parse_object, text_of
from desktop.formats.line_log import LineLog
from desktop.formats.stamps import from_iso

LOGS = "tmp"  # below its home
_CONTEXT = "<session_context>"
_CONTEXT_MARK = _CONTEXT.encode()
_DATED = b'{"$set":{"lastUpdated":"'  # follows every message; it is all there is in so short a line
_LONGEST_DATED = 64
_SET = b'{"$set":{"messages":'  # what was told again ends with all of it as one list
_WORKSPACE = re.compile(r"Workspace Directories:\*\*\s*\n\s*- ([^\n]+)")
_CANCELLED = "Request cancelled."
# It is told again at one go, each message with the time of that, and then once more as one list.
_TOLD_AGAIN_WITHIN = timedelta(seconds=2)


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

    TURN_MARK = b'"type":"user"'
    FACT_MARKS = (b'"projectHash"', b'"type":"gemini"')

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        super().__init__(session, agent)
        self._is_told_again = False  # after a request was cancelled the whole conversation is written once more
        self._has_context = False
        self._seen: dict[str, bool] = {}  # answers by id, and whether their calls were told

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        return [] if line.startswith(_DATED) and len(line) < _LONGEST_DATED else super().feed(line)

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
                evidence = Evidence(Source.TRANSCRIPT, Claim.RESTING, self.at, NO_PROMPT_YET)
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

    def begins_turn(self, line: bytes) -> bool:
        """Whether it is a prompt."""
        record = parse_object(line) or {}
        said = _said(record)
        is_result = any("functionResponse" in part for part in objects_of(record, "content"))
        return record.get("type") == "user" and bool(said.strip()) and not (is_result or said.startswith(_CONTEXT))

    def _last_begin(self, log: bytes, top: int) -> int | None:
        """None as well where the conversation may be told again: what was said in that is no news."""
        begin, context = super()._last_begin(log, top), log.rfind(_CONTEXT_MARK, top)
        if begin is None or context < 0:
            return begin
        is_list = log.startswith(_SET, log.rfind(b"\n", top, context) + 1 or top)
        return begin if is_list and context < begin else None

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
            ToolCallEnded(self.session, key_of(tool, given), at, is_denied=status == "cancelled"),
            ActivitySeen(self.session, at, activity_of(tool, given)),
        ]
        path = text_of(given, "file_path")
        if status == "success" and tool in WRITING_TOOLS and path:
            events.append(FilesChanged(self.session, at, (path,)))
        return events


def _said(record: Mapping[str, object]) -> str:
    content = record.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(text_of(part, "text") for part in objects_of(record, "content") if text_of(part, "text"))
