"""A log of one JSON object a line, read record by record: what every reader of such a log has in common."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from desktop.domain.events import (
    Event,
    EvidenceGiven,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.requests import Question, Reach, Request, RequestKind
from desktop.domain.session import Ending, NameSource
from desktop.formats import text
from desktop.formats.foreign_json import parse_object
from desktop.formats.stamps import BEFORE_ALL


class LineLog:
    """A ``TranscriptReader``; whoever inherits says what one record means, and how to find where a turn begins."""

    TURN_MARK: ClassVar[bytes] = b""  # stands in every line that begins a turn, and maybe in others; empty: not known
    FACT_MARKS: ClassVar[tuple[bytes, ...]] = ()  # each in lines that tell what the lines of a turn may not repeat

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        self.session = session
        self.agent = agent
        self.at: datetime = BEFORE_ALL  # of the newest record with a time
        self.words = ""  # the agent's last ones
        self.in_turn: bool | None = None  # None until a record tells
        self._is_decided = False
        self._skipped = 0
        self._told: dict[str, str] = {}  # facts already passed on

    @property
    def is_decided(self) -> bool:
        """Whether the lines so far tell where the session stands."""
        return self._is_decided

    @property
    def skipped(self) -> int:
        """How many lines could not be read."""
        return self._skipped

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        if not line.strip():
            return []
        record = parse_object(line)
        if record is None:
            self._skipped += 1
            return []
        return self.translate(record)

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log; None when it does not reach back to the start of a turn and more can be had."""
        begin = self._last_begin(log, top)
        if begin is not None:
            return [*self._facts(log, top, begin), *self._read(log, begin)]
        events = self._read(log, top)
        return events if self._is_decided or is_last_try else None

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        raise NotImplementedError

    def begins_turn(self, line: bytes) -> bool:
        """Whether a line that holds the mark of a turn does begin one."""
        raise NotImplementedError

    def asked(
        self,
        named: str,
        shown: str,
        summary: str,
        why_not: str,
        *,
        tool: str,
        questions: tuple[Question, ...] | None = None,
        writes: str = "",
        call_key: str = "",
        subagent: str = "",
        subagent_id: str = "",
    ) -> list[Event]:
        """It asks what its terminal alone can answer; *questions*, even none that could be read, make it a question."""
        request = Request(
            id=self.request_id(named),
            session=self.session,
            kind=RequestKind.PERMISSION if questions is None else RequestKind.QUESTION,
            opened_at=self.at,
            tool=tool,
            text=shown,
            summary=summary,
            questions=questions or (),
            writes=(writes,) if writes else (),
            digest=hashlib.sha256(shown.encode("utf-8", "replace")).hexdigest(),
            call_key=call_key,
            reach=Reach.TERMINAL,
            why_not=why_not,
            subagent=subagent,
            subagent_id=subagent_id,
        )
        return [RequestOpened(request)]

    def ended_asking(self, named: str, how: str) -> list[Event]:
        """It asks that no more."""
        return [
            RequestClosed(self.session, self.request_id(named), self.at, f"{text.one_line(how, 40)} in the terminal")
        ]

    def request_id(self, named: str) -> RequestId:
        """Ours, of a request that the log has a name for."""
        unique = f"{self.session}\0{named}"
        return RequestId("log-" + hashlib.sha256(unique.encode("utf-8", "replace")).hexdigest()[:32])

    def unknown(self) -> list[Event]:
        """Count a record of a kind that nobody knows; it means nothing."""
        self._skipped += 1
        return []

    # -- the end of a log

    def _read(self, log: bytes, start: int) -> list[Event]:
        events: list[Event] = []
        for line in log[start:].split(b"\n"):
            if line:
                events += self.feed(line)
        return events

    def _last_begin(self, log: bytes, top: int) -> int | None:
        """Where the line stands that begins the last turn."""
        stop = len(log)
        while self.TURN_MARK and (at := log.rfind(self.TURN_MARK, top, stop)) >= 0:
            start, line = _line_around(log, top, at)
            if self.begins_turn(line):
                return start
            stop = start  # somebody's words; nothing else in their line begins a turn
        return None

    def _facts(self, log: bytes, top: int, stop: int) -> list[Event]:
        """What the lines before the last turn tell of the session itself: of each kind the last one."""
        marked = (log.rfind(mark, top, stop) for mark in self.FACT_MARKS)
        told = sorted({_line_around(log, top, at) for at in marked if at >= 0})
        events = [event for _, line in told for event in self.feed(line)]
        return [event for event in events if isinstance(event, SessionDescribed | EvidenceGiven)]

    # -- words that most records come down to

    def started(self, prompt: str = "") -> list[Event]:
        """A prompt gave the agent the floor."""
        self.in_turn, self._is_decided, self.words = True, True, ""
        return [TurnStarted(self.session, self.at, text.one_line(prompt))]

    def went_on(self) -> list[Event]:
        """The agent works without a prompt that we saw: the tail begins inside its turn, or it went on by itself."""
        if self.in_turn:
            return []
        self.in_turn = True
        return [TurnStarted(self.session, self.at)]

    def finished(
        self, ending: Ending = Ending.FINISHED, error: str = "", *, hook_tells_too: bool = False
    ) -> list[Event]:
        """The agent yielded the floor."""
        self.in_turn, self._is_decided = False, True
        words = text.clean(self.words)
        return [TurnFinished(self.session, self.at, ending, text.one_line(error, 500), words, hook_tells_too)]

    def facts(
        self, *, cwd: str = "", branch: str = "", version: str = "", model: str = "", prompt: str = "", title: str = ""
    ) -> list[Event]:
        """What is told of the session itself and was not told before."""
        told = self._told
        given = (("cwd", cwd), ("branch", branch), ("version", version), ("model", model))
        new = {key: value for key, value in given if value and told.get(key) != value}
        name = None
        if title or prompt:
            named = (NameSource.TITLE, text.one_line(title)) if title else (NameSource.PROMPT, text.one_line(prompt))
            name = named if named[1] and told.get(named[0]) != named[1] else None
        if not new and name is None:
            return []
        self._told |= new
        if name is not None:
            self._told[name[0]] = name[1]
        return [
            SessionDescribed(
                self.session,
                self.agent,
                self.at,
                cwd=new.get("cwd"),
                branch=new.get("branch"),
                version=new.get("version"),
                model=new.get("model"),
                name=name,
            )
        ]


def _line_around(log: bytes, top: int, at: int) -> tuple[int, bytes]:
    """The line that *at* lies in, and where it begins."""
    start = log.rfind(b"\n", top, at) + 1 or top
    end = log.find(b"\n", at)
    return start, log[start:end] if end >= 0 else log[start:]
