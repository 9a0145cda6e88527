"""Cursor CLI: its process, and its hooks for prompts and ends of turns, as documented.

Its hook for commands runs for every command, also for those that nobody would be asked about: it is not used. One
event that it does not know makes it read none of the file. Opens no file, starts no thread, asks no clock.
"""

from collections.abc import Sequence

from desktop.domain.agent import Ability, Agent, HookCall, HookEvent, HookSetup, HookShape, Means
from desktop.domain.events import Event, EvidenceGiven, SessionDescribed, TurnFinished, TurnStarted
from desktop.domain.ids import AgentKind, session_id
from desktop.domain.session import Claim, Ending, Evidence, Source
from desktop.formats import hook_payload, text
from desktop.formats.command_line import Program, file_name
from desktop.formats.foreign_json import parse_object, text_of

KIND = AgentKind("cursor-cli")
_ENDINGS = {"aborted": Ending.INTERRUPTED, "error": Ending.FAILED}
_EVERY_COMMAND = "Its hook is asked about every command: all of them would wait for you."
_CALLS_US = "its hook tells of its turns"

HOOKS = HookSetup(
    file="hooks.json",
    events=(HookEvent("beforeSubmitPrompt", 5), HookEvent("stop", 5)),
    command_name=KIND,
    shape=HookShape(
        is_grouped=False, has_type=False, is_one_line=True, has_status_message=False, has_async=False, version=1
    ),
)


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events."""
    fields = parse_object(call.payload) or {}
    native, at = text_of(fields, "conversation_id"), call.at
    if not hook_payload.is_plain_id(native):
        return []
    session = session_id(KIND, native)
    roots = fields.get("workspace_roots")
    cwd = roots[0] if isinstance(roots, list) and roots and isinstance(roots[0], str) else None
    described = SessionDescribed(
        session,
        KIND,
        at,
        cwd=cwd,
        model=text_of(fields, "model") or None,
        version=text_of(fields, "cursor_version") or None,
        pid=call.agent_pid or None,
        pane=dict(call.environment).get("TMUX_PANE") or None,
    )
    facts: list[Event] = [described, *hook_payload.process_events(session, call)]
    match text_of(fields, "hook_event_name"):
        case "beforeSubmitPrompt":
            evidence = Evidence(Source.HOOK, Claim.WORKING, at, _CALLS_US)
            prompt = text.one_line(text_of(fields, "prompt"))
            return [*facts, TurnStarted(session, at, prompt), EvidenceGiven(session, evidence)]
        case "stop":
            ending = _ENDINGS.get(text_of(fields, "status"), Ending.FINISHED)
            return [*facts, TurnFinished(session, at, ending)]
        case _:
            return []


PROGRAM = Program(
    names=frozenset({"cursor-agent"}),
    scripts=("/index.js",),
    commands=frozenset({"login", "logout", "status", "update", "mcp", "install-shell-integration", "ls", "about"}),
    passing=frozenset({"--version", "-v", "--help", "-h"}),
    headless=frozenset({"-p", "--print", "acp"}),
)


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process holds a conversation: its own program, or the node that it brings along."""
    is_its = file_name(exe) in PROGRAM.names or "/cursor-agent/" in exe
    return is_its and PROGRAM.is_session(exe, argv)


AGENT = Agent(
    kind=KIND,
    label="Cursor CLI",
    executables=PROGRAM.names,
    default_home="~/.cursor",
    is_session_process=is_session_process,
    is_headless=PROGRAM.is_headless,
    read_hook=read_hook,
    hook_setup=HOOKS,
    means=(
        Means(Ability.SEE, "process, and hooks of its turns"),
        Means(Ability.KNOW_IT_WAITS, why_not="No hook tells that it asks."),
        Means(Ability.KNOW_WHAT_IT_ASKS, why_not="No hook tells that it asks."),
        Means(Ability.ALLOW, why_not=_EVERY_COMMAND),
        Means(Ability.DENY, why_not=_EVERY_COMMAND),
        Means(Ability.ANSWER, why_not="Nothing but its terminal takes an answer."),
        Means(Ability.PROMPT, why_not="Its input line is not known: it was never run here."),
        Means(Ability.INTERRUPT, why_not="Its keys are not known: it was never run here."),
        Means(Ability.JUMP, "terminal"),
    ),
)
