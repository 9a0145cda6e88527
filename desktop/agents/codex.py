"""Codex CLI: its processes, its rollouts, its hooks, and what it takes as an answer.

Opens no file, starts no thread, asks no clock. What a newer version writes and nobody here knows means nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from desktop.domain.agent import (
    Ability,
    Agent,
    AgentServer,
    HookCall,
    HookEvent,
    HookSetup,
    HookShape,
    LogHead,
    Means,
    ServerPlace,
    TranscriptReader,
    Transport,
)
from desktop.domain.events import Event, EvidenceGiven, RequestOpened, TurnFinished
from desktop.domain.ids import AgentKind, SessionId, session_id
from desktop.domain.requests import Request
from desktop.domain.session import Claim, Ending, Evidence, Source
from desktop.formats import app_server_asks, hook_decision, hook_payload, rollout_calls, stamps, tool_calls
from desktop.formats.app_server_talk import AppServerTalk
from desktop.formats.command_line import file_name
from desktop.formats.foreign_json import object_of, parse_object, text_of
from desktop.formats.rollout_log import RolloutLog

KIND = AgentKind("codex")
HOME_VARIABLE = "CODEX_HOME"

# --- processes -------------------------------------------------------------------------------------------------------

# fmt: off
_COMMANDS = frozenset({
    "a", "agents", "app-server", "apply", "archive", "cloud", "completion", "debug", "delete", "doctor", "exec-server",
    "execpolicy", "features", "help", "login", "logout", "mcp", "mcp-server", "migrate-nfs-db", "migrate-rollouts",
    "plugin", "proto", "queue", "remote-control", "responses-api-proxy", "sandbox", "stdio-to-uds", "unarchive",
    "update",
})
_HEADLESS = frozenset({"exec", "e", "review"})
_TAKES_A_VALUE = frozenset({
    "-c", "--config", "--enable", "--disable", "--remote", "--remote-auth-token-env", "-i", "--image", "-m", "--model",
    "--local-provider", "-p", "--profile", "-s", "--sandbox", "-C", "--cd", "--add-dir", "-a", "--ask-for-approval",
})
# fmt: on
_PASSING = frozenset({"-h", "--help", "-V", "--version"})


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process of the agent holds a conversation: the program itself, not the script that starts it."""
    if file_name(exe) != "codex" or not argv:
        return False
    # Under other names the same program is a helper of itself, such as its sandbox.
    if file_name(argv[0]) != "codex":
        return False
    if any(word in _PASSING or word.startswith("--codex-run-as-") for word in argv[1:]):
        return False
    return _command(argv) not in _COMMANDS


def is_host(argv: Sequence[str]) -> bool:
    """Whether a process serves the sessions of others."""
    return _command(argv) == "app-server"


def is_headless(argv: Sequence[str]) -> bool:
    """Whether a session answers to a program: it prints and ends."""
    return _command(argv) in _HEADLESS


def _command(argv: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one; it may be a prompt as well."""
    words = iter(argv[1:])
    for word in words:
        if word in _TAKES_A_VALUE:
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


# --- rollouts: sessions/YYYY/MM/DD/rollout-<local time>-<id>.jsonl ---------------------------------------------------

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HELD = re.compile(
    rf"/(?:thread-writer-locks/({_ID})\.lock|sessions/\d{{4}}/\d\d/\d\d/rollout-[0-9T-]{{19}}-({_ID})\.jsonl)"
)


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return RolloutLog(session, KIND)


def native_of_open_file(path: str) -> str:
    """The conversation whose lock or rollout this is; a process holds both from the conversation's begin."""
    found = _HELD.search(path)
    return (found[1] or found[2]) if found is not None and found.end() == len(path) else ""


def log_dirs(home: str, _cwd: str, now: datetime) -> list[str]:
    """The folders of today and of yesterday: a session keeps its rollout past midnight."""
    return [f"{home}/sessions/{day:%Y/%m/%d}" for day in (now, now - timedelta(days=1))]


def transcript_paths(home: str, native: str, _cwd: str) -> list[str]:
    """Where the rollout of a conversation is: its id begins with the time of its begin, and so does the name."""
    if re.fullmatch(_ID, native) is None:
        return []
    try:
        begun = datetime.fromtimestamp(int(native[:8] + native[9:13], 16) / 1000).astimezone()
    except (ValueError, OverflowError, OSError):
        return []
    # The name is made a moment after the id: 0.05 s were seen.
    seconds = (begun, begun + timedelta(seconds=1))
    return [f"{home}/sessions/{at:%Y/%m/%d}/rollout-{at:%Y-%m-%dT%H-%M-%S}-{native}.jsonl" for at in seconds]


def read_log_head(raw: bytes, _path: str) -> LogHead | None:
    """What the first record tells; None while it is not there in full."""
    line, newline, _ = raw.partition(b"\n")
    record = parse_object(line) if newline else None
    if record is None or record.get("type") != "session_meta":
        return None
    meta = object_of(record, "payload")
    native = text_of(meta, "id")
    if not hook_payload.is_plain_id(native):
        return None
    # A helper's source is an object that names its parent; a session has a person's, or a program's that asked for it.
    is_hidden = not isinstance(meta.get("source"), str) or text_of(meta, "thread_source") not in ("", "user")
    return LogHead(native, text_of(meta, "cwd"), stamps.from_iso(text_of(meta, "timestamp")), is_hidden)


# --- hooks -----------------------------------------------------------------------------------------------------------

# While a hook runs the terminal shows no prompt, so that a person there could not answer: not for long.
HOLD_S = 45
HOOKS = HookSetup(
    file="hooks.json",
    events=(
        # Long: a person who has the request open may take longer, and we let go by ourselves.
        HookEvent("PermissionRequest", 600, status_message="Waiting for you (tray)"),
        HookEvent("UserPromptSubmit", 5),
        HookEvent("Stop", 5),
        HookEvent("SessionStart", 5),
        HookEvent("SessionEnd", 3),  # the agent grants these two no more
        HookEvent("Interrupt", 3),
    ),
    command_name=KIND,
    shape=HookShape(is_one_line=True, has_async=False),
)
SETUP_NOTE = (
    "Codex runs a new hook only after you trust it: at its next start choose “Review hooks” (or type /hooks there), "
    "look at the command and trust it."
)
_CALLS_US = "its hook tells of its turns, and would have asked"


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    payload = hook_payload.read(call.payload)
    if payload is None:
        return []
    session = session_id(KIND, payload.native_session)
    if payload.event == "Interrupt":
        return [TurnFinished(session, call.at, Ending.INTERRUPTED)]
    given = object_of(payload.fields, "tool_input")
    events: list[Event] = [
        RequestOpened(_as_asked(event.request, given)) if isinstance(event, RequestOpened) else event
        for event in hook_payload.events(call, KIND, (), HOME_VARIABLE)
    ]
    if payload.event == "UserPromptSubmit" and events:
        evidence = Evidence(Source.HOOK, Claim.WORKING, call.at, _CALLS_US)
        events.append(EvidenceGiven(session, evidence))
    return events


def _as_asked(request: Request, given: Mapping[str, object]) -> Request:
    """Say what is asked in full; the rollout tells of the same call by the same key."""
    command = text_of(given, "command")
    reason = text_of(given, "description")
    if request.tool == rollout_calls.PATCH_TOOL and (patch := rollout_calls.patch_in(command)):
        return replace(
            request,
            text=command if patch == command.strip() else request.text,
            summary="wants to change files",
            writes=rollout_calls.patched_paths(patch),
            call_key=tool_calls.call_key(request.tool, {"command": patch}),
        )
    if request.tool == rollout_calls.COMMAND_TOOL and command:
        # What the agent asks for may stand in the reason alone, such as leave to reach a host.
        is_network = reason.startswith("network-access")
        return replace(
            request,
            text=f"{request.text}\n\n{reason}" if is_network else request.text,
            summary="wants to use the network" if is_network else request.summary,
            call_key=tool_calls.call_key(request.tool, {"command": command}),
        )
    return request


# --- its daemon: one for every terminal of a home --------------------------------------------------------------------

_OWN_SETTINGS = frozenset({"-c", "--config", "--enable", "--disable"})  # with these it runs in its own process
_SOCKET = "app-server-control/app-server-control.sock"


def find_server(home: str, argv: Sequence[str], _environment: Mapping[str, str]) -> ServerPlace | None:
    """The daemon's socket; a session that answers to a program, or was told to, runs without it."""
    if not home or is_headless(argv) or not _OWN_SETTINGS.isdisjoint(argv):
        return None
    return ServerPlace(f"{home}/{_SOCKET}")


SERVER = AgentServer(
    Transport.WEBSOCKET,
    find=find_server,
    open_talk=lambda _home: AppServerTalk(KIND),
    write_reply=app_server_asks.write_reply,
    is_shared=True,
    # The daemon calls itself, towards the model too, by the name of its first client: that is not to be ours.
    settles_s=3.0,
)

# --- other ways in ---------------------------------------------------------------------------------------------------


_WHILE_IT_RUNS = "Its terminal shows no prompt while the hook is asked, so that is let go after a short while."
_UNTOLD = "Its log does not say that it waits; without daemon and hook it is only guessed, and said to be."
_WITHOUT_DAEMON = "Not without its daemon, as in codex exec or with settings of its own on the command line."

AGENT = Agent(
    kind=KIND,
    label="Codex",
    executables=frozenset({"codex", "codex.exe"}),
    tried_with=("0.104.0", "0.169.0"),
    default_home="~/.codex",
    home_variable=HOME_VARIABLE,
    transcript_dir="sessions",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=is_session_process,
    read_hook=read_hook,
    write_hook_reply=hook_decision.write_plain,
    asks_by_hook=hook_payload.asks,
    hook_setup=HOOKS,
    resume_words=("codex", "resume"),
    birth_dirs=(f"${HOME_VARIABLE}/thread-writer-locks",),
    is_headless=is_headless,
    interrupt_keys=("Escape",),
    log_dirs=log_dirs,
    log_names="rollout-*.jsonl",
    read_log_head=read_log_head,
    native_of_open_file=native_of_open_file,
    hook_hold_s=HOLD_S,
    is_host=is_host,
    server=SERVER,
    means=(
        Means(Ability.SEE, "its processes, its daemon, and the rollout that each writes"),
        Means(Ability.KNOW_IT_WAITS, "its daemon; else its hook", _UNTOLD),
        Means(Ability.KNOW_WHAT_IT_ASKS, "its daemon, also when the tray came later; else its hook"),
        Means(Ability.ALLOW, "its daemon, beside the prompt of the terminal; else its hook", _WHILE_IT_RUNS),
        Means(
            Ability.DENY,
            "its daemon, the reason following as words into the turn; else its hook, with the reason",
            _WHILE_IT_RUNS,
        ),
        Means(Ability.ANSWER, "its daemon, also in words of one's own", _WITHOUT_DAEMON),
        Means(Ability.PROMPT, "its daemon", _WITHOUT_DAEMON),
        Means(Ability.INTERRUPT, "its daemon; else Esc in its terminal, where that takes keys from us"),
        Means(Ability.JUMP, "terminal"),
    ),
    setup_note=SETUP_NOTE,
)
