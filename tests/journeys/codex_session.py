"""A real Codex in a pane of tmux, led by keys, read from its screen and from its own rollout."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from tests.journeys.real_agent import Tmux, until

KIND = "codex"
EMPTY_PROMPT = "Ask Codex to do anything"
STARTS_WITHIN_S = 40.0
MODEL = "gpt-5.1-codex"
# The daemon that this agent starts by default is another journey: here each terminal serves itself.
ARGUMENTS = ("--disable", "daemon_auto_start")

_CONFIG = """
model = "{model}"
model_provider = "scripted"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
check_for_update_on_startup = false

[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 0
stream_max_retries = 0

[projects."{project}"]
trust_level = "trusted"

[tui]
screen_reader_detection_done = true
"""


def make_home(home: Path, url: str, project: Path) -> None:
    """Write what the agent needs to ask our model and to trust our project."""
    home.mkdir(parents=True)
    (home / "config.toml").write_text(_CONFIG.format(model=MODEL, url=url, project=project))


class CodexSession:
    """A session as the person who sits before it sees it."""

    arguments: tuple[str, ...] = ARGUMENTS

    def __init__(self, tmux: Tmux, program: Path, home: Path, cwd: Path, variables: Mapping[str, str]) -> None:
        self._tmux = tmux
        self.home = home
        self.cwd = cwd
        known = self._locks()
        set_here = [f"{name}={value}" for name, value in {"CODEX_HOME": str(home), **variables}.items()]
        self.pane_id = tmux(
            "new-window", "-d", "-t", "journeys:", "-P", "-F", "#{pane_id}", "-c", str(cwd),
            "env", *set_here, str(program), *self.arguments,
        ).strip()  # fmt: skip
        self._answer_first_question()
        lock = until(lambda: next(iter(self._locks() - known), None), "the lock of a conversation", STARTS_WITHIN_S)
        assert lock is not None
        self.native = lock.stem
        self.begun_at = lock.stat().st_mtime
        self.sent_at = 0.0  # when the last prompt was
        self.pid = until(
            lambda: self._holder(lock), lambda: f"a holder of {lock} among {self._locks()}:\n{self.screen()}", 4
        )

    @property
    def session(self) -> str:
        """Its conversation, as the tray names it."""
        return f"{KIND}:{self.native}"

    # -- its rollout

    def records(self) -> list[dict[str, object]]:
        """All that it wrote down so far."""
        found = list(self.home.glob(f"sessions/*/*/*/rollout-*{self.native}.jsonl"))
        lines = found[0].read_bytes().split(b"\n")[:-1] if found else []
        return [json.loads(line) for line in lines]

    def wait_record(self, kind: str, after: float) -> float:
        """Wait until it wrote down an event or item of *kind* later than *after*; return when that was."""

        def wrote() -> float:
            for record in self.records():
                payload = record["payload"]
                assert isinstance(payload, dict)
                at = datetime.fromisoformat(str(record["timestamp"])).timestamp()
                if payload.get("type") == kind and at > after:
                    return at
            return 0.0

        return until(wrote, lambda: f"the agent to write {kind}:\n{self.screen()}")

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
        until(
            lambda: EMPTY_PROMPT in self.screen() and "esc to interrupt" not in self.screen(),
            lambda: f"rest:\n{self.screen()}",
        )
        before = time.time()
        self._tmux("send-keys", "-t", self.pane_id, "-l", "--", text)
        self.wait_screen(text[-30:])
        # An Enter soon after a long text is taken for a part of what was pasted.
        self.sent_at = time.time()
        for _ in range(5):
            time.sleep(0.3)
            self.key("Enter")
            try:
                return until(lambda: self._began(before), "", 2)
            except AssertionError:
                continue
        raise AssertionError(f"the prompt was not taken:\n{self.screen()}")

    def kill(self) -> float:
        """End it without a chance to tidy up; return when."""
        at = time.time()
        os.kill(self.pid, signal.SIGKILL)
        return at

    def quit(self) -> None:
        """Close its terminal, if it is still there."""
        with contextlib.suppress(AssertionError):
            self._tmux("kill-pane", "-t", self.pane_id)

    # -- inside

    def _began(self, before: float) -> float:
        told = [record for record in self.records() if _type(record) == "task_started"]
        at = datetime.fromisoformat(str(told[-1]["timestamp"])).timestamp() if told else 0.0
        return at if at > before else 0.0

    def _answer_first_question(self) -> None:
        """Trust our hooks, as the person has to, where the agent asks."""
        until(lambda: self._is_up() or "Hooks need review" in self.screen(), "the agent to start", STARTS_WITHIN_S)
        if "Hooks need review" in self.screen():
            self._press_until("Down", lambda: "› 2. Trust all" in self.screen())
            self._press_until("Enter", lambda: "Hooks need review" not in self.screen())
        until(self._is_up, lambda: f"an empty prompt:\n{self.screen()}", STARTS_WITHIN_S)

    def _press_until(self, key: str, holds: Callable[[], bool]) -> None:
        """Press *key* until it is taken: in its first moments a dialog takes none."""
        for _ in range(10):
            self.key(key)
            with contextlib.suppress(AssertionError):
                until(holds, "", 1)
                return
        raise AssertionError(f"{key} was not taken:\n{self.screen()}")

    def _is_up(self) -> bool:
        shown = self.screen()
        return EMPTY_PROMPT in shown and MODEL in shown

    def _locks(self) -> set[Path]:
        return set((self.home / "thread-writer-locks").glob("*-*.lock"))

    def _holder(self, lock: Path) -> int:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and str(lock) in _open_files(entry):
                return int(entry.name)
        return 0


class DaemonSession(CodexSession):
    """Its process is the terminal's; its conversation lives in the daemon."""

    arguments = ()

    def _holder(self, lock: Path) -> int:
        pane = int(self._tmux("display-message", "-p", "-t", self.pane_id, "#{pane_pid}"))
        family = {pane}
        for _ in range(4):
            family |= {pid for pid, parent in _parents().items() if parent in family}
        return next((pid for pid in family if _is_terminal(pid)), 0)

    @property
    def daemon(self) -> int:
        said = json.loads((self.home / "app-server-daemon" / "daemon.pid").read_text())
        return int(said["pid"])


def _parents() -> dict[int, int]:
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def _is_terminal(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (
            os.readlink(f"/proc/{pid}/exe").endswith("/bin/codex")
            and b"app-server" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
    return False


def end_all_of(home: Path) -> None:
    """A daemon outlives its terminals."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.readlink(entry / "exe").startswith(str(home)):
                os.kill(int(entry.name), signal.SIGKILL)


def _open_files(process: Path) -> list[str]:
    found: list[str] = []
    with contextlib.suppress(OSError):  # it ended
        for file in (process / "fd").iterdir():
            with contextlib.suppress(OSError):  # it was closed
                found.append(os.readlink(file))
    return found


def _type(record: Mapping[str, object]) -> object:
    payload = record["payload"]
    return payload.get("type") if isinstance(payload, dict) else None
