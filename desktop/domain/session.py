"""Sessions: facts and their stamps. What they mean is computed elsewhere, from them and the clock."""

from datetime import datetime, timedelta
from enum import StrEnum

from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.record import dataclass
from desktop.domain.requests import Request


class Source(StrEnum):
    """Who says so."""

    PROCESS = "process"
    LIVE_STATE = "live state"
    SERVER = "server"  # the agent's own server, over a connection that stands
    HOOK = "hook"
    TRANSCRIPT = "transcript"
    PERSON = "person"

    @property
    def is_live(self) -> bool:
        """Whether the agent itself keeps this current, so that it outranks what is only heard now and then."""
        return self in (Source.LIVE_STATE, Source.SERVER)


class Claim(StrEnum):
    """What a source says of a session."""

    ALIVE = "alive"
    GONE = "gone"
    WORKING = "working"
    WAITING = "waiting"  # for the person; what for is not said
    WAITING_APPROVAL = "waiting for approval"
    WAITING_ANSWER = "waiting for an answer"
    BACKGROUND = "background task runs"  # the turn is over, a task it started is not
    RESTING = "resting"  # no turn runs
    SILENT = "silent"  # the source is there and says nothing of use

    @property
    def is_waiting(self) -> bool:
        """Whether the agent stands still until a person acts."""
        return self in (Claim.WAITING, Claim.WAITING_APPROVAL, Claim.WAITING_ANSWER)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that one source last said; credible for *ttl*, for ever when that is None."""

    source: Source
    claim: Claim
    at: datetime
    detail: str = ""
    origin: str = ""  # which of several: a pid for processes and their live-state files
    ttl: timedelta | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether this may still be believed."""
        return self.ttl is None or now < self.at + self.ttl


class NameSource(StrEnum):
    """Where a session's name comes from, best first."""

    PERSON = "person"
    TITLE = "title"  # the agent's own title of the conversation
    REGISTRY = "registry"
    PROMPT = "prompt"


class Launch(StrEnum):
    """How a session was started."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"
    HEADLESS = "headless"
    HERE = "begun here"  # by the tray: asks and is spoken to over the connection it was begun with, and nowhere else


class Ending(StrEnum):
    """How a turn ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Turn:
    """From a person's prompt to the agent's yielding the floor."""

    started_at: datetime
    finished_at: datetime | None = None
    ending: Ending | None = None
    error: str = ""
    changed_files: tuple[str, ...] = ()
    earlier_files: tuple[str, ...] = ()  # of those: what turns before it changed, unseen, if nobody prompted it
    is_hook_awaited: bool = False  # taken for broken off until the hook tells of its end


@dataclass(frozen=True, slots=True)
class Subagent:
    """A helper that the session started; it belongs to its parent."""

    id: str
    role: str
    started_at: datetime
    model: str = ""  # empty where the agent does not tell


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A use of a tool that has begun and not ended; *draft* is the request it would be if the agent waits for it."""

    id: str
    tool: str
    call_key: str
    at: datetime
    draft: Request | None = None
    hint: str = ""  # why it most likely waits for a person, where the record of the call tells so much


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal of a session's process is good for, as it was found."""

    program: str = ""  # what holds its pane and can be spoken to; empty for none
    takes_keys: bool = False
    takes_text: bool = False
    why_no_text: str = ""  # a sentence
    can_jump: bool = False
    why_no_jump: str = ""  # a sentence


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation of one agent in one working directory."""

    id: SessionId
    agent: AgentKind
    seen_first_at: datetime
    names: tuple[tuple[NameSource, str], ...] = ()
    cwd: str = ""
    branch: str = ""
    task: str = ""  # of the person's, given by hand
    host: str = ""  # another machine; empty for this one
    repository: str = ""  # the main working tree that cwd belongs to, with all its other working trees
    model: str = ""
    version: str = ""
    pid: int | None = None
    launch: Launch = Launch.INTERACTIVE
    home: str = ""  # the agent's configuration directory
    transcript: str = ""
    pane: str = ""  # the terminal multiplexer's name of the pane
    inbox: str = ""  # path of the session's own socket for messages
    started_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    requests: tuple[Request, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    subagents: tuple[Subagent, ...] = ()
    turn: Turn | None = None
    activity: str = ""
    last_words: str = ""  # the agent's last sentence of the turn
    active_at: datetime | None = None
    answered_at: datetime | None = None  # when the agent last took a reply from here
    seen_at: datetime | None = None  # when the person last looked
    ended_at: datetime | None = None
    ended_why: str = ""
    has_line: bool = False  # its hook takes prompts and interrupts
    is_history: bool = False  # began before we looked: raises no alert of its own
    notice: str = ""  # what became of the last reply, in words

    @property
    def project(self) -> str:
        """The last part of the working directory."""
        return self.cwd.rstrip("/\\").replace("\\", "/").rpartition("/")[2]

    @property
    def is_served(self) -> bool:
        """Whether it can be spoken with over its agent's own server."""
        return any(item.source is Source.SERVER and item.claim is not Claim.SILENT for item in self.evidence)

    @property
    def live_words(self) -> tuple[Evidence, ...]:
        """What the agent itself says: over the connection with it, where one stands; else in the files that it keeps.

        Of one moment the connection tells first, and its files some hundredths of a second later.
        """
        said = tuple(item for item in self.evidence if item.source.is_live)
        return tuple(item for item in said if item.source is Source.SERVER) if self.is_served else said

    @property
    def name(self) -> str:
        """The best name there is."""
        named = dict(self.names)
        for source in NameSource:
            if named.get(source):
                return named[source]
        return self.project or self.id.partition(":")[2][:8]
