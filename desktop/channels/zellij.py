"""A session in a pane of zellij. Written from its documentation and tried with a stand-in: it was not run.

zellij takes a text only as an argument, which every program on the machine can read: nothing is typed through it.
"""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from desktop.channels import keys, programs, sockets, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.record import dataclass
from desktop.formats.foreign_json import objects_of, parse

_GONE = "The zellij pane of this session is gone, or this zellij is older than 0.44 and cannot be asked for it."
NO_TYPING = (
    "zellij takes a text only as an argument of a command, which every program on this machine can read; "
    "so nothing is typed through it. Type it in the terminal."
)


@dataclass(frozen=True, slots=True)
class ZellijPane:
    """A pane of a zellij session."""

    place: Whereabouts
    server: Path
    number: int
    program: str = "zellij"
    why_no_typing: str = NO_TYPING

    def check(self) -> None:
        whereabouts.require(self.place)
        for pane in objects_of({"all": parse(self._zellij("list-panes", "--json").encode())}, "all"):
            if pane.get("id") == self.number and pane.get("is_plugin") is False:
                return
        raise Refused(_GONE)

    def screen(self) -> Shown:
        return Shown(self._zellij("dump-screen", *self._target(), "--ansi"))

    def paste(self, text: str) -> None:
        raise Refused(NO_TYPING)

    def press(self, names: Sequence[str]) -> None:
        # Keys are no secret: as the numbers of their bytes they can mean nothing else.
        self._zellij("write", *self._target(), *(str(each) for each in keys.sent_for(names)))

    def bring_forward(self) -> Reached:
        self.check()
        self._zellij("focus-pane-id", f"terminal_{self.number}")
        return Reached("its zellij tab and pane")

    def viewers(self) -> tuple[int, ...]:
        host = whereabouts.look_up(self.place.host)
        alike = whereabouts.of_program(host.name, but=self.place.host) if host is not None else ()
        return alike if len(alike) == 1 else ()

    def _target(self) -> tuple[str, str]:
        return "--pane-id", f"terminal_{self.number}"

    def _zellij(self, *arguments: str) -> str:
        try:
            return programs.run(
                "zellij", "--session", self.server.name, "action", *arguments,
                variables={"ZELLIJ_SOCKET_DIR": os.fspath(self.server.parent.parent)},
            )  # fmt: skip
        except programs.Failed:
            raise Refused(_GONE) from None


def find(place: Whereabouts) -> ZellijPane | None:
    """The zellij pane of a process: its number as the first process on the terminal got it, which never changes."""
    name = place.variable("ZELLIJ_SESSION_NAME")
    number = whereabouts.environment_of(place.leader).get("ZELLIJ_PANE_ID", "")
    server = _server_of(place.host)
    if not name or server is None or server.name != name or not number.isdigit():
        return None
    sockets.require_own(os.fspath(server), "zellij server")
    return ZellijPane(place, server, int(number))


def _server_of(pid: int) -> Path | None:
    """The socket that *pid* was told to serve."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    for option, value in pairwise(words):
        if option == b"--server" and value.startswith(b"/"):
            return Path(os.fsdecode(value))
    return None
