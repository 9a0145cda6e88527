"""Type into the terminal pane of a session, never into a guess.

The last resort among channels. Everything is looked at again right before a key is sent, and whatever does not look as
it should is a refusal with a sentence. The functions block (each call to the multiplexer at most 2 s) and belong in a
worker thread.
"""

import os
import re
import secrets
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desktop.channels.refusal import Refused
from desktop.domain.agent import Agent
from desktop.formats import proc_stat
from desktop.formats.proc_stat import ProcStat

CALL_S = 2.0
SHOWN_S = 2.0  # for a typed text to appear, and to leave the input again
_LOOK_S = 0.05
LONGEST_PROMPT = 100_000

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_PANE = re.compile(r"%[0-9]{1,9}")
_FRAME = " \t\u2502|"  # what may stand left of a prompt mark


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane of a terminal multiplexer in which a session runs."""

    socket: str
    name: str
    session_pid: int


def find(session_pid: int, hint: str = "") -> Pane:
    """Find the pane of a session: its server from the process itself, its name from *hint* or the process."""
    variables = _environment(session_pid)
    socket, _, _ = variables.get("TMUX", "").partition(",")
    named = _PANE.search(hint) or _PANE.fullmatch(variables.get("TMUX_PANE", ""))
    if not socket or named is None:
        raise Refused("This session does not run in tmux, so nothing can be typed into its terminal from here.")
    try:
        found = os.lstat(socket)
    except OSError:
        raise Refused("The tmux server of this session is gone.") from None
    if not os.path.isabs(socket) or not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused("The tmux server of this session is not yours.")
    return Pane(socket, named[0], session_pid)


def send_prompt(pane: Pane, text: str, agent: Agent) -> None:
    """Type *text* into the waiting prompt of *pane* and send it; return when the input is empty again."""
    written = plain(text)
    if not written.strip():
        raise Refused("There is nothing to send.")
    if len(written) > LONGEST_PROMPT:
        raise Refused("The text is too long to be typed into a terminal.")
    if not agent.prompt_marks:
        raise Refused(f"Nobody knows what the prompt of {agent.label} looks like, so nothing is typed into it.")
    _check(pane)
    typed = _typed(pane, agent)
    if typed is None:
        raise Refused("The terminal does not show an empty prompt: a dialog or something else is open there.")
    if typed:
        raise Refused("Something is already typed at the prompt in the terminal.")
    buffer = f"agent-tray-{secrets.token_hex(8)}"
    # The text travels as input, never as an argument: no option, format or separator in it can mean anything. Pasted in
    # brackets, its newlines do not send it; and since every ESC is gone, it cannot close the brackets.
    _tmux(pane, "load-buffer", "-b", buffer, "-", given=written)
    try:
        _tmux(pane, "paste-buffer", "-p", "-r", "-d", "-b", buffer, "-t", pane.name)
    except Refused:
        _tmux(pane, "delete-buffer", "-b", buffer)
        raise
    if not _comes_true(lambda: bool(_typed(pane, agent))):
        raise Refused("The text did not appear at the prompt, so it was not sent. Look at the terminal.")
    _check(pane)
    _tmux(pane, "send-keys", "-t", pane.name, "Enter")
    if not _comes_true(lambda: not _typed(pane, agent)):
        raise Refused("The text stands at the prompt but was not taken. Look at the terminal.")


def interrupt(pane: Pane, agent: Agent) -> None:
    """Press the keys that break off a turn."""
    if not agent.interrupt_keys:
        raise Refused(f"Nobody knows how to interrupt {agent.label} from its terminal.")
    _check(pane)
    _tmux(pane, "send-keys", "-t", pane.name, *agent.interrupt_keys)


def plain(text: str) -> str:
    """Take out everything that a terminal would obey; newlines stay, tabs become blanks."""
    folded = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").rstrip("\n")
    return "".join(each for each in folded if each == "\n" or (each >= " " and not "\x7f" <= each <= "\x9f"))


def input_of(screen: str, marks: tuple[str, ...]) -> str | None:
    """What is typed at the prompt on *screen* (with its colour codes); None when no prompt is shown.

    Faint text is a hint of the program, not typed by anyone, and so is what the cursor covers right before it.
    """
    for line in reversed(screen.splitlines()):
        cells = _cells(line)
        whole = "".join(cell.text for cell in cells)
        for mark in marks:
            before, found, _ = whole.partition(mark)
            if found and not before.strip(_FRAME):
                after = cells[len(before) + len(mark) :]
                is_hint = any(cell.is_faint and cell.text.strip(_FRAME) for cell in after)
                typed = [cell.text for cell in after if not cell.is_faint and not (is_hint and cell.is_reversed)]
                return "".join(typed).strip(_FRAME + "\u00a0")
    return None


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    is_faint: bool
    is_reversed: bool


def _cells(line: str) -> list[_Cell]:
    cells = []
    at, is_faint, is_reversed = 0, False, False
    for match in [*_SGR.finditer(line), None]:
        part = _ESCAPE.sub("", line[at : match.start() if match else len(line)])
        cells += [_Cell(each, is_faint, is_reversed) for each in part]
        if match:
            is_faint, is_reversed = _style_after(match[1], is_faint, is_reversed)
            at = match.end()
    return cells


def _style_after(codes: str, is_faint: bool, is_reversed: bool) -> tuple[bool, bool]:  # noqa: FBT001
    numbers = codes.split(";")
    while numbers:
        match numbers.pop(0):
            case "" | "0":
                is_faint = is_reversed = False
            case "2":
                is_faint = True
            case "22":
                is_faint = False
            case "7":
                is_reversed = True
            case "27":
                is_reversed = False
            case "38" | "48":  # a colour follows: 5;n or 2;r;g;b, in which a 2 is not faint
                del numbers[: 2 if numbers[:1] == ["5"] else 4]
            case _:
                pass
    return is_faint, is_reversed


def _typed(pane: Pane, agent: Agent) -> str | None:
    return input_of(_tmux(pane, "capture-pane", "-p", "-e", "-t", pane.name), agent.prompt_marks)


def _check(pane: Pane) -> None:
    """Refuse unless the pane is the session's and takes keys for itself alone."""
    told = _tmux(
        pane, "display-message", "-p", "-t", pane.name,
        "#{pane_id} #{pane_pid} #{pane_in_mode} #{pane_dead} #{pane_input_off} #{pane_synchronized}",
    ).split()  # fmt: skip
    if len(told) != 6 or told[0] != pane.name or not told[1].isdigit():
        raise Refused("The terminal pane of this session is gone.")
    if not proc_stat.descends(pane.session_pid, (int(told[1]),), _look_up):
        raise Refused("The session no longer runs in that terminal pane.")
    if told[2] != "0":
        raise Refused("The terminal pane is scrolled back or in copy mode; leave that mode first.")
    if told[3:] != ["0", "0", "0"]:
        raise Refused("The terminal pane takes no input of its own: it is dead, locked or tied to other panes.")


def _comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SHOWN_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK_S)
    return True


def _tmux(pane: Pane, *arguments: str, given: str = "") -> str:
    try:
        done = subprocess.run(
            [tmux_program(os.environ.get("PATH", os.defpath)), "-u", "-S", pane.socket, *arguments],
            input=given.encode("utf-8", "replace"),
            capture_output=True,
            timeout=CALL_S,
            check=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except subprocess.CalledProcessError:
        raise Refused("The terminal pane of this session is gone.") from None
    except subprocess.TimeoutExpired:
        raise Refused("tmux does not answer.") from None
    except OSError as error:
        raise Refused(f"tmux could not be started ({error.strerror}).") from None
    return done.stdout.decode("utf-8", "replace")


@cache
def tmux_program(path: str) -> str:
    """The tmux to use, found once: absolute, root's or ours, and nothing that a project could have put there."""
    here = Path.cwd()
    for directory in path.split(os.pathsep):
        program = Path(directory) / "tmux"
        if not os.path.isabs(directory) or program.is_relative_to(here) or not os.access(program, os.X_OK):
            continue
        real = program.resolve()
        if _is_trusted(real) and _is_trusted(real.parent) and _is_trusted(program.parent):
            return os.fspath(real)
    raise Refused("tmux is not installed where it could be trusted.")


def _is_trusted(path: Path) -> bool:
    found = path.stat()
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022


def _environment(pid: int) -> Mapping[str, str]:
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs if name in (b"TMUX", b"TMUX_PANE")}


def _look_up(pid: int) -> ProcStat | None:
    try:
        return proc_stat.parse(Path(f"/proc/{pid}/stat").read_bytes())
    except OSError:
        return None
