"""A session in a pane of WezTerm. Written from its documentation and tried with a stand-in: it was not run."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.channels import keys, programs, sockets, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.formats.foreign_json import objects_of, parse

_GONE = "The WezTerm pane of this session is gone."


@dataclass(frozen=True, slots=True)
class WezTermPane:
    """A pane of WezTerm's window or of its multiplexer."""

    place: Whereabouts
    socket: str
    number: int
    program: str = "WezTerm"
    why_no_typing: str = ""

    def check(self) -> None:
        whereabouts.require(self.place)
        if _number_of(self.place, _ask(self.socket, "list", "--format", "json")) != self.number:
            raise Refused("The session no longer runs in that WezTerm pane.")

    def screen(self) -> Shown:
        return Shown(_ask(self.socket, "get-text", *self._target(), "--escapes"))

    def paste(self, text: str) -> None:
        # Without a text among its arguments it reads its input, and pastes it in brackets where the program wants them.
        _ask(self.socket, "send-text", *self._target(), given=text)

    def press(self, names: Sequence[str]) -> None:
        _ask(self.socket, "send-text", *self._target(), "--no-paste", given=keys.sent_for(names).decode())

    def bring_forward(self) -> Reached:
        self.check()
        _ask(self.socket, "activate-pane", *self._target())
        return Reached("its WezTerm tab and pane")

    def viewers(self) -> None:
        return None

    def _target(self) -> tuple[str, str]:
        return "--pane-id", str(self.number)


def find(place: Whereabouts) -> WezTermPane | None:
    """The WezTerm pane of a process, if WezTerm holds its terminal."""
    socket = place.variable("WEZTERM_UNIX_SOCKET")
    if not socket:
        return None
    sockets.require_own(socket, "WezTerm")
    if sockets.listener(socket) != place.host:
        return None
    number = _number_of(place, _ask(socket, "list", "--format", "json"))
    return WezTermPane(place, socket, number) if number is not None else None


def _ask(socket: str, *arguments: str, given: str = "") -> str:
    try:
        return programs.run(
            "wezterm", "cli", "--no-auto-start", *arguments, given=given, variables={"WEZTERM_UNIX_SOCKET": socket}
        )
    except programs.Failed:
        raise Refused(_GONE) from None


def _number_of(place: Whereabouts, listed: str) -> int | None:
    """The pane that says it has the session's terminal."""
    for pane in objects_of({"all": parse(listed.encode())}, "all"):
        match pane:
            case {"pane_id": int(number), "tty_name": str(tty)} if tty == place.tty:
                return number
            case _:
                pass
    return None
