"""The record an adapter fills in: one per kind of agent. A field left at its default is a capability it lacks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from desktop.domain.events import Event
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.record import dataclass
from desktop.domain.replies import RequestReply, SessionReply
from desktop.domain.requests import Request


class TranscriptReader(Protocol):
    """Translates one transcript, line by line. Lives on the thread that feeds it; opens nothing, asks no clock."""

    def feed(self, line: bytes) -> list[Event]:
        """Translate one whole line; a line nobody knows means nothing and never raises."""

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a transcript, leaving out what a later line undoes; only for a reader fed nothing yet.

        *log* is whole lines from *top* on. None when they do not reach far enough back and *is_last_try* is false:
        then show more to a new reader.
        """

    @property
    def is_decided(self) -> bool:
        """Whether the lines fed so far (a tail of the file) tell where the session stands."""

    @property
    def skipped(self) -> int:
        """How many lines could not be read."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """One of the agent's own small live-state files, read."""

    session: SessionId
    native_session: str
    pid: int
    process_started: str  # in the unit of the agent; on Linux, ticks as in /proc/<pid>/stat field 22
    cwd: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class LogHead:
    """What the beginning of a log tells of the session that writes it."""

    native: str
    cwd: str | None  # None when the log does not tell; then it may be that of any process
    started_at: datetime | None = None
    is_hidden: bool = False  # an errand of the agent's own, such as finding a title: no session of a person


class Ability(StrEnum):
    """What can be done about a session from here."""

    SEE = "see"
    KNOW_IT_WAITS = "know that it waits"
    KNOW_WHAT_IT_ASKS = "know what it asks"
    ALLOW = "allow"
    DENY = "deny"
    ANSWER = "answer"
    PROMPT = "prompt"
    INTERRUPT = "interrupt"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Means:
    """How an agent has one ability, in words; or, with *why_not*, why it lacks it or has it only in part."""

    ability: Ability
    how: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class HookEvent:
    """One hook event to register for."""

    name: str
    timeout_s: int
    matcher: str = ""
    is_async: bool = False
    status_message: str = ""
    since: tuple[int, ...] = ()  # version that has it; left out for older ones


@dataclass(frozen=True, slots=True)
class HookShape:
    """How an agent's settings hold one hook: by default in a group, its command as separate words, its time in s."""

    is_grouped: bool = True  # {"matcher": …, "hooks": [entry]}; else the entry itself stands in the event's list
    has_type: bool = True  # "type": "command"
    command_key: str = "command"
    is_one_line: bool = False  # command and arguments are one line for a shell
    timeout_key: str = "timeout"
    is_in_ms: bool = False
    name: str = ""  # under "name", where the agent lists its hooks by it
    has_status_message: bool = True
    has_async: bool = True
    version: int = 0  # the file must say "version": this; 0 for none


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file that is wholly ours, such as a plugin."""

    path: str  # below the same directory as the settings
    resource: str  # what it holds, below resources/; @WORDS@ and @LINE@ in it become the relay's command as JSON


@dataclass(frozen=True, slots=True)
class HookSetup:
    """Where and what to register so that the agent calls our relay."""

    file: str  # below the agent's home; of no use without events
    events: tuple[HookEvent, ...]
    command_name: str  # the one argument of the relay: which agent calls
    shape: HookShape = HookShape()
    own_files: tuple[OwnFile, ...] = ()
    base: str = ""  # "~/.x", where these files lie when not below the agent's home


@dataclass(frozen=True, slots=True)
class HookCall:
    """What one relay told us, verbatim."""

    payload: bytes
    pid: int  # of the relay
    at: datetime
    environment: tuple[tuple[str, str], ...] = ()  # the few harmless variables the relay passes on
    request_nonce: str = ""  # 128 bit, for the id of a request that this call opens
    agent_pid: int = 0  # the nearest process above the relay that is a session of the agent; 0 when that is not asked


class HookReader(Protocol):
    """Turns a hook call into events; an empty list for what nobody knows. Never raises."""

    def __call__(self, call: HookCall) -> list[Event]: ...


class HookReplyWriter(Protocol):
    """What the relay must print for *reply*, given the call's payload; None when it has no such answer."""

    def __call__(self, payload: bytes, request: Request, reply: RequestReply) -> bytes | None: ...


class Transport(StrEnum):
    """How an agent's own server speaks."""

    WEBSOCKET = "websocket over a unix socket"
    HTTP = "http and server-sent events"


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Where one server listens: the path of a unix socket, or ``http://127.0.0.1:PORT``; no other host is asked."""

    address: str
    headers: tuple[tuple[str, str], ...] = ()  # sent with every HTTP call, such as a password's


@dataclass(frozen=True, slots=True)
class ServerCall:
    """One message to a server; over a WebSocket only *body* counts."""

    body: bytes = b""
    method: str = "GET"
    path: str = ""
    tag: str = ""  # comes back with what is answered
    is_stream: bool = False  # the answer is a stream of events that never ends: each comes as a word of its own
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ServerWord:
    """One message from a server: a WebSocket's, an event of a stream (its data), or the answer to a call.

    *status* is the HTTP status of an answer; 0 for a message or an event; -1 when the call failed or took too long.
    """

    body: bytes
    tag: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class ServedSession:
    """A conversation that a server holds, with what tells which process shows it."""

    native: str
    cwd: str
    started_at: datetime | None = None
    used_at: datetime | None = None  # when somebody last did something with it


class ServerTalk(Protocol):
    """One connection's worth of an agent's protocol. Opens nothing, asks no clock; lives on the servers' thread.

    Whatever a server says is only believed of sessions: a word nobody knows means nothing and never raises. After
    every call the thread sends what *outgoing* gives.
    """

    def opened(self, at: datetime) -> list[Event]:
        """The connection stands (HTTP: nothing was asked yet)."""

    def feed(self, word: ServerWord, at: datetime) -> list[Event]:
        """Translate what came."""

    def closed(self, at: datetime, why: str) -> list[Event]:
        """The connection is gone: nothing that it said is known any more, and no request of it can be answered."""

    def outgoing(self) -> list[ServerCall]:
        """What is to be sent now, once."""

    def sessions(self) -> Sequence[ServedSession]:
        """The conversations that are open at this server; hidden ones left out."""

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while the request is open there."""

    def reply(self, request: RequestId, answer: bytes) -> str:
        """Put out what *write_reply* made, or return why not; that it was taken is told by ReplyDelivered, later."""

    def say(self, session: SessionId, reply: SessionReply) -> str:
        """Put out a prompt or an interrupt, or return why not: then another channel is tried."""


@dataclass(frozen=True, slots=True)
class AgentServer:
    """The agent's own server: how to find it, and how to speak with it.

    Requests that come over it have ``Reach.SERVER`` and, as ``digest``, the SHA-256 of their ``payload_of``; what it
    says of a session is evidence of ``Source.SERVER`` with an empty origin.
    """

    transport: Transport
    find: Callable[[str, Sequence[str], Mapping[str, str]], ServerPlace | None]  # (home, argv, named variables)
    open_talk: Callable[[str], ServerTalk]  # (home); one per connection
    write_reply: Callable[[bytes, Request, RequestReply], bytes | None]  # (payload, …): None for no such answer
    variables: tuple[str, ...] = ()  # of a process's environment, the only ones that *find* is shown
    is_shared: bool = False  # one server for every process of a home; else one in each process
    settles_s: float = 0.0  # a new socket is left to the agent's own programs for so long


@dataclass(frozen=True, slots=True)
class AgentLine:
    """A hook call that waits for a person's words to its session: whose it is, and how words are put."""

    session_of: Callable[[bytes], SessionId | None]  # (payload): None for any other call
    write: Callable[[SessionReply], bytes | None]  # None for what cannot be said on it
    label: str  # how the words get there


@dataclass(frozen=True, slots=True)
class SessionStart:
    """How a session is begun from here: a process that is spoken with over its own input and output.

    What it asks has ``Reach.SERVER`` and the digest of its ``payload_of``, as over an agent's server.
    """

    command: tuple[str, ...]
    open_talk: Callable[[AgentKind, str, str], ServerTalk]  # (kind, directory, first prompt); one per process
    write_reply: Callable[[bytes, Request, RequestReply], bytes | None]  # (payload, …): None for no such answer
    # An agent that asks in its terminal whether it may trust a directory, and begun so runs what lies there unasked.
    trust_places: tuple[str, ...] = ()  # where it keeps what it was told; the first of which "$NAME" is known
    trusts: Callable[[bytes, str], bool] | None = None  # (what stands there, a directory); None: it need not be asked


Row = Mapping[str, object]
"""One row of an agent's own database, by column."""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A conversation as an agent's own database lists it."""

    native: str
    cwd: str
    started_at: datetime
    changed_at: datetime
    events: tuple[Event, ...] = ()  # what the list itself tells, such as its name


@dataclass(frozen=True, slots=True)
class AgentDatabase:
    """The agent's own SQLite database, for agents that write no log. It is only ever read.

    The queries are given :limit, and :since (ms since 1970) or :session; rows that nobody can read mean nothing.
    """

    places: tuple[str, ...]  # the first of which "$NAME" is known in the process's environment
    sessions: str  # changed since :since, the latest first
    records: str  # of :session, the latest first
    read_session: Callable[[Row], StoredSession | None]
    read_records: Callable[[SessionId, Sequence[Row]], list[Event]]  # all that is known, told again each time


@dataclass(frozen=True, slots=True)
class Agent:
    """All that is known of one kind of agent."""

    kind: AgentKind
    label: str
    executables: frozenset[str] = frozenset()
    tried_with: tuple[str, ...] = ()  # versions this was run against
    default_home: str = ""  # "~/.x"
    home_variable: str = ""  # names the home in a process's environment
    home_below: str = ""  # what follows the directory that this variable names
    live_state_dir: str = ""  # below the home; each file <pid>.json
    live_state_pattern: str = "*.json"
    read_live_state: Callable[[bytes, str], LiveState | None] | None = None  # (content, home)
    transcript_dir: str = ""  # below the home; transcripts are <dir>/<folder>/<native id>.jsonl
    transcript_paths: Callable[[str, str, str], Sequence[str]] | None = None  # (home, native id, cwd) -> candidates
    open_transcript: Callable[[SessionId], TranscriptReader] | None = None
    is_session_process: Callable[[str, Sequence[str]], bool] | None = None  # (exe, argv)
    starts_itself_again: bool = False  # of a process and its child, both of its program, the child is the session's
    read_hook: HookReader | None = None
    write_hook_reply: HookReplyWriter | None = None
    asks_by_hook: Callable[[bytes], bool] | None = None  # whether this payload is one we may hold and answer
    hook_setup: HookSetup | None = None
    line: AgentLine | None = None
    resume_words: tuple[str, ...] = ()  # what goes on with a conversation; the agent's own id follows
    # What stands at the beginning of the input line, and of no other line, when it takes a prompt: the mark with the
    # very blank after it (a no-break space where it has one). Left of it only a frame may stand; a hint must be faint;
    # a dialog must not show it. State it only from a pane that was looked at (`tmux capture-pane -p -e`): text is typed
    # where the last such line is empty, and nowhere else.
    prompt_marks: tuple[str, ...] = ()
    birth_dirs: tuple[str, ...] = ()  # where something appears whenever a session starts; "$NAME" is filled in
    is_headless: Callable[[Sequence[str]], bool] | None = None  # (argv): answers to a program, not to a person
    write_inbox: Callable[[str], bytes] | None = None  # text -> what the session's own socket takes
    inbox_label: str = ""  # how the model will see a message sent there
    interrupt_keys: tuple[str, ...] = ()  # "Escape", "Enter", "C-c", a letter; pressed one after the other
    # Agents without live state are found by their process, and their session by the log it writes.
    log_dirs: Callable[[str, str, datetime], Sequence[str]] | None = None  # (home, cwd, now): folders to look in
    log_names: str = "*.jsonl"
    read_log_head: Callable[[bytes, str], LogHead | None] | None = None  # (its first 64 KiB, its path)
    native_of_open_file: Callable[[str], str] | None = None  # (path): the session of a process that holds this open
    hook_hold_s: int = 0  # the longest that a hook call may hide the agent's own prompt; 0 for as long as it takes
    means: tuple[Means, ...] = ()  # what doctor and README tell; an ability that is not named is lacked
    database: AgentDatabase | None = None
    server: AgentServer | None = None  # the agent's own, if it has one
    is_host: Callable[[Sequence[str]], bool] | None = None  # (argv): serves sessions, and is none itself
    is_hook_inside: bool = False  # its hook is called by the session's own process: from any other it is not believed
    setup_note: str = ""  # what the person has to do in the agent itself after connecting, as a sentence
    start: SessionStart | None = None
