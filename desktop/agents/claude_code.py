"""Claude Code: its live-state registry, its transcripts, its hooks, and what it takes as an answer.

Opens no file, starts no thread, asks no clock. What a newer version writes and nobody here knows means nothing.
"""

import json
import re
from collections.abc import Sequence

from desktop.domain.agent import (
    Ability,
    Agent,
    HookCall,
    HookEvent,
    HookSetup,
    LiveState,
    Means,
    TranscriptReader,
)
from desktop.domain.events import Event, EvidenceGiven, SessionDescribed
from desktop.domain.ids import AgentKind, SessionId, session_id
from desktop.domain.session import Claim, Evidence, Launch, NameSource, Source
from desktop.formats import hook_decision, hook_payload, session_starts, stamps, text
from desktop.formats.command_line import file_name
from desktop.formats.conversation_log import ConversationLog
from desktop.formats.foreign_json import object_of, parse_object, text_of

KIND = AgentKind("claude-code")
HOME_VARIABLE = "CLAUDE_CONFIG_DIR"

# Prompts that the agent puts in itself.
MACHINE_MARKS = ("<task-notification>", "<system-reminder>", "Another Claude session sent a message")

# --- the registry: sessions/<pid>.json -------------------------------------------------------------------------------

_CLAIMS = {"busy": Claim.WORKING, "idle": Claim.RESTING, "shell": Claim.BACKGROUND}
_WAITS = {
    "permission prompt": Claim.WAITING_APPROVAL,
    "sandbox request": Claim.WAITING_APPROVAL,
    "worker request": Claim.WAITING_APPROVAL,
    "goal proposal": Claim.WAITING_APPROVAL,
    "input needed": Claim.WAITING_ANSWER,
    "elicitation": Claim.WAITING_ANSWER,
}
_NAME_SOURCES = {"user": NameSource.TITLE, "hook": NameSource.TITLE}


def read_live_state(content: bytes, home: str) -> LiveState | None:
    """Read one registry file; None when it tells of no session."""
    fields = parse_object(content)
    if fields is None:
        return None
    native, pid, kind = text_of(fields, "sessionId"), fields.get("pid"), text_of(fields, "kind")
    if not hook_payload.is_plain_id(native) or not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return None
    if kind.startswith("daemon") or kind == "bg-spare":
        return None
    session = session_id(KIND, native)
    started_at = stamps.from_ms(fields.get("startedAt"))
    updated_at = stamps.from_ms(fields.get("updatedAt"))
    said_at = stamps.from_ms(fields.get("statusUpdatedAt")) or updated_at or started_at or stamps.BEFORE_ALL
    name = text.one_line(text_of(fields, "name"))
    source = _NAME_SOURCES.get(text_of(fields, "nameSource"), NameSource.REGISTRY)
    described = SessionDescribed(
        session,
        KIND,
        updated_at or said_at,
        cwd=text_of(fields, "cwd") or None,
        version=text_of(fields, "version") or None,
        pid=pid,
        launch=_launch(kind, text_of(fields, "entrypoint")),
        home=home or None,
        pane=text_of(fields, "tmux").rpartition(".")[2] or None,
        inbox=text_of(fields, "messagingSocketPath") or None,
        started_at=started_at,
        name=(source, name) if name else None,
    )
    claim, detail = _claim(text_of(fields, "status"), text_of(fields, "waitingFor"))
    evidence = Evidence(Source.LIVE_STATE, claim, said_at, detail, origin=str(pid))
    return LiveState(
        session,
        native,
        pid,
        text_of(fields, "procStart"),
        text_of(fields, "cwd"),
        (described, EvidenceGiven(session, evidence)),
    )


def _claim(status: str, waiting_for: str) -> tuple[Claim, str]:
    if status == "waiting":
        return _WAITS.get(waiting_for, Claim.WAITING), text.one_line(waiting_for or status)
    if status in _CLAIMS:
        return _CLAIMS[status], status
    if status:
        return Claim.SILENT, text.one_line(f"an unknown status: {status}")
    return Claim.SILENT, "no status yet, or a version that writes none"


def _launch(kind: str, entrypoint: str) -> Launch:
    if kind == "bg":
        return Launch.BACKGROUND
    return Launch.HEADLESS if entrypoint.startswith("sdk") else Launch.INTERACTIVE


# --- the transcript: projects/<slug>/<session>.jsonl -----------------------------------------------------------------


def open_transcript(session: SessionId) -> TranscriptReader:
    """A reader for one conversation."""
    return ConversationLog(session, KIND, MACHINE_MARKS)


# --- hooks -----------------------------------------------------------------------------------------------------------


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    return hook_payload.events(call, KIND, MACHINE_MARKS, HOME_VARIABLE)


# An unknown event in the settings opens a dialog at every start of the agent: only events known for long. By the
# agent's changelog: SubagentStart 2.0.43, PermissionRequest 2.0.45, StopFailure 2.1.78, the others 1.0.
_TOLD_OF = "permission_prompt|idle_prompt|elicitation_dialog|elicitation_url_dialog"
HOOKS = HookSetup(
    file="settings.json",
    events=(
        HookEvent("PermissionRequest", 86_400, matcher="*", status_message="Waiting for you (tray)"),
        HookEvent("Notification", 10, matcher=_TOLD_OF, is_async=True),
        HookEvent("UserPromptSubmit", 5, is_async=True),
        HookEvent("Stop", 10, is_async=True),
        HookEvent("StopFailure", 10, is_async=True, since=(2, 1, 78)),
        HookEvent("SessionStart", 5, is_async=True),
        HookEvent("SessionEnd", 2),  # an async one would die with the process
        HookEvent("SubagentStart", 5, is_async=True),
        HookEvent("SubagentStop", 5, is_async=True),
    ),
    command_name=KIND,
)

# --- processes, paths, other ways in ---------------------------------------------------------------------------------

# fmt: off
_COMMANDS = frozenset({
    "agents", "attach", "auth", "auto-mode", "config", "daemon", "doctor", "install", "logs", "mcp",
    "migrate-installer", "plugin", "plugins", "project", "remote-control", "rm", "setup-token", "stop", "update",
    "upgrade",
})
# fmt: on
_PASSING = frozenset({"--version", "-v", "--help", "-h", "--bg", "--bg-spare", "--bg-pty-host"})
_LONGEST_SLUG = 200


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process of the agent holds a conversation; its helpers and its passing commands do not."""
    words = list(argv)
    program = file_name(exe)
    if program.startswith(("node", "bun")):
        # Before the native program it was a script, and its interpreter was the process.
        if len(words) < 2 or not words[1].replace("\\", "/").endswith("claude-code/cli.js"):
            return False
        words = words[1:]
    elif program != "claude" and "claude-code" not in exe:
        return False
    if words and words[0].startswith("claude bg-"):
        return False
    return not (words[1:2] and words[1] in _COMMANDS) and not any(word in _PASSING for word in words[1:])


def is_headless(argv: Sequence[str]) -> bool:
    """Whether a session answers to a program: it prints and ends."""
    return any(word in ("-p", "--print") for word in argv[1:])


def transcript_paths(home: str, native: str, cwd: str) -> list[str]:
    """Where the transcript of a conversation may be, likeliest first."""
    if not hook_payload.is_plain_id(native) or not cwd:
        return []
    slug = re.sub(r"[^a-zA-Z0-9]", "-", cwd)
    if len(slug) > _LONGEST_SLUG:
        slug = f"{slug[:_LONGEST_SLUG]}-{_short_hash(cwd)}"
    return [f"{home}/projects/{slug}/{native}.jsonl"]


def _short_hash(cwd: str) -> str:
    """What the agent puts after a slug that it cut."""
    number = 0
    units = cwd.encode("utf-16-le", "surrogatepass")
    for index in range(0, len(units), 2):
        number = (number * 31 + int.from_bytes(units[index : index + 2], "little")) & 0xFFFFFFFF
    number = abs(number - 0x1_0000_0000 if number & 0x8000_0000 else number)
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"


def write_inbox(message: str) -> bytes:
    """What the session's own socket takes as a message."""
    return json.dumps({"type": "user", "message": {"role": "user", "content": message}}).encode() + b"\n"


def trusts(content: bytes, directory: str) -> bool:
    """Whether the person told the agent to trust *directory*; without a terminal it runs its hooks all the same."""
    projects = object_of(parse_object(content) or {}, "projects")
    return object_of(projects, directory).get("hasTrustDialogAccepted") is True


# "default" asks for whatever no rule allows, in 2.1.197 as in 2.1.330; the newer word for it, "manual", ends the older.
# fmt: off
START = session_starts.over_stream_json(
    "claude", "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
    "--permission-mode", "default", "--permission-prompt-tool", "stdio",
    trust_places=(f"${HOME_VARIABLE}/.claude.json", "~/.claude.json"), trusts=trusts,
)
# fmt: on


AGENT = Agent(
    kind=KIND,
    label="Claude Code",
    executables=frozenset({"claude", "claude.exe"}),
    tried_with=("2.1.197", "2.1.330"),
    default_home="~/.claude",
    home_variable=HOME_VARIABLE,
    live_state_dir="sessions",
    read_live_state=read_live_state,
    transcript_dir="projects",
    transcript_paths=transcript_paths,
    open_transcript=open_transcript,
    is_session_process=is_session_process,
    read_hook=read_hook,
    write_hook_reply=hook_decision.write,
    asks_by_hook=hook_payload.asks,
    hook_setup=HOOKS,
    resume_words=("claude", "--resume"),
    # The input line holds a no-break space after its mark; a dialog's cursor and echoed prompts hold a plain one.
    prompt_marks=("❯\u00a0",),
    birth_dirs=("$XDG_RUNTIME_DIR/cc-socks", "/tmp/cc-socks"),  # noqa: S108  # where the agent puts its sockets
    is_headless=is_headless,
    write_inbox=write_inbox,
    inbox_label="as a message from another Claude session, not as typed by you",
    interrupt_keys=("Escape",),
    start=START,
    means=(
        Means(Ability.SEE, "live state, log and hooks"),
        Means(Ability.KNOW_IT_WAITS, "live state"),
        Means(Ability.KNOW_WHAT_IT_ASKS, "hook, and log without it"),
        Means(Ability.ALLOW, "hook, with the rules it suggests"),
        Means(Ability.DENY, "hook, with the reason given to the model"),
        Means(Ability.ANSWER, "hook: questions and plans"),
        Means(Ability.PROMPT, "terminal, or its inbox, where the model sees it as a message of another session"),
        Means(Ability.INTERRUPT, "terminal"),
        Means(Ability.JUMP, "terminal"),
    ),
)
