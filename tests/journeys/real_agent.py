"""One real agent in a pane of tmux, led by keys, read from its screen and from its own registry file."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

PATIENCE_S = 20.0
GLANCE_S = 0.01
T = TypeVar("T")
PROMPT_MARK = "❯\u00a0"
KIND = "claude-code"


def until(holds: Callable[[], T], what: str | Callable[[], str], timeout_s: float = PATIENCE_S) -> T:
    """The first true value of *holds*; fails with *what* when there is none in time."""
    end = time.monotonic() + timeout_s
    while not (found := holds()):
        if time.monotonic() > end:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {timeout_s:.1f} s in vain: {said}")
        time.sleep(GLANCE_S)
    return found


@dataclass(frozen=True)
class Tmux:
    """A tmux server of our own."""

    socket: Path
    environment: dict[str, str]

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), "-f", "/dev/null", *words],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"tmux {words[0]}: {done.stderr}"
        return done.stdout

    def start(self) -> None:
        self("new-session", "-d", "-s", "journeys", "-x", "180", "-y", "50", "sleep", "100000")

    def stop(self) -> None:
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], capture_output=True, check=False)


class Registered:
    """A session by what the agent itself writes of it."""

    def __init__(self, config: Path, pid: int) -> None:
        self.config = config
        self.pid = pid

    def registry(self) -> dict[str, object]:
        """Its own live-state file; empty when there is none."""
        try:
            found = json.loads((self.config / "sessions" / f"{self.pid}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        assert isinstance(found, dict)
        return found

    @property
    def session(self) -> str:
        """Its conversation, as the tray names it."""
        # The agent writes its file in place: for a moment it is empty.
        return f"{KIND}:{until(lambda: self.registry().get('sessionId'), 'its own file to name its conversation')}"

    def status(self) -> str:
        return str(self.registry().get("status", ""))

    def stamp(self) -> float:
        """When it last changed its status."""
        at = self.registry().get("statusUpdatedAt", 0)
        assert isinstance(at, int | float)
        return at / 1000

    def wait_status(self, status: str, after: float = 0.0, timeout_s: float = PATIENCE_S) -> float:
        """Wait until it says *status*, changed later than *after*; return when it changed."""

        def says() -> float:
            found = self.registry()
            at = found.get("statusUpdatedAt", 0)
            assert isinstance(at, int | float)
            return at / 1000 if found.get("status") == status and at / 1000 > after else 0.0

        return until(says, lambda: f"the agent to say {status}; it says {self.status()!r}{self.scene()}", timeout_s)

    def scene(self) -> str:
        """What a person would see of it, for whoever reads of a failure."""
        return ""

    def kill(self) -> float:
        """End it without a chance to tidy up; return when."""
        at = time.time()
        self._signal(signal.SIGKILL)
        return at

    def quit(self) -> None:
        """End it as closing its terminal does."""
        self._signal(signal.SIGHUP)

    def _signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return
        until(self.has_ended, "the agent to end")

    def has_ended(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True


class RealAgent(Registered):
    """A session as the person who sits before it sees it."""

    def __init__(
        self, tmux: Tmux, program: Path, arguments: Sequence[str], cwd: Path, config: Path, variables: dict[str, str]
    ) -> None:
        self.cwd = cwd
        self._tmux = tmux
        set_here = [f"{name}={value}" for name, value in variables.items()]
        told = tmux(
            "new-window", "-d", "-t", "journeys:", "-P", "-F", "#{pane_id} #{pane_pid}", "-c", str(cwd),
            "env", *set_here, str(program), *arguments,
        )  # fmt: skip
        self.pane_id, _, pid = told.strip().partition(" ")
        super().__init__(config, int(pid))

    # -- its terminal

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p", "-t", self.pane_id)

    def wait_screen(self, words: str, timeout_s: float = PATIENCE_S) -> str:
        """Wait until the terminal shows *words*."""
        try:
            return until(lambda: shown if words in (shown := self.screen()) else "", words, timeout_s)
        except AssertionError:
            raise AssertionError(f"the terminal never showed {words!r}:\n{self.screen()}") from None

    def wait_ready(self) -> None:
        """Wait until it takes a prompt."""
        until(lambda: self.status() == "idle", "the agent to start", 40)
        until(self.has_empty_prompt, lambda: f"an empty prompt box in\n{self.screen()}")

    def has_empty_prompt(self) -> bool:
        return any(line.rstrip(" ") == PROMPT_MARK for line in self.screen().splitlines())

    def key(self, *keys: str) -> float:
        """Press keys by their names in tmux; return when."""
        at = time.time()
        self._tmux("send-keys", "-t", self.pane_id, *keys)
        return at

    def type(self, text: str) -> None:
        """Type *text* and wait until the terminal shows it."""
        self._tmux("send-keys", "-t", self.pane_id, "-l", "--", text)
        bare = "".join(text.split())[-40:]
        until(lambda: bare in "".join(self.screen().split()), lambda: f"{text!r} in the prompt box of\n{self.screen()}")

    def prompt(self, text: str) -> float:
        """Type a prompt and send it; return when."""
        before = self.stamp()
        self.type(text)
        at = self.key("Enter")
        try:
            until(lambda: self.stamp() > before, "the turn to begin", 3)
        except AssertionError:
            self.key("Enter")  # the first one was taken for a part of what was pasted
        return at

    def answer(self, key: str) -> float:
        """Press *key* in the dialog that stands now, until it is taken; return when.

        The agent says that it waits before it draws the dialog, and takes no key in its first moments.
        """
        stamp = self.stamp()
        self.wait_screen("❯ 1.")
        for _ in range(8):
            at = self.key(key)
            try:
                until(lambda: self.stamp() != stamp or self.has_ended(), "", 0.7)
            except AssertionError:
                continue
            return at
        raise AssertionError(f"the dialog did not take {key}{self.scene()}")

    def scene(self) -> str:
        return f":\n{self.screen()}"
