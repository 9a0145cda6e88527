"""A desktop of its own with a tray on it, and real agents that ask a scripted model.

Nothing on it touches the person who runs it: home, session bus, display, tmux server and model are its own, and
whatever was started on it ends with it.
"""

import json
import os
import selectors
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes import janitor, scripted_model, tray_host
from tests.fakes.private_bus import Daemon, PrivateBus
from tests.journeys import packages
from tests.journeys.follower import Follower
from tests.journeys.real_agent import RealAgent, Registered, Tmux, until

SCREEN = "1280x1000x24"
# A dummy: the agent wants a key, and remembers which ones its person approved by their last twenty letters.
KEY = "sk-dummy-0000000000000000000000000000"
NEEDED = ("tmux", "dbus-daemon")
MARK = "AGENT_JOURNEY"  # in the environment of whatever runs on a stage


class Program:
    """A program that reports on stdout, one JSON object a line, and ends with its stdin."""

    def __init__(self, path: str, environment: dict[str, str], *options: str, is_apart: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, path, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
            start_new_session=is_apart,
        )  # fmt: skip
        self._pending = b""
        self.reports: list[dict[str, object]] = []
        until(lambda: self.read() or self.reports, f"{path} to be ready")

    def read(self) -> None:
        """Take in what was reported until now."""
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while selector.select(0):
                raw = os.read(stdout.fileno(), 65536)
                if not raw:
                    raise AssertionError(f"{self._process.args} ended")
                *lines, self._pending = (self._pending + raw).split(b"\n")
                self.reports += [json.loads(line) for line in lines]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()


@dataclass
class Shown:
    """A notification that is on the screen."""

    id: int
    title: str
    body: str
    actions: list[str]  # key, label, key, label ...
    hints: dict[str, object] = field(default_factory=dict)

    def key_of(self, label: str) -> str:
        """The key of the button called *label*."""
        return self.actions[self.actions[1::2].index(label) * 2]

    @property
    def labels(self) -> list[str]:
        return self.actions[1::2]


class Stage:
    """Everything a journey needs; one for a whole run."""

    def __init__(self, programs: dict[str, Path]) -> None:
        self._programs = programs
        self.base = Path(tempfile.mkdtemp(prefix="agj-"))
        self.home = self.directory("home")
        self.runtime = self.directory("run", 0o700)
        self.project = self.directory("home/shop")
        self._closing: list[Callable[[], None]] = []
        self._tray: subprocess.Popen[bytes] | None = None
        self.environment = self._environment()
        self.display = ""
        self._daemon: Daemon | None = None
        self._host: Program | None = None

    # -- life

    def start(self) -> None:
        """Put up the desktop and start the tray."""
        # Not marked itself, and in no group that a test run may be ended with.
        told = {name: value for name, value in self.environment.items() if name != MARK}
        self._janitor = Program(janitor.__file__, told, MARK, str(self.base), str(self.base), is_apart=True)
        bus = PrivateBus(self.base)
        bus.start()
        self._closing.append(bus.stop)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.address
        self._start_display()
        self._bus = bus
        self.serve_notifications()
        self._closing.append(lambda: self._daemon.stop() if self._daemon is not None else None)
        self._host = Program(tray_host.__file__, self.environment)
        self._closing.append(self._host.stop)
        self._model = Program(scripted_model.__file__, self.environment)
        self._closing.append(self._model.stop)
        self.model = f"http://127.0.0.1:{self._model.reports[0]['ready']}"
        self.tmux = Tmux(self.base / "tmux", self.environment)
        self.tmux.start()
        self._closing.append(self.tmux.stop)
        self.config("one")
        self.command("connect", "claude-code", "--yes", home=self.config("one"))
        self.follower = Follower(self.runtime / "agent-tray" / "tray.sock")
        self._closing.append(self.follower.stop)
        self.start_tray()

    def close(self) -> None:
        """End everything that was started here, whoever started it."""
        self.stop_tray()
        for close in reversed(self._closing):
            close()
        janitor.sweep(MARK, str(self.base))
        self._janitor.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def at_end(self, act: Callable[[], None]) -> None:
        """Do this, too, when the stage is taken down."""
        self._closing.append(act)

    # -- the tray

    def start_tray(self) -> None:
        """Start the tray and wait until it answers."""
        log = (self.base / "tray.log").open("ab")
        with log:
            self._tray = subprocess.Popen(
                [sys.executable, "-m", "desktop"], cwd=packages.ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        until(self._answers, "the tray to answer")

    def stop_tray(self) -> None:
        """Ask the tray to end, if it runs."""
        if self._tray is not None:
            self._tray.terminate()
            self._tray.wait(10)
            self._tray = None

    def kill_tray(self) -> None:
        """End the tray without a word."""
        assert self._tray is not None
        self._tray.kill()
        self._tray.wait(10)
        self._tray = None

    def tray_log(self) -> str:
        """What the tray said on its standard error."""
        return (self.base / "tray.log").read_text(errors="replace")

    def _answers(self) -> bool:
        assert self._tray is not None
        assert self._tray.poll() is None, f"the tray ended:\n{self.tray_log()}"
        try:
            return bool(self.follower.status())
        except OSError:
            return False

    def status(self) -> dict[str, object]:
        """What ``status --json`` says."""
        return self.follower.status()

    def row(self, agent: Registered) -> dict[str, object]:
        """What ``status --json`` says of one session."""
        session = agent.session
        rows = self.status()["sessions"]
        assert isinstance(rows, list)
        return next((row for row in rows if row["id"] == session), {})

    def command(self, *words: str, home: Path | None = None, **variables: str) -> str:
        """Run a command of ours, as a person would in a terminal; *home* is the agent's configuration directory."""
        environment = self.environment | ({"CLAUDE_CONFIG_DIR": str(home)} if home is not None else {}) | variables
        done = subprocess.run(
            [sys.executable, "-m", "desktop", *words], cwd=packages.ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    # -- what the desktop shows

    def icon(self) -> dict[str, object]:
        """What the tray's item shows: its tooltip and its colours; empty without one."""
        assert self._host is not None
        self._host.read()
        told = [report for report in self._host.reports if "tooltip" in report]
        return told[-1] if told else {}

    def click_icon(self) -> None:
        """Click the tray's item."""
        assert self._host is not None
        stdin = self._host._process.stdin
        assert stdin is not None
        stdin.write(json.dumps({"click": self.icon()["item"]}).encode() + b"\n")
        stdin.flush()

    def notices(self) -> list[Shown]:
        """The notifications on the screen, oldest first."""
        assert self._daemon is not None
        self._daemon.read()
        shown: dict[int, Shown] = {}
        for report in self._daemon.reports:
            match report:
                case {"notify": dict(call), "id": int(number)}:
                    shown[number] = Shown(number, call["title"], call["body"], call["actions"], call["hints"])
                case {"closed": int(number)}:
                    shown.pop(number, None)
        return list(shown.values())

    def serve_notifications(self, capabilities: str = "") -> None:
        """Put up a notification daemon that can do this, in place of the one before."""
        if self._daemon is not None:
            self._daemon.stop()
        options = ("--capabilities", capabilities) if capabilities else ()
        self._daemon = Daemon(self._bus, *options)

    def press(self, notice: Shown, label: str) -> None:
        """Press the button *label* of a notification."""
        assert self._daemon is not None
        self._daemon.do(click=notice.id, key=notice.key_of(label))

    def reply(self, notice: Shown, text: str) -> None:
        """Type *text* into a notification that takes an inline reply."""
        assert self._daemon is not None
        self._daemon.do(reply=notice.id, text=text)

    def x(self, *words: str) -> str:
        """Run a program of the display, such as xdotool."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def sent(self) -> list[dict[str, object]]:
        """What the model sent so far."""
        return sent_by(self.model)

    # -- agents

    def config(self, name: str) -> Path:
        """An agent's configuration directory, past its first questions."""
        directory = self.directory(name)
        state = directory / ".claude.json"
        if not state.exists():
            trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True, "allowedTools": []}
            begun = {
                "hasCompletedOnboarding": True, "lastOnboardingVersion": packages.LATEST, "theme": "dark",
                "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []}, "autoUpdates": False,
                "projects": {str(self.project): trusted},
            }  # fmt: skip
            state.write_text(json.dumps(begun))
        return directory

    def agent_variables(self, config: Path) -> dict[str, str]:
        """What an agent's environment holds beside the stage's own."""
        return {
            "CLAUDE_CONFIG_DIR": str(config), "ANTHROPIC_BASE_URL": self.model, "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
        }  # fmt: skip

    def agent(self, *arguments: str, config: str = "one", version: str = packages.LATEST, mode: str = "") -> RealAgent:
        """Start a session in a pane and wait until it takes a prompt; "one" is connected, other homes are not."""
        home = self.config(config)
        mode = mode or ("manual" if version == packages.LATEST else "default")
        made = RealAgent(
            self.tmux, self._programs[version], ["--permission-mode", mode, *arguments], self.project, home,
            self.agent_variables(home),
        )  # fmt: skip
        made.wait_ready()
        return made

    def run_agent(
        self, arguments: Sequence[str], config: str = "one", version: str = packages.LATEST
    ) -> "subprocess.Popen[bytes]":
        """Start an agent that needs no terminal."""
        return subprocess.Popen(
            [str(self._programs[version]), *arguments], cwd=self.project, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=self.environment | self.agent_variables(self.config(config)),
        )  # fmt: skip

    # -- inside

    def pixels(self) -> bytes:
        """The whole screen, four bytes a pixel (blue, green, red, none); empty without a display."""
        picture = self.base / "screen" / "Xvfb_screen0"
        if not picture.exists():
            return b""
        raw = picture.read_bytes()
        fields = struct.unpack(">25I", raw[:100])  # of <X11/XWDFile.h>
        header, colours = fields[0], fields[19]
        return raw[header + 12 * colours :]

    def directory(self, name: str, mode: int = 0o755) -> Path:
        """A directory of the stage, made where it is not there."""
        directory = self.base / name
        directory.mkdir(mode=mode, parents=True, exist_ok=True)
        return directory

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in packages.ENVIRONMENT.items() if name in ("PATH", "USER", "LOGNAME")}
        homes = {
            f"XDG_{name}_HOME": str(self.home / f".{name.lower()}") for name in ("CONFIG", "DATA", "STATE", "CACHE")
        }
        return {
            **kept, **homes, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime), "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "SHELL": "/bin/bash", "PYTHONPATH": str(packages.ROOT), MARK: str(self.base),
            "TMPDIR": str(self.directory("tmp")), "PYTHONDONTWRITEBYTECODE": "1", "NO_AT_BRIDGE": "1",
        }  # fmt: skip

    def _start_display(self) -> None:
        server = shutil.which("Xvfb")
        if server is None:
            self.environment["QT_QPA_PLATFORM"] = "offscreen"
            return
        reader, writer = os.pipe()
        self._spawn(
            server,
            "-displayfd",
            str(writer),
            "-screen",
            "0",
            SCREEN,
            "-fbdir",
            str(self.directory("screen")),
            "-nolisten",
            "tcp",
            keeps=(writer,),
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            self.display = f":{told.readline().strip()}"
        self.environment |= {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}
        if shutil.which("xfwm4"):
            self._spawn("xfwm4", "--compositor=off")

    def _spawn(self, *words: str, keeps: tuple[int, ...] = ()) -> None:
        process = subprocess.Popen(
            words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, pass_fds=keeps,
        )  # fmt: skip

        def end() -> None:
            process.kill()
            process.wait(10)

        self._closing.append(end)


@contextmanager
def standing(versions: Sequence[str]) -> Iterator[Stage]:
    """A stage with the tray running; raises ``Unavailable`` where it cannot stand."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        raise packages.Unavailable(f"not installed: {', '.join(missing)}")
    stage = Stage({version: packages.program_of(version) for version in versions})
    try:
        stage.start()
        yield stage
    finally:
        stage.close()


def sent_by(model: str) -> list[dict[str, object]]:
    """What a scripted model sent so far."""
    with urllib.request.urlopen(f"{model}/sent", timeout=5) as answer:
        found: list[dict[str, object]] = json.loads(answer.read())["sent"]
    return found


def now() -> float:
    """The clock that agents stamp with."""
    return time.time()
