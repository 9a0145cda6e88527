"""A session in tmux."""

import re
import secrets
from collections.abc import Sequence

from desktop.channels import programs, sockets, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.record import dataclass

_NAME = re.compile(r"%[0-9]{1,9}")
_GONE = "The terminal pane of this session is gone."
NOBODY_LOOKS = "No terminal shows its tmux session; attach to it with: tmux attach"


@dataclass(frozen=True, slots=True)
class TmuxPane:
    """A pane of a tmux server."""

    place: Whereabouts
    socket: str
    name: str
    program: str = "tmux"
    why_no_typing: str = ""

    def check(self) -> None:
        whereabouts.require(self.place)
        told = self._tmux(
            "display-message", "-p", "-t", self.name,
            "#{pane_id} #{pane_pid} #{pane_tty} #{pane_in_mode} #{pane_dead} #{pane_input_off} #{pane_synchronized}",
        ).split()  # fmt: skip
        if len(told) != 7 or told[0] != self.name or not told[1].isdigit():
            raise Refused(_GONE)
        # The process that tmux started there, and the terminal: in a terminal within the pane, other rules hold.
        if int(told[1]) not in self.place.ancestors or told[2] != self.place.tty:
            raise Refused("The session no longer runs in that terminal pane.")
        if told[3] != "0":
            raise Refused("The terminal pane is scrolled back or in copy mode; leave that mode first.")
        if told[4:] != ["0", "0", "0"]:
            raise Refused("The terminal pane takes no input of its own: it is dead, locked or tied to other panes.")

    def screen(self) -> Shown:
        return Shown(self._tmux("capture-pane", "-p", "-e", "-t", self.name))

    def paste(self, text: str) -> None:
        buffer = f"agent-tray-{secrets.token_hex(8)}"
        # The text travels as input, never as an argument: no option, format or separator in it can mean anything.
        # Pasted in brackets, its newlines do not send it; and since every ESC is gone, it cannot close the brackets.
        self._tmux("load-buffer", "-b", buffer, "-", given=text)
        try:
            self._tmux("paste-buffer", "-p", "-r", "-d", "-b", buffer, "-t", self.name)
        except Refused:
            self._tmux("delete-buffer", "-b", buffer)
            raise

    def press(self, keys: Sequence[str]) -> None:
        self._tmux("send-keys", "-t", self.name, "--", *keys)

    def bring_forward(self) -> Reached:
        told = self._tmux("display-message", "-p", "-t", self.name, "#{pane_pid} #{pane_tty} #{session_id}").split()
        if len(told) != 3 or told[1] != self.place.tty:
            raise Refused("The session no longer runs in that terminal pane.")
        self._tmux("select-window", "-t", self.name)
        self._tmux("select-pane", "-t", self.name)
        if not self._clients(told[2]):
            client = self._latest_client()
            if client:
                self._tmux("switch-client", "-c", client, "-t", self.name)
        return Reached("its tmux window and pane")

    def viewers(self) -> tuple[int, ...]:
        session = self._tmux("display-message", "-p", "-t", self.name, "#{session_id}").strip()
        return tuple(pid for _, pid, _ in self._clients(session))

    def _clients(self, session: str) -> list[tuple[int, int, str]]:
        """Those who look at *session*, the last one to act first: when it acted, process, terminal."""
        listed = self._tmux("list-clients", "-t", session, "-F", "#{client_activity} #{client_pid} #{client_tty}")
        return _clients_of(listed)

    def _latest_client(self) -> str:
        clients = _clients_of(self._tmux("list-clients", "-F", "#{client_activity} #{client_pid} #{client_tty}"))
        return clients[0][2] if clients else ""

    def _tmux(self, *arguments: str, given: str = "") -> str:
        try:
            return programs.run("tmux", "-u", "-S", self.socket, *arguments, given=given)
        except programs.Failed:
            raise Refused(_GONE) from None


def find(place: Whereabouts, hint: str = "") -> TmuxPane | None:
    """The pane of a process: its server from the process itself, its name from *hint* or the process."""
    socket, _, _ = place.variable("TMUX").partition(",")
    named = _NAME.search(hint) or _NAME.fullmatch(place.variable("TMUX_PANE"))
    if not socket or named is None:
        return None
    sockets.require_own(socket, "tmux server")
    # The variable may be inherited through another terminal. The server that owns the pane holds its other end.
    if sockets.listener(socket) != place.host:
        return None
    return TmuxPane(place, socket, named[0])


def _clients_of(listed: str) -> list[tuple[int, int, str]]:
    found = []
    for line in listed.splitlines():
        acted, pid, tty = [*line.split(" ", 2), "", "", ""][:3]
        if acted.isdigit() and pid.isdigit() and tty.startswith("/dev/"):
            found.append((int(acted), int(pid), tty))
    return sorted(found, reverse=True)
