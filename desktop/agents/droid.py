"""Droid: its process and its hooks, as documented.

Its hook for calls runs for every one of them, also for those that nobody would be asked about: it is not used. Opens
no file, starts no thread, asks no clock.
"""

import json
import re
from dataclasses import replace

from desktop.domain.agent import Ability, Agent, HookCall, HookEvent, HookSetup, HookShape, Means
from desktop.domain.events import Event, EvidenceGiven
from desktop.domain.ids import AgentKind, session_id
from desktop.domain.session import Claim, Evidence, Source
from desktop.formats import hook_payload
from desktop.formats.command_line import Program
from desktop.formats.foreign_json import parse_object, text_of

KIND = AgentKind("droid")
_ASKS = "needs your permission"
_EVERY_CALL = "Its hook is asked about every call: all of them would wait for you."

HOOKS = HookSetup(
    file="settings.json",
    events=tuple(
        HookEvent(name, 10) for name in ("Notification", "UserPromptSubmit", "Stop", "SessionStart", "SessionEnd")
    ),
    command_name=KIND,
    shape=HookShape(is_one_line=True, has_status_message=False, has_async=False),
)


def read_hook(call: HookCall) -> list[Event]:
    """Turn a hook call into events; its fields come in either of two spellings."""
    fields = parse_object(call.payload)
    if fields is None:
        return []
    spelt = {re.sub(r"(?<=[a-z])([A-Z])", lambda found: f"_{found[1].lower()}", key): fields[key] for key in fields}
    if "notification_type" not in spelt:
        asks = _ASKS in text_of(fields, "message")
        spelt["notification_type"] = "worker_permission_prompt" if asks else "idle_prompt"
    call = replace(call, payload=json.dumps(spelt).encode("utf-8", "replace"))
    payload = hook_payload.read(call.payload)
    events = (
        hook_payload.events(call, KIND) if payload is not None and payload.event != hook_payload.ASKING_EVENT else []
    )
    if not events or payload is None:
        return []
    session = session_id(KIND, payload.native_session)
    if payload.event == "UserPromptSubmit":
        events.append(EvidenceGiven(session, Evidence(Source.HOOK, Claim.WORKING, call.at, "its hook tells of turns")))
    return [events[0], *hook_payload.process_events(session, call), *events[1:]]


PROGRAM = Program(
    names=frozenset({"droid"}),
    commands=frozenset({"computer", "daemon", "doctor", "exec", "find", "help", "mcp", "plugin", "search", "update"}),
    passing=frozenset({"--version", "-v", "--help", "-h"}),
)

AGENT = Agent(
    kind=KIND,
    label="Droid",
    executables=frozenset({"droid"}),
    default_home="~/.factory",
    is_session_process=PROGRAM.is_session,
    read_hook=read_hook,
    hook_setup=HOOKS,
    means=(
        Means(Ability.SEE, "process, and hooks of its turns"),
        Means(Ability.KNOW_IT_WAITS, "hook"),
        Means(Ability.KNOW_WHAT_IT_ASKS, "hook", "Only the name of the tool."),
        Means(Ability.ALLOW, why_not=_EVERY_CALL),
        Means(Ability.DENY, why_not=_EVERY_CALL),
        Means(Ability.ANSWER, why_not="Nothing but its terminal takes an answer."),
        Means(Ability.PROMPT, why_not="Its input line is not known: it was never run here."),
        Means(Ability.INTERRUPT, why_not="Its keys are not known: it was never run here."),
        Means(Ability.JUMP, "terminal"),
    ),
)
