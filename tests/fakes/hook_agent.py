"""An agent of our own: its hook calls are JSON with a session, and ask when they say so."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from desktop.domain.agent import Agent, AgentLine, HookCall, HookEvent, HookSetup
from desktop.domain.events import ActivitySeen, Event, RequestOpened
from desktop.domain.ids import AgentKind, RequestId, SessionId, session_id
from desktop.domain.replies import Prompt, SessionReply
from desktop.domain.requests import Request, RequestKind

T = TypeVar("T")
KIND = AgentKind("fake")
RELAY = Path(__file__).parents[2] / "desktop" / "relay" / "main.py"
SESSION = session_id(KIND, "one")


def call(session: str = "one", *, asks: bool = True, command: str = "make release") -> bytes:
    """Write what the agent tells its hook."""
    return json.dumps({"session": session, "asks": asks, "command": command}).encode()


def _asks(payload: bytes) -> bool:
    return bool(json.loads(payload)["asks"])


def _read(hook: HookCall) -> list[Event]:
    said = json.loads(hook.payload)
    session = session_id(KIND, said["session"])
    if not said["asks"]:
        return [ActivitySeen(session, hook.at, said["command"])]
    request = Request(
        id=RequestId(hook.request_nonce),
        session=session,
        kind=RequestKind.PERMISSION,
        opened_at=hook.at,
        text=said["command"],
        digest=hashlib.sha256(hook.payload).hexdigest(),
    )
    return [RequestOpened(request)]


def _session_that_listens(payload: bytes) -> SessionId | None:
    said = json.loads(payload)
    return session_id(KIND, said["session"]) if said.get("listens") else None


def _word(reply: SessionReply) -> bytes | None:
    return reply.text.encode() if isinstance(reply, Prompt) else None


LINE = AgentLine(_session_that_listens, _word, "by its hook")

AGENT = Agent(
    kind=KIND,
    label="Fake",
    read_hook=_read,
    asks_by_hook=_asks,
    hook_setup=HookSetup(
        file="settings.json",
        command_name="fake",
        events=(
            HookEvent("Ask", 86400, matcher="*", status_message="Waiting for you"),
            HookEvent("Stop", 10, is_async=True),
            HookEvent("Newer", 5, since=(3, 0)),
        ),
    ),
)


@dataclass
class Front:
    """The main thread's side: owners by session, and a beat that can be stopped."""

    owners: dict[SessionId, tuple[int, ...]] = field(default_factory=dict)
    on_pulse: Callable[[], None] = lambda: None
    raised: list[str] = field(default_factory=list)
    proposed: list[bytes] = field(default_factory=list)
    pulses: int = 0

    def owners_of(self, session: SessionId) -> tuple[int, ...]:
        return self.owners.get(session, ())

    def pulse(self) -> None:
        self.pulses += 1
        self.on_pulse()

    def status(self) -> bytes:
        return b'{"version":1}\n'

    def watch(self) -> bytes:
        return b'{"first":true}\n'

    def raise_window(self, token: str) -> None:
        self.raised.append(token)

    def propose(self, payload: bytes) -> None:
        self.proposed.append(payload)


class Listener:
    """The agent's end of a line for a person's words."""

    def __init__(self, directory: Path, session: str = "one") -> None:
        self.payload = json.dumps({"session": session, "listens": True}).encode()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(str(directory / "tray.sock"))
        self.socket.sendall(b"AT1 hook fake %d\n" % len(self.payload) + self.payload)

    def hears(self, count: int) -> bytes:
        heard = b""
        while len(heard) < count and (more := self.socket.recv(count - len(heard))):
            heard += more
        return heard

    def says(self, words: bytes) -> None:
        self.socket.sendall(words)

    def hangs_up(self) -> None:
        self.socket.close()


class Events:
    """Collects what a watcher says, and waits for it."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.all.append(event)
            self._changed.notify_all()

    def of(self, kind: type[T]) -> list[T]:
        with self._changed:
            return [event for event in self.all if isinstance(event, kind)]

    def wait(self, kind: type[T], count: int = 1, deadline_s: float = 10.0) -> T:
        """Return the *count*-th event of a kind, which must come."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: sum(isinstance(event, kind) for event in self.all) >= count, deadline_s
            )
        assert came, f"no {kind.__name__} among {self.all}"
        return self.of(kind)[count - 1]


def until(condition: Callable[[], object], deadline_s: float = 10.0) -> None:
    """Wait for a condition of the outside world."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        pause.wait(0.01)


def relay(runtime: Path, name: str = "fake", file: Path = RELAY) -> "subprocess.Popen[bytes]":
    """Start the real relay as an agent would; the caller writes its input and closes it."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(file), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"XDG_RUNTIME_DIR": str(runtime), "PATH": os.environ["PATH"]},
    )


def ask(runtime: Path, payload: bytes, name: str = "fake") -> "subprocess.Popen[bytes]":
    """Start the real relay with a call in its input."""
    process = relay(runtime, name)
    assert process.stdin is not None
    process.stdin.write(payload)
    process.stdin.close()
    process.stdin = None
    return process


def outcome(process: "subprocess.Popen[bytes]", deadline_s: float = 10.0) -> tuple[bytes, bytes, int]:
    """What the relay printed, what it complained of, and how it ended."""
    out, err = process.communicate(timeout=deadline_s)
    return out, err, process.returncode
