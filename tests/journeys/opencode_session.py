"""A real opencode in a pane of tmux, led by keys; a plugin of ours in it bears witness of what it says, and when."""

import contextlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.journeys import packages
from tests.journeys.real_agent import Tmux, until

KIND = "opencode"
STARTS_WITHIN_S = 60.0
_WITNESS = """
import { appendFileSync } from "node:fs"
const say = (event) => {
  const skipped = ["message.part.delta", "message.part.updated", "message.updated"]
  if (skipped.includes(event.type)) return
  const told = { at: Date.now() / 1000, pid: process.pid, type: event.type, properties: event.properties }
  appendFileSync(process.env.WITNESS, JSON.stringify(told) + "\\n")
}
export const Witness = async () => {
  say({ type: "loaded", properties: {} })
  return { event: async ({ event }) => say(event) }
}
"""


def make_home(home: Path, url: str) -> None:
    """Write what the agent needs to ask our model; *home* is what XDG_CONFIG_HOME names."""
    folder = home / "opencode"
    (folder / "plugins").mkdir(parents=True)
    _put_packages(folder)
    (folder / "plugins" / "witness.js").write_text(_WITNESS)
    model = {"name": "m", "tool_call": True, "limit": {"context": 100_000, "output": 4000}}
    options = {"baseURL": f"{url}/v1", "apiKey": "dummy"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "fake", "options": options, "models": {"m": model}}
    config = {
        "provider": {"fake": provider}, "model": "fake/m", "small_model": "fake/m", "autoupdate": False,
        "share": "disabled", "permission": {"bash": "ask", "edit": "ask"},
    }  # fmt: skip
    (folder / "opencode.json").write_text(json.dumps(config))


def _put_packages(folder: Path) -> None:
    """Lay there what it would else fetch at its first start, which takes it up to a minute."""
    fetched = packages.program_of(packages.OPENCODE_PLUGIN).parents[3]
    for name in ("package.json", "package-lock.json"):
        shutil.copy(fetched / name, folder)
    shutil.copytree(fetched / "node_modules", folder / "node_modules", symlinks=True)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class OpencodeSession:
    """A session as the person who sits before it sees it."""

    def __init__(
        self, tmux: Tmux, program: Path, arguments: Sequence[str], home: Path, cwd: Path, variables: Mapping[str, str]
    ) -> None:
        self._tmux = tmux
        self.home = home
        self.cwd = cwd
        self._log = home / f"witness-{time.monotonic_ns()}.jsonl"
        here = {
            "XDG_CONFIG_HOME": str(home), "WITNESS": str(self._log), "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1", **variables,
        }  # fmt: skip
        told = tmux(
            "new-window", "-d", "-t", "journeys:", "-P", "-F", "#{pane_id} #{pane_pid}", "-c", str(cwd),
            "env", *(f"{name}={value}" for name, value in here.items()), str(program), *arguments,
        )  # fmt: skip
        self.pane_id, _, pid = told.strip().partition(" ")
        self.pid = int(pid)
        until(lambda: self.events("loaded"), lambda: f"the witness to be loaded:\n{self.screen()}", STARTS_WITHIN_S)
        until(lambda: "Ask anything" in self.screen(), lambda: f"a prompt box:\n{self.screen()}", STARTS_WITHIN_S)
        self.begun_at = time.time()
        self.sent_at = 0.0  # when the last prompt was
        self.kind = ""  # in the table of what was measured

    def wait_calm(self) -> None:
        """Wait until it has loaded what its first turn needs: until then nothing else in it is served for seconds."""
        self.wait_event("session.idle", self.prompt("hello"))
        until(self._is_calm, lambda: f"it to be calm:\n{self.screen()}", STARTS_WITHIN_S)

    def _is_calm(self) -> bool:
        """Whether it takes less than half a processor for a second."""
        before = _processor_s(self.pid)
        time.sleep(1.0)
        return _processor_s(self.pid) - before < 0.5

    @property
    def session(self) -> str:
        """Its conversation, as the tray names it; its process, while there is none."""
        made = [told for told in self.events("session.created") if not _info(told).get("parentID")]
        return f"{KIND}:{_info(made[-1])['id']}" if made else f"{KIND}:pid-{self.pid}"

    # -- what it says

    def events(self, kind: str, after: float = 0.0) -> list[dict[str, object]]:
        """What it said of that kind later than *after*."""
        with contextlib.suppress(OSError):
            lines = self._log.read_bytes().split(b"\n")[:-1]
            told = [json.loads(line) for line in lines]
            return [each for each in told if each["type"] == kind and each["at"] > after]
        return []

    def wait_event(self, kind: str, after: float, timeout_s: float = 20.0) -> float:
        """Wait until it says *kind*, later than *after*; return when it did."""
        found = until(lambda: self.events(kind, after), lambda: f"{kind}:\n{self.screen()}", timeout_s)
        at = found[0]["at"]
        assert isinstance(at, float | int)
        return float(at)

    # -- its terminal

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-t", self.pane_id)

    def wait_screen(self, words: str, timeout_s: float = 20.0) -> None:
        until(lambda: words in self.screen(), lambda: f"{words!r} on\n{self.screen()}", timeout_s)

    def key(self, *keys: str) -> float:
        """Press keys by their names in tmux; return when."""
        at = time.time()
        self._tmux("send-keys", "-t", self.pane_id, *keys)
        return at

    def prompt(self, text: str) -> float:
        """Type a prompt and send it; return when the turn began."""
        before = time.time()
        self._tmux("send-keys", "-t", self.pane_id, "-l", "--", text)
        bare = "".join(text.split())[-20:]
        until(lambda: bare in "".join(self.screen().split()), lambda: f"{text!r} on\n{self.screen()}")
        self.sent_at = time.time()
        for _ in range(5):
            self.key("Enter")
            with contextlib.suppress(AssertionError):
                return self.wait_event("session.status", before, 3)
        raise AssertionError(f"the prompt was not taken:\n{self.screen()}")

    def wait_asked(self, after: float, kind: str = "permission") -> float:
        """Wait until it asks and shows its own prompt; return when it said so."""
        at = self.wait_event(f"{kind}.asked", after)
        self.wait_screen("Permission required" if kind == "permission" else "SQLite")
        return at

    def abort(self) -> None:
        """Break its turn off: two presses, not so close that they are taken for one key."""
        at = time.time()
        for _ in range(12):
            self.key("Escape")
            with contextlib.suppress(AssertionError):
                self.wait_event("session.idle", at, 0.5)
                return
        raise AssertionError(f"the turn was not broken off:\n{self.screen()}")

    def kill(self) -> float:
        """End it without a chance to tidy up; return when."""
        at = time.time()
        os.kill(self.pid, signal.SIGKILL)
        return at

    def quit(self) -> None:
        """Close its terminal."""
        with contextlib.suppress(AssertionError):
            self._tmux("kill-pane", "-t", self.pane_id)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _info(told: dict[str, object]) -> dict[str, object]:
    properties = told["properties"]
    assert isinstance(properties, dict)
    info = properties["info"]
    assert isinstance(info, dict)
    return info
