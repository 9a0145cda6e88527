"""A session in a window of kitty, spoken to through its remote control where the person has allowed that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop.channels import keys, programs, sockets, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.formats.foreign_json import objects_of, parse

_GONE = "The kitty window of this session is gone, or kitty takes no remote control any more."


@dataclass(frozen=True, slots=True)
class KittyWindow:
    """What kitty calls a window: a pane of a tab."""

    place: Whereabouts
    address: str
    number: int
    program: str = "kitty"
    why_no_typing: str = ""

    def check(self) -> None:
        whereabouts.require(self.place)
        if _number_of(self.place, self._kitty("ls")) != self.number:
            raise Refused("The session no longer runs in that kitty window.")

    def screen(self) -> Shown:
        return Shown(self._kitty("get-text", *self._match(), "--extent", "screen", "--ansi"))

    def paste(self, text: str) -> None:
        self._write(keys.in_brackets(text))

    def press(self, names: Sequence[str]) -> None:
        self._write(keys.sent_for(names))

    def bring_forward(self) -> Reached:
        self.check()
        self._kitty("focus-window", *self._match())
        return Reached("its kitty window, tab and pane", raises_window=True)

    def viewers(self) -> None:
        return None

    def _match(self) -> tuple[str, str]:
        return "--match", f"id:{self.number}"

    def _write(self, sent: bytes) -> None:
        # On its input, the text is taken as it is; as an argument, kitty would read escapes in it.
        self._kitty("send-text", *self._match(), "--stdin", given=sent.decode("utf-8"))

    def _kitty(self, *arguments: str, given: str = "") -> str:
        return _ask(self.address, *arguments, given=given)


def find(place: Whereabouts) -> KittyWindow | None:
    """The kitty window of a process, if kitty holds its terminal and takes remote control."""
    address = place.variable("KITTY_LISTEN_ON")
    if not address.startswith("unix:"):
        return None
    path = address.removeprefix("unix:")
    if sockets.listener("\0" + path[1:] if path.startswith("@") else path) != place.host:
        return None
    number = _number_of(place, _ask(address, "ls"))
    return KittyWindow(place, address, number) if number is not None else None


def _ask(address: str, *arguments: str, given: str = "") -> str:
    command, *rest = arguments
    try:
        return programs.run("kitty", "@", "--to", address, command, *rest, given=given)
    except programs.Failed:
        raise Refused(_GONE) from None


def _number_of(place: Whereabouts, listed: str) -> int | None:
    """The window whose first process leads the session's terminal."""
    for number, pid in _windows(listed):
        if pid == place.leader and whereabouts.tty_of(pid) == place.tty:
            return number
    return None


def _windows(listed: str) -> Iterator[tuple[int, int]]:
    for system in objects_of({"all": parse(listed.encode())}, "all"):
        for tab in objects_of(system, "tabs"):
            for window in objects_of(tab, "windows"):
                match window:
                    case {"id": int(number), "pid": int(pid)}:
                        yield number, pid
                    case _:
                        pass
