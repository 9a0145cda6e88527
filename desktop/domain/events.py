"""What happened, in our words and in the past tense. One closed union: a new event is a type error until handled."""

from datetime import datetime

from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.record import dataclass
from desktop.domain.requests import Request
from desktop.domain.session import Ending, Evidence, Launch, NameSource, Source, Terminal, ToolCall


@dataclass(frozen=True, slots=True)
class SessionDescribed:
    """Facts about a session; what is None is not known from here and stays as it was."""

    session: SessionId
    agent: AgentKind
    at: datetime
    cwd: str | None = None
    branch: str | None = None
    model: str | None = None
    version: str | None = None
    pid: int | None = None
    launch: Launch | None = None
    home: str | None = None
    transcript: str | None = None
    pane: str | None = None
    inbox: str | None = None
    started_at: datetime | None = None
    host: str | None = None  # the name of another machine that it runs on
    repository: str | None = None  # the main working tree that the directory belongs to
    name: tuple[NameSource, str] | None = None


@dataclass(frozen=True, slots=True)
class EvidenceGiven:
    """A source said something about where the session stands."""

    session: SessionId
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A person, or a task's end, gave the agent the floor."""

    session: SessionId
    at: datetime
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The agent yielded the floor."""

    session: SessionId
    at: datetime
    ending: Ending = Ending.FINISHED
    error: str = ""
    last_words: str = ""
    hook_tells_too: bool = False  # of an end that nobody broke off; where its hook is called, that has the last word


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """A tool of the agent wrote these files."""

    session: SessionId
    at: datetime
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivitySeen:
    """The agent does something; *text* says what, in one cleaned line; an empty one is only a sign of life."""

    session: SessionId
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A tool call is on record; whether it runs or waits for permission is not said."""

    session: SessionId
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolCallEnded:
    """A tool call has its result; *call* is the agent's id of it."""

    session: SessionId
    call: str
    at: datetime
    is_denied: bool = False


@dataclass(frozen=True, slots=True)
class LineSeen:
    """The session takes a person's words by its hook, or takes them no more."""

    session: SessionId
    at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class SubagentStarted:
    """The session started a helper."""

    session: SessionId
    subagent: str
    role: str
    at: datetime
    model: str = ""  # empty where the agent does not tell


@dataclass(frozen=True, slots=True)
class SubagentStopped:
    """A helper is done."""

    session: SessionId
    subagent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestOpened:
    """The agent asks, and its question can be answered from here."""

    request: Request


@dataclass(frozen=True, slots=True)
class RequestClosed:
    """A request is no longer open; *how* says why in words a person can read."""

    session: SessionId
    request: RequestId
    at: datetime
    how: str


@dataclass(frozen=True, slots=True)
class RequestReleased:
    """The hook let go of a request without an answer; the agent's own prompt may now hold it."""

    session: SessionId
    request: RequestId
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class ReplyDelivered:
    """The channel saw the agent take the reply to a request."""

    session: SessionId
    request: RequestId
    at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A reply did not arrive; *why* is a sentence. *request* is None for prompts, interrupts and stops."""

    session: SessionId
    request: RequestId | None
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The conversation is over, though its process may live."""

    session: SessionId
    at: datetime
    why: str
    source: Source = Source.LIVE_STATE  # a hook may speak of a twin: it is not believed against live state
    is_alias: bool = False  # it was a stand-in for a session that is now known by its own id: nothing ended


@dataclass(frozen=True, slots=True)
class Jumped:
    """A session's terminal was brought forward; *how_far* is a sentence."""

    session: SessionId
    at: datetime
    how_far: str


@dataclass(frozen=True, slots=True)
class TerminalSeen:
    """What the terminal of a process is good for."""

    pid: int
    at: datetime
    terminal: Terminal


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """A process of an agent is gone; every session of it goes with it."""

    pid: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CommandStarted:
    """A process of an agent, *pid*, began to run something."""

    pid: int
    at: datetime
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HealthReported:
    """A part of ours works badly, or well again when *text* is empty; *remedy* is what the person can do."""

    part: str
    at: datetime
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class RecordsSkipped:
    """Records that nobody could read, by agent and version."""

    agent: AgentKind
    version: str
    count: int
    at: datetime


SessionEvent = (
    SessionDescribed
    | EvidenceGiven
    | TurnStarted
    | TurnFinished
    | FilesChanged
    | ActivitySeen
    | ToolCallStarted
    | ToolCallEnded
    | LineSeen
    | SubagentStarted
    | SubagentStopped
    | RequestClosed
    | RequestReleased
    | ReplyDelivered
    | DeliveryFailed
    | Jumped
    | SessionEnded
)

Event = SessionEvent | RequestOpened | TerminalSeen | ProcessEnded | CommandStarted | HealthReported | RecordsSkipped
