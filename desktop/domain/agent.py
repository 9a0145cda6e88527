"""The record an adapter fills in: one per kind of agent. A field left at its default is a capability it lacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from desktop.domain.events import Event
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.replies import RequestReply
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
    cwd: str
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
class HookSetup:
    """Where and what to register so that the agent calls our relay."""

    file: str  # below the agent's home
    events: tuple[HookEvent, ...]
    command_name: str  # the one argument of the relay: which agent calls


@dataclass(frozen=True, slots=True)
class HookCall:
    """What one relay told us, verbatim."""

    payload: bytes
    pid: int  # of the relay
    at: datetime
    environment: tuple[tuple[str, str], ...] = ()  # the few harmless variables the relay passes on
    request_nonce: str = ""  # 128 bit, for the id of a request that this call opens


class HookReader(Protocol):
    """Turns a hook call into events; an empty list for what nobody knows. Never raises."""

    def __call__(self, call: HookCall) -> list[Event]: ...


class HookReplyWriter(Protocol):
    """What the relay must print for *reply*, given the call's payload; None when it has no such answer."""

    def __call__(self, payload: bytes, request: Request, reply: RequestReply) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Agent:
    """All that is known of one kind of agent."""

    kind: AgentKind
    label: str
    executables: frozenset[str] = frozenset()
    tried_with: tuple[str, ...] = ()  # versions this was run against
    default_home: str = ""  # "~/.x"
    home_variable: str = ""  # names the home in a process's environment
    live_state_dir: str = ""  # below the home; each file <pid>.json
    live_state_pattern: str = "*.json"
    read_live_state: Callable[[bytes, str], LiveState | None] | None = None  # (content, home)
    transcript_dir: str = ""  # below the home; transcripts are <dir>/<folder>/<native id>.jsonl
    transcript_paths: Callable[[str, str, str], Sequence[str]] | None = None  # (home, native id, cwd) -> candidates
    open_transcript: Callable[[SessionId], TranscriptReader] | None = None
    is_session_process: Callable[[str, Sequence[str]], bool] | None = None  # (exe, argv)
    read_hook: HookReader | None = None
    write_hook_reply: HookReplyWriter | None = None
    asks_by_hook: Callable[[bytes], bool] | None = None  # whether this payload is one we may hold and answer
    hook_setup: HookSetup | None = None
    resume_command: Callable[[str, str], str] | None = None  # (native id, cwd)
    prompt_marks: tuple[str, ...] = ()  # what a pane of it shows when it takes a prompt (see channels/terminal.py)
    birth_dirs: tuple[str, ...] = ()  # where something appears whenever a session starts; "$NAME" is filled in
    is_headless: Callable[[Sequence[str]], bool] | None = None  # (argv): answers to a program, not to a person
    write_inbox: Callable[[str], bytes] | None = None  # text -> what the session's own socket takes
    inbox_label: str = ""  # how the model will see a message sent there
    interrupt_keys: tuple[str, ...] = ()
    # Agents without live state are found by their process, and their session by the log it writes.
    log_dirs: Callable[[str, str, datetime], Sequence[str]] | None = None  # (home, cwd, now): folders to look in
    log_names: str = "*.jsonl"
    read_log_head: Callable[[bytes, str], LogHead | None] | None = None  # (its first 64 KiB, its path)
    hook_hold_s: int = 0  # the longest that a hook call may hide the agent's own prompt; 0 for as long as it takes
    means: tuple[Means, ...] = ()  # what doctor and README tell; an ability that is not named is lacked
    setup_note: str = ""  # what the person has to do in the agent itself after connecting, as a sentence
