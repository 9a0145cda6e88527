"""A small honest agent: keeps a live-state file and a transcript, and does what it is told on its standard input.

Each line of input is a JSON list, a verb and its arguments; each is answered by one line when it is done.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path


def started_ticks(pid: int) -> str:
    """When a process started, as the kernel counts it."""
    stat = Path(f"/proc/{pid}/stat").read_bytes()
    return stat.rpartition(b")")[2].split()[19].decode()


def record(kind: str, **fields: object) -> bytes:
    """One line of a transcript."""
    return json.dumps({"kind": kind, "at": datetime.now(UTC).isoformat(), **fields}).encode() + b"\n"


def transcript_path(home: Path, session: str, cwd: str) -> Path:
    """Where the transcript of a session lies."""
    return home / "logs" / cwd.replace("/", "-") / f"{session}.jsonl"


class FakeAgent:
    """One running agent."""

    def __init__(self, home: Path, session: str, cwd: str, *, keeps_state: bool) -> None:
        self._home = home
        self._session = session
        self._cwd = cwd
        self._keeps_state = keeps_state

    @property
    def _state_file(self) -> Path:
        return self._home / "live" / f"{os.getpid()}.json"

    def status(self, status: str) -> None:
        """Write down how it stands."""
        if not self._keeps_state:
            return
        state = {
            "pid": os.getpid(),
            "session": self._session,
            "started": started_ticks(os.getpid()),
            "cwd": self._cwd,
            "status": status,
            "at": datetime.now(UTC).isoformat(),
        }
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        self._state_file.write_text(json.dumps(state), encoding="utf-8")

    def log(self, kind: str, fields: dict[str, object]) -> None:
        """Add a record to the transcript."""
        path = transcript_path(self._home, self._session, self._cwd)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(record(kind, **fields))

    def ask(self, payload: str, answer: Path, hook: list[str]) -> None:
        """Call *hook* with *payload* and go on; what it prints is in *answer* when it has ended."""

        def call() -> None:
            done = subprocess.run(hook, input=payload.encode(), stdout=subprocess.PIPE, check=False)
            answer.with_suffix(".new").write_bytes(done.stdout)
            answer.with_suffix(".new").rename(answer)

        threading.Thread(target=call, daemon=True).start()

    def obey(self, verb: str, *arguments: str) -> bool:
        """Do one thing; false when it was the last."""
        match verb, *arguments:
            case "status", status:
                self.status(status)
            case "log", kind, fields:
                self.log(kind, json.loads(fields))
            case "clear", session:
                self._session = session
                self.status("idle")
            case "ask", payload, answer, *hook:
                self.ask(payload, Path(answer), hook)
            case ("forget",):
                self._state_file.unlink()
            case ("remember",):
                self._keeps_state = True
                self.status("idle")
            case ("quit",):
                self._state_file.unlink(missing_ok=True)
                return False
        return True


def main() -> None:
    """Run until told to quit or until nobody talks any more."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("session")
    parser.add_argument("--cwd", default=os.getcwd())
    parser.add_argument("--no-state", action="store_true")
    options = parser.parse_args()
    agent = FakeAgent(options.home, options.session, options.cwd, keeps_state=not options.no_state)
    agent.status("idle")
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        goes_on = agent.obey(*json.loads(line))
        print("done", flush=True)
        if not goes_on:
            return


if __name__ == "__main__":
    main()
