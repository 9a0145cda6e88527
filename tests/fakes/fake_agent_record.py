"""What is known of the fake agent, as an adapter would write it down, and a way to start and steer one."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from desktop.domain.agent import Agent, LiveState
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId, session_id
from desktop.domain.session import Claim, Evidence, NameSource, Source, ToolCall
from desktop.watchers.log_tail import Checkpoint

PROGRAM = Path(__file__).with_name("fake_agent.py")
KIND = AgentKind("fake")


class FakeReader:
    """Reads the fake agent's transcript."""

    def __init__(self, session: SessionId) -> None:
        self._session = session
        self._is_decided = False
        self._skipped = 0

    @property
    def is_decided(self) -> bool:
        return self._is_decided

    @property
    def skipped(self) -> int:
        return self._skipped

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        events = [event for line in log[top:].split(b"\n") if line for event in self.feed(line)]
        return events if self._is_decided or is_last_try else None

    def feed(self, line: bytes) -> list[Event]:
        try:
            fields = json.loads(line)
            at = datetime.fromisoformat(fields["at"])
        except (ValueError, KeyError, TypeError):
            self._skipped += 1
            return []
        session = self._session
        match fields:
            case {"kind": "prompt", "text": str(text)}:
                self._is_decided = True
                return [TurnStarted(session, at, text)]
            case {"kind": "done"}:
                self._is_decided = True
                return [TurnFinished(session, at)]
            case {"kind": "call", "id": str(call)}:
                return [ToolCallStarted(session, ToolCall(call, "Shell", call, at))]
            case {"kind": "result", "id": str(call)}:
                return [ToolCallEnded(session, call, at)]
            case {"kind": "files", "paths": list(paths)}:
                return [FilesChanged(session, at, tuple(str(path) for path in paths))]
            case {"kind": "activity", "text": str(text)}:
                return [ActivitySeen(session, at, text)]
            case {"kind": "title", "text": str(text)}:
                return [SessionDescribed(session, KIND, at, name=(NameSource.TITLE, text))]
        return []


_CLAIMS = {"idle": Claim.RESTING, "busy": Claim.WORKING, "waiting": Claim.WAITING}


def read_live_state(content: bytes, home: str) -> LiveState | None:
    """Read a live-state file of the fake agent."""
    state = json.loads(content)
    session = session_id(KIND, state["session"])
    at = datetime.now().astimezone()
    claim = _CLAIMS[state["status"]]
    evidence = Evidence(Source.LIVE_STATE, claim, at, origin=str(state["pid"]))
    described = SessionDescribed(session, KIND, at, cwd=state["cwd"], pid=state["pid"], home=home)
    return LiveState(
        session,
        state["session"],
        state["pid"],
        state["started"],
        state["cwd"],
        (described, EvidenceGiven(session, evidence)),
    )


def transcript_paths(home: str, native: str, cwd: str) -> Sequence[str]:
    """Where the transcript lies."""
    return [f"{home}/logs/{cwd.replace('/', '-')}/{native}.jsonl"]


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether this runs the fake agent."""
    return len(argv) > 1 and argv[1] == str(PROGRAM)


FAKE = Agent(
    kind=KIND,
    label="Fake",
    default_home="~/.fake",
    home_variable="FAKE_HOME",
    live_state_dir="live",
    read_live_state=read_live_state,
    transcript_dir="logs",
    transcript_paths=transcript_paths,
    open_transcript=FakeReader,
    is_session_process=is_session_process,
    birth_dirs=("$FAKE_BIRTHS",),
)


class Started:
    """A fake agent that runs."""

    def __init__(
        self, home: Path, session: str, cwd: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(home), session, "--cwd", str(cwd), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self.pid = self.process.pid

    def does(self, *words: str) -> None:
        """Tell it to do one thing and wait until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def logs(self, kind: str, **fields: object) -> None:
        """Let it add a record to its transcript."""
        self.does("log", kind, json.dumps(fields))

    def kill(self) -> None:
        """End it at once; it tidies nothing up."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class Heard:
    """A sink that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times: list[float] = []
        self._came = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._came:
            self.events.append(event)
            self.times.append(time.monotonic())
            self._came.notify_all()

    def wait(self, meets: Callable[[Event], bool], seconds: float = 10.0, after: int = 0) -> tuple[Event, float]:
        """The first event from index *after* on that meets the condition, and when it came."""

        def found() -> int | None:
            return next((index for index, event in enumerate(self.events) if index >= after and meets(event)), None)

        with self._came:
            if not self._came.wait_for(lambda: found() is not None, seconds):
                raise AssertionError(f"not seen within {seconds} s; heard {self.events[-12:]}")
            index = found()
            assert index is not None
            return self.events[index], self.times[index]

    def of(self, kind: type[Event]) -> list[Event]:
        """Everything heard of one kind."""
        with self._came:
            return [event for event in self.events if isinstance(event, kind)]


class MemoryCursors:
    """Keeps checkpoints as long as the test runs."""

    def __init__(self) -> None:
        self.kept: dict[str, Checkpoint] = {}

    def load(self) -> Mapping[str, Checkpoint]:
        return dict(self.kept)

    def save(self, checkpoints: Mapping[str, Checkpoint]) -> None:
        self.kept = dict(checkpoints)
