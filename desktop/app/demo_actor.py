"""Plays one scripted session of the demo: a live process that writes what an agent would write, and asks our relay.

Everything an agent's own way of speaking needs is in the script (``resources/demo``); this knows none of it.
"""

import json
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from desktop.channels.process import started_of
from desktop.formats.resources import resource_bytes

SCRIPT = "demo/sessions.json"
_VARIABLE = re.compile(r"\$([a-z_]+)")


def load_script() -> dict[str, object]:
    """Read the script that ships with the program."""
    script = json.loads(resource_bytes(SCRIPT))
    if not isinstance(script, dict):
        raise TypeError(f"{SCRIPT} is not an object")
    return script


@dataclass(slots=True)
class Actor:
    """One session of the script, in a home of its own."""

    script: dict[str, object]
    part: dict[str, object]
    root: Path
    relay: Sequence[str]
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    count: int = 0
    pause: threading.Event = field(default_factory=threading.Event)

    def play(self) -> None:
        """Play the part to its end."""
        Path(self._cwd).mkdir(parents=True, exist_ok=True)
        self._play(self.part["steps"])

    def _play(self, steps: object) -> None:
        if not isinstance(steps, list):
            return
        for step in steps:
            self._step(step)

    def _step(self, step: object) -> None:
        match step:
            case {"wait": int() | float() as seconds}:
                self.pause.wait(seconds)
            case {"stay": True}:
                self.pause.wait()
            case {"loop": list() as steps}:
                while True:
                    self._play(steps)
            case {"live": dict() as content}:
                self._write(Path(self._filled(str(self.script["live_state"]))), json.dumps(self._fill(content)))
            case {"append": dict() as record}:
                self._append(self._fill(record))
            case {"ask": dict() as payload, **branches}:
                self._play(branches.get(self._ask(payload)))
            case _:
                raise ValueError(f"the demo has a step that nobody can play: {step!r}")

    def _ask(self, payload: dict[str, object]) -> str:
        """Ask as an agent would; which branch of the script follows."""
        done = subprocess.run(
            self.relay, input=json.dumps(self._fill(payload)).encode(), capture_output=True, check=False
        )
        try:
            answer: object = json.loads(done.stdout)
        except ValueError:
            return "none"
        path = self.script["behaviour"]
        for name in path if isinstance(path, list) else ():
            answer = answer.get(name) if isinstance(answer, dict) else None
        return str(answer)

    def _append(self, record: object) -> None:
        path = Path(self._filled(str(self.script["transcript"])))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as transcript:
            transcript.write(json.dumps(record) + "\n")

    def _write(self, path: Path, content: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(".new")
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)

    @property
    def _cwd(self) -> str:
        return str(self.root / "src" / str(self.part["project"]))

    def _values(self) -> dict[str, object]:
        now = datetime.now(UTC)
        home = str(self.root / str(self.script["home"]))
        return {
            "pid": os.getpid(),
            "process_start": started_of(os.getpid()),
            "session": self.session,
            "name": self.part["name"],
            "cwd": self._cwd,
            "home": home,
            "slug": re.sub(r"[^a-zA-Z0-9]", "-", self._cwd),
            "transcript": f"{home}/projects/{re.sub(r'[^a-zA-Z0-9]', '-', self._cwd)}/{self.session}.jsonl",
            "now_ms": int(now.timestamp() * 1000),
            "now_iso": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "uuid": str(uuid.uuid4()),
            "n": self.count,
        }

    def _fill(self, content: object) -> object:
        self.count += 1
        return self._filled_in(content, self._values())

    def _filled(self, template: str) -> str:
        return str(self._filled_in(template, self._values()))

    def _filled_in(self, content: object, values: dict[str, object]) -> object:
        match content:
            case str() if _VARIABLE.fullmatch(content) and content[1:] in values:
                return values[content[1:]]  # alone it keeps its type
            case str():
                return _VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), content)
            case list():
                return [self._filled_in(item, values) for item in content]
            case dict():
                return {key: self._filled_in(item, values) for key, item in content.items()}
            case _:
                return content


def main() -> None:
    """Play the part named on the command line: its number, the root of the demo, then the relay's command."""
    number, root, *relay = sys.argv[1:]
    script = load_script()
    parts = script["sessions"]
    if isinstance(parts, list):
        Actor(script, parts[int(number)], Path(root), relay).play()


if __name__ == "__main__":
    main()
