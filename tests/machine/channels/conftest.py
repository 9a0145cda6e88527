"""Real terminals with a program that has a prompt: started, looked at and typed into by hand."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from desktop.channels import terminal
from desktop.channels.panes import Pane
from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind
from tests.fakes import prompt_program
from tests.fakes.hook_agent import until
from tests.machine.channels import bus_stage

AGENT = Agent(kind=AgentKind("fake"), label="Fake", prompt_marks=(prompt_program.MARK,), interrupt_keys=("Escape",))
CLEAN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} IS NOT INSTALLED: nothing was tried")


class Stage:
    """A terminal program of its own, with prompt programs in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.logs: list[Path] = []

    def prompt(self, *options: str) -> tuple[Path, list[str]]:
        """A log of its own, and the command of a prompt program that writes it."""
        log = self.directory / f"log{len(self.logs)}"
        self.logs.append(log)
        return log, [sys.executable, prompt_program.__file__, str(log), *options]

    def pane_of(self, log: Path) -> Pane:
        until(lambda: log.exists() and log.read_text())
        return terminal.find(self.pid_of(log))

    def pid_of(self, log: Path) -> int:
        return int(json.loads(log.read_text().splitlines()[0]))

    def sent(self, number: int = 0) -> list[str]:
        """What the program was sent."""
        return [json.loads(line) for line in self.logs[number].read_text().splitlines()][1:]


class Tmux(Stage):
    @property
    def socket(self) -> Path:
        return self.directory / "s"

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-u", "-S", str(self.socket), "-f", "/dev/null", *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=CLEAN,
        ).stdout

    def start(self, *options: str) -> Pane:
        log, command = self.prompt(*options)
        verb = ["new-window"] if len(self.logs) > 1 else ["new-session", "-d", "-x", "80", "-y", "20"]
        self.run(*verb, *command)
        return self.pane_of(log)

    def type_by_hand(self, text: str) -> None:
        self.run("send-keys", "-t", "%0", "-l", text)
        until(lambda: text in self.run("capture-pane", "-p", "-t", "%0"))

    def end(self) -> None:
        subprocess.run(["tmux", "-S", str(self.socket), "kill-server"], check=False, capture_output=True)


class Screen(Stage):
    def run(self, *arguments: str) -> str:
        return subprocess.run(
            ["screen", "-S", self.session, *arguments], check=True, capture_output=True, text=True, env=self.env
        ).stdout

    @property
    def env(self) -> dict[str, str]:
        return {**CLEAN, "SCREENDIR": str(self.directory / "screens"), "HOME": str(self.directory)}

    @property
    def session(self) -> str:
        return next((self.directory / "screens").iterdir()).name

    def start(self, *options: str) -> Pane:
        log, command = self.prompt(*(options or ("bare",)))
        if len(self.logs) == 1:
            (self.directory / "screens").mkdir(mode=0o700)
            subprocess.run(["screen", "-U", "-dmS", "test", *command], check=True, env=self.env)
        else:
            self.run("-X", "screen", *command)
        pane = self.pane_of(log)
        until(lambda: self.pane_of(log).screen().text.strip())  # screen may lag behind the program
        return pane

    def type_by_hand(self, text: str) -> None:
        self.run("-p", "0", "-X", "stuff", text)
        copied = self.directory / "copy"

        def is_there() -> bool:
            self.run("-p", "0", "-X", "hardcopy", str(copied))
            return copied.exists() and text.encode() in copied.read_bytes()

        until(is_there)

    def end(self) -> None:
        with suppress(StopIteration):
            subprocess.run(["screen", "-S", self.session, "-X", "quit"], check=False, capture_output=True, env=self.env)


class Desktop:
    """A display of its own with a window manager."""

    def __init__(self, directory: Path, manager: str = "") -> None:
        read, write = os.pipe()
        self.log = (directory / "desktop.log").open("wb")
        out = {"stdout": self.log, "stderr": self.log}
        self.started = [
            subprocess.Popen(
                ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x700x24", "-nolisten", "tcp", "-noreset"],
                pass_fds=[write],
                **out,  # type: ignore[call-overload]
            )
        ]
        os.close(write)
        with os.fdopen(read) as told:
            self.display = f":{told.readline().strip()}"
        self.env = {
            **CLEAN,
            "DISPLAY": self.display,
            "HOME": str(directory),
            "XDG_RUNTIME_DIR": str(directory),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "GDK_BACKEND": "x11",
            "QT_QPA_PLATFORM": "xcb",
        }
        if manager:
            self._manage(manager)

    def _manage(self, manager: str) -> None:
        """Start the window manager, on a bus of its own: some read their settings there, and end without one."""
        self.start("dbus-run-session", "--", manager)
        try:
            until(lambda: "_NET_ACTIVE_WINDOW" in self.ask("xprop", "-root"))
        except BaseException:
            self.end()
            raise

    def start(self, *command: str, **variables: str) -> "subprocess.Popen[bytes]":
        env = {**self.env, **variables}
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.started.append(process)
        return process

    def ask(self, *command: str) -> str:
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False).stdout

    def end(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.log.close()


@pytest.fixture
def tmux(home_of_its_own: Path) -> Iterator[Tmux]:
    stage = Tmux(Path(os.environ["XDG_RUNTIME_DIR"]))
    yield stage
    stage.end()


@pytest.fixture
def gnu_screen(home_of_its_own: Path) -> Iterator[Screen]:
    stage = Screen(Path(os.environ["XDG_RUNTIME_DIR"]))
    yield stage
    stage.end()


class Viewer:
    """A person's terminal: a program that attaches to a multiplexer, on a terminal of its own."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)
        self.shown = b""
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, 15)
        os.waitpid(self.pid, 0)
        self._is_over.set()
        self._thread.join(10)
        os.close(self._master)

    def _read(self) -> None:
        # Not until the end of it: the multiplexer may hold its side open when the program is gone.
        with suppress(OSError):
            while not self._is_over.is_set():
                if select.select([self._master], [], [], 0.02)[0]:
                    self.shown += os.read(self._master, 65536)


@pytest.fixture
def viewer() -> Iterator[Callable[[list[str], dict[str, str]], Viewer]]:
    viewers: list[Viewer] = []

    def attach(command: list[str], env: dict[str, str]) -> Viewer:
        viewers.append(Viewer(command, env))
        return viewers[-1]

    yield attach
    for each in viewers:
        each.end()


@pytest.fixture
def start(home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bus_stage.Start]:
    with bus_stage.bus_with_terminals(monkeypatch) as start:
        yield start
