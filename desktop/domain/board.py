"""State as a window needs it: groups, order, counts. Built by the hub, drawn whole, never changed."""

from datetime import datetime

from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.domain.requests import Request
from desktop.domain.session import Evidence, Launch, Subagent


@dataclass(frozen=True, slots=True)
class Previous:
    """What the same tool of the same session asked before *request*, identical or similar; not cleaned either."""

    request: RequestId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One session, ready to draw. Every text may hold anything: whoever draws it cleans it."""

    session: SessionId
    phase: Phase
    reason: str  # why this phase, as a sentence
    since: datetime
    name: str
    project: str
    cwd: str
    branch: str
    agent: AgentKind
    agent_label: str
    model: str
    launch: Launch
    pid: int | None
    line: str  # what it does, asks or did, in one line
    requests: tuple[Request, ...]
    evidence: tuple[Evidence, ...]
    changed_files: tuple[str, ...]
    subagents: tuple[Subagent, ...]  # those that run
    notice: str  # what became of the last reply
    resume_command: str
    can_prompt: bool  # a new prompt can be sent
    prompt_channel: str  # how it would arrive, in words
    can_interrupt: bool
    can_stop: bool
    warnings: tuple[str, ...] = ()  # what to fear of the first request, each in a few words
    previous: tuple[Previous, ...] = ()  # at most one a request
    repository: str = ""
    host: str = ""  # another machine; empty for this one
    task: str = ""  # of the person's, that it belongs to by hand or by rule
    is_connected: bool = False  # its agent calls our hook, so that requests come whole and can be answered here
    terminal: str = ""  # what its terminal is good for, in sentences
    can_jump: bool = False  # its terminal can be brought forward

    @property
    def request(self) -> Request | None:
        """The request to answer first."""
        return self.requests[0] if self.requests else None

    def previous_of(self, request: RequestId) -> Previous | None:
        """What was asked before *request* that it can be compared with."""
        return next((item for item in self.previous if item.request == request), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    phase: Phase  # the phase whose colour the heading takes
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part of ours that works badly, and what helps."""

    part: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Board:
    """All that tray and windows draw."""

    at: datetime
    groups: tuple[Group, ...] = ()  # by what each session needs
    arranged: tuple[Group, ...] = ()  # the same rows in the order that the person chose
    counts: tuple[tuple[Phase, int], ...] = ()  # in order of urgency, without zeros
    needs_you: int = 0
    oldest_wait: datetime | None = None
    troubles: tuple[Trouble, ...] = ()
    skipped: tuple[tuple[AgentKind, str, int], ...] = ()  # records that nobody could read, by agent and version
    agents_seen: tuple[tuple[AgentKind, str, bool], ...] = ()  # kind, label, whether connected; of those that can be

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order shown."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def phase(self) -> Phase:
        """The most urgent phase of all: the colour of the tray icon."""
        return self.counts[0][0] if self.counts else Phase.IDLE

    def row(self, session: SessionId) -> Row | None:
        """The row of *session*, if it is shown."""
        return next((row for row in self.rows if row.session == session), None)
