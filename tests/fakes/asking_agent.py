"""The fake agent as the whole program sees it: live state, transcript, and hook calls that can be answered.

As a program: a tray that knows this agent alone.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from desktop.app import beginning, tray_program
from desktop.domain.agent import Agent, HookCall, HookEvent, HookSetup, LiveState
from desktop.domain.events import Event, EvidenceGiven, RequestOpened
from desktop.domain.ids import RequestId, session_id
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Choice, Question, Request, RequestKind
from desktop.domain.session import Claim
from tests.fakes.fake_agent_record import FAKE, KIND, Started, read_live_state
from tests.fakes.hook_agent import RELAY

ALLOWED = b'{"decision":"allow"}'
DENIED = b'{"decision":"deny"}'


def call(command: str, session: str = "one", options: Sequence[str] = ()) -> bytes:
    """What the agent tells its hook: a command it wants to run or, with *options*, a question."""
    return json.dumps({"session": session, "command": command, "options": list(options)}).encode()


def _read_hook(hook: HookCall) -> list[Event]:
    said = json.loads(hook.payload)
    choices = tuple(Choice(option) for option in said["options"])
    request = Request(
        id=RequestId(hook.request_nonce),
        session=session_id(KIND, said["session"]),
        kind=RequestKind.QUESTION if choices else RequestKind.PERMISSION,
        opened_at=hook.at,
        tool="Shell",
        text=said["command"],
        summary="asks a question" if choices else "wants to run a command",
        questions=(Question(said["command"], choices=choices),) if choices else (),
        digest=hashlib.sha256(hook.payload).hexdigest(),
    )
    return [RequestOpened(request)]


def _write_reply(payload: bytes, request: Request, reply: RequestReply) -> bytes:
    match reply:
        case Allow() | ApprovePlan():
            return ALLOWED
        case Deny():
            return DENIED
        case Answer(answers=answers):
            return json.dumps({"answers": answers}).encode()


def _read_live_state(content: bytes, home: str) -> LiveState | None:
    """As the fake agent has it, with the agent's own stamp, and one status more: it asks for approval."""
    try:
        fields = json.loads(content)
    except ValueError:
        return None  # half written
    is_asking = fields["status"] == "asking"
    state = read_live_state(
        json.dumps({**fields, "status": "waiting" if is_asking else fields["status"]}).encode(), home
    )
    if state is None:
        return None
    said_at = datetime.fromisoformat(fields["at"])
    return replace(state, events=tuple(_stamped(event, said_at, is_asking=is_asking) for event in state.events))


def _stamped(event: Event, said_at: datetime, *, is_asking: bool) -> Event:
    match event:
        case EvidenceGiven(evidence=evidence):
            claim = Claim.WAITING_APPROVAL if is_asking else evidence.claim
            return replace(event, evidence=replace(evidence, claim=claim, at=said_at))
        case _:
            return event


AGENT: Agent = replace(
    FAKE,
    read_live_state=_read_live_state,
    read_hook=_read_hook,
    asks_by_hook=lambda payload: True,
    write_hook_reply=_write_reply,
    hook_setup=HookSetup("settings.json", (HookEvent("Ask", 3600),), "fake"),
)


def asks(agent: Started, payload: bytes, answer: Path) -> None:
    """Let a running fake agent ask: its own prompt opens, and it calls our relay."""
    agent.does("status", "asking")
    agent.does("ask", payload.decode(), str(answer), sys.executable, "-I", "-S", str(RELAY), "fake")


if __name__ == "__main__":
    beginning.load_agents = lambda: (AGENT,)
    sys.exit(tray_program.run(is_smoke=False))
