"""A session in a window of GNU screen.

screen can be asked for its windows by number alone, numbers can be given anew, and it does not say which terminal a
window has. Where there are several, the window is told by a mark: a status line, invisible unless the person's own
caption shows it, written to the session's terminal for the moment that it takes to ask which window has it. While
screen shows a message to whoever looks at it, it takes no output of the program (screen 4.9): so nothing is asked that
it would show, and nothing at all only to look around.

Nor does it say whether a window is in copy mode. There the first byte of a paste ends that mode and the rest is lost;
nothing appears at the prompt, and so nothing is sent.
"""

import dataclasses
import os
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from desktop.channels import keys, programs, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.record import dataclass

_GONE = "The screen window of this session is gone."
_REGISTER = "_"  # people use letters
_MOST_WINDOWS = 40  # as many as screen makes unless told otherwise
_LOOKS = 3
_HOLDS_S = 5.0  # nobody gives windows other numbers while a prompt is typed
_WRITES_S = 2.0
_LOOK_S = 0.01


@dataclasses.dataclass(slots=True)
class ScreenWindow:
    """A window of a screen session; which one is found out by ``check``."""

    place: Whereabouts
    session: str  # <pid of its server>.<name>
    directory: str
    program: str = "screen"
    why_no_typing: str = ""
    _target: tuple[str, ...] | None = None
    _found_at: float = 0.0

    def check(self) -> None:
        whereabouts.require(self.place)
        if self._target is None or time.monotonic() > self._found_at + _HOLDS_S:
            self._target = _target_of(self.place, self.session, self.directory)
            self._found_at = time.monotonic()

    def screen(self) -> Shown:
        with _private_file() as path:
            path.unlink()
            self._command("hardcopy", os.fspath(path))
            raw = _written(path)
        try:
            return Shown(raw.decode(), has_colours=False)
        except UnicodeDecodeError:  # screen before 5.0 writes the lowest byte of each character
            return Shown(raw.decode("latin-1"), has_colours=False, is_folded=True)

    def paste(self, text: str) -> None:
        with _private_file() as path:
            path.write_bytes(keys.in_brackets(text))
            self._command("readreg", _REGISTER, os.fspath(path))
            # It says so in the last line of whoever looks, and holds the program's output for up to 5 s until the next
            # message, an empty one, takes its place.
            self._command("echo", "")
            self._command("paste", _REGISTER)
            self._command("register", _REGISTER, "")
            self.screen()  # orders are carried out in turn: by now the text was read

    def press(self, names: Sequence[str]) -> None:
        self._command("stuff", "".join(f"\\{each:03o}" for each in keys.sent_for(names)))

    def bring_forward(self) -> Reached:
        self.check()
        if self._target:
            self._command("select", self._target[1])
        return Reached("its screen window")

    def viewers(self) -> tuple[int, ...]:
        host = whereabouts.look_up(self.place.host)
        alike = whereabouts.of_program(host.name, but=self.place.host) if host is not None else ()
        held = _terminals_of(self.place.host)
        if held is None:
            return alike if len(alike) == 1 else ()
        return tuple(pid for pid in alike if whereabouts.tty_of(pid) in held.viewers)

    def _command(self, *words: str) -> None:
        if self._target is None:
            self.check()
        _ask(self.session, self.directory, *(self._target or ()), "-X", *words)


def find(place: Whereabouts) -> ScreenWindow | None:
    """The window of a process, if screen holds its terminal."""
    session, directory = place.variable("STY"), place.variable("SCREENDIR")
    server, _, name = session.partition(".")
    if not name or "/" in session or server != str(place.host):
        return None
    return ScreenWindow(place, session, directory)


def _target_of(place: Whereabouts, session: str, directory: str) -> tuple[str, ...]:
    """How to address the window that has the session's terminal; nothing is needed where there is but one."""
    held = _terminals_of(place.host)
    if held is not None and held.windows == 1:
        return ()
    mark = f"agent-tray-{secrets.token_hex(8)}"
    _write_status(place.tty, mark)
    try:
        first = whereabouts.environment_of(place.leader).get("WINDOW", "")
        # screen reads its terminals and answers as it comes: the mark may be seen at a later look only.
        for number in [first] * _LOOKS if first.isdigit() else []:
            if _status_of(session, directory, number) == mark:
                return "-p", number
        for number in map(str, range(_MOST_WINDOWS)):
            if _status_of(session, directory, number) == mark:
                return "-p", number
    finally:
        _write_status(place.tty, "")
    raise Refused("The session no longer runs in a window of that screen.")


def _status_of(session: str, directory: str, number: str) -> str | None:
    """The status line of a window; None when there is no window of that number."""
    try:
        return _ask(session, directory, "-p", number, "-Q", "@echo", "-p", "%h").strip()  # @: unseen
    except Refused:
        return None


def _written(path: Path) -> bytes:
    """What screen writes to *path*, once it is whole: its last line ends."""
    deadline = time.monotonic() + _WRITES_S
    pause = threading.Event()
    while True:
        raw = path.read_bytes() if path.exists() else b""
        if raw.endswith(b"\n"):
            return raw
        if time.monotonic() > deadline:
            raise Refused("screen does not answer.")
        pause.wait(_LOOK_S)


def _write_status(tty: str, status: str) -> None:
    try:
        descriptor = os.open(tty, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        raise Refused(_GONE) from None
    try:
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.write(descriptor, f"\x1b_{status}\x1b\\".encode())
    except OSError:
        raise Refused("The terminal of this session takes nothing at the moment.") from None
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Held:
    viewers: frozenset[str]  # the terminals of those who look at it
    windows: int


def _terminals_of(pid: int) -> _Held | None:
    """The terminals that screen has open; None where the system does not tell."""
    try:
        held = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
    except OSError:
        return None
    return _Held(frozenset(path for path in held if path.startswith("/dev/pts/")), held.count("/dev/ptmx"))


@contextmanager
def _private_file() -> Iterator[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    with tempfile.TemporaryDirectory(prefix="agent-tray-", dir=runtime or None) as directory:
        path = Path(directory) / "text"
        path.touch(0o600)
        yield path


def _ask(session: str, directory: str, *arguments: str) -> str:
    variables = {"SCREENDIR": directory} if directory else {}
    try:
        return programs.run("screen", "-S", session, *arguments, variables=variables)
    except programs.Failed:
        raise Refused(_GONE) from None
