"""A session in a window of GNU screen.

screen can be asked for its windows by number alone, numbers can be given anew, and it does not say which terminal a
window has. Where there are several, the window is told by a mark: a status line, invisible unless the person's own
caption shows it, written to the session's terminal for the moment that it takes to ask which window has it.

Nor does it say whether a window is in copy mode. There the first byte of a paste ends that mode and the rest is lost;
nothing appears at the prompt, and so nothing is sent.
"""

import os
import re
import secrets
import stat
import tempfile
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
_NUMBER = re.compile(r"(?:^|  )([0-9]{1,3})[^0-9 ]* ")
_REGISTER = "_"  # people use letters
_MOST_WINDOWS = 40
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class ScreenWindow:
    """A window of a screen session."""

    place: Whereabouts
    session: str  # <pid of its server>.<name>
    directory: str
    number: int
    program: str = "screen"
    why_no_typing: str = ""

    def check(self) -> None:
        whereabouts.require(self.place)
        if _number_of(self.place, self.session, self.directory) != self.number:
            raise Refused("The session no longer runs in that screen window.")

    def screen(self) -> Shown:
        with _private_file() as path:
            self._command("hardcopy", os.fspath(path))
            self._query("echo", "done")  # answered in turn, so the copy is written by then
            raw = path.read_bytes()
        try:
            return Shown(raw.decode(), has_colours=False)
        except UnicodeDecodeError:  # screen before 5.0 writes the lowest byte of each character
            return Shown(raw.decode("latin-1"), has_colours=False, is_folded=True)

    def paste(self, text: str) -> None:
        with _private_file() as path:
            path.write_bytes(keys.in_brackets(text))
            self._command("readreg", _REGISTER, os.fspath(path))
            self._query("echo", "done")
        self._command("paste", _REGISTER)
        self._command("register", _REGISTER, "")

    def press(self, names: Sequence[str]) -> None:
        self._command("stuff", "".join(f"\\{each:03o}" for each in keys.sent_for(names)))

    def bring_forward(self) -> Reached:
        self.check()
        self._command("select", str(self.number))
        return Reached("its screen window")

    def viewers(self) -> tuple[int, ...]:
        host = whereabouts.look_up(self.place.host)
        alike = whereabouts.of_program(host.name, but=self.place.host) if host is not None else ()
        held = _terminals_of(self.place.host)
        if held is None:
            return alike if len(alike) == 1 else ()
        return tuple(pid for pid in alike if whereabouts.tty_of(pid) in held.viewers)

    def _command(self, *words: str) -> None:
        _ask(self.session, self.directory, "-p", str(self.number), "-X", *words)

    def _query(self, *words: str) -> str:
        return _ask(self.session, self.directory, "-p", str(self.number), "-Q", *words)


def find(place: Whereabouts) -> ScreenWindow | None:
    """The window of a process, if screen holds its terminal."""
    session, directory = place.variable("STY"), place.variable("SCREENDIR")
    server, _, name = session.partition(".")
    if not name or "/" in session or server != str(place.host):
        return None
    number = _number_of(place, session, directory)
    return ScreenWindow(place, session, directory, number) if number is not None else None


def _number_of(place: Whereabouts, session: str, directory: str) -> int | None:
    """The number of the window that has the session's terminal."""
    held = _terminals_of(place.host)
    listed = _ask(session, directory, "-Q", "windows") + " "
    numbers = list(
        dict.fromkeys([whereabouts.environment_of(place.leader).get("WINDOW", ""), *_NUMBER.findall(listed)])
    )
    numbers = [number for number in numbers if number.isdigit()][:_MOST_WINDOWS]
    if held is not None and held.windows == 1:
        only = _NUMBER.match(_ask(session, directory, "-Q", "number"))
        return int(only[1]) if only is not None else None
    mark = f"agent-tray-{secrets.token_hex(8)}"
    _write_status(place.tty, mark)
    try:
        # screen reads its terminals and answers as it comes: the mark may be seen at the second look only.
        for _ in range(_LOOKS):
            for number in numbers:
                if _status_of(session, directory, number) == mark:
                    return int(number)
    finally:
        _write_status(place.tty, "")
    return None


def _status_of(session: str, directory: str, number: str) -> str:
    try:
        return _ask(session, directory, "-p", number, "-Q", "echo", "-p", "%h").strip()
    except Refused:
        return ""


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
