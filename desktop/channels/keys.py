"""Keys as adapters name them ("Escape", "C-c", "Enter", a letter) and what a terminal sends for them. Pure."""

from collections.abc import Sequence

from desktop.channels.refusal import Refused

_NAMED = {"Escape": b"\x1b", "Enter": b"\r", "Tab": b"\t", "Space": b" ", "BSpace": b"\x7f"}
PASTE_BEGINS = b"\x1b[200~"
PASTE_ENDS = b"\x1b[201~"


def sent_for(keys: Sequence[str]) -> bytes:
    """The bytes for *keys*, pressed one after the other."""
    return b"".join(_one(key) for key in keys)


def in_brackets(text: str) -> bytes:
    """*text*, which holds no ESC, as a terminal pastes it: its newlines do not send it."""
    return PASTE_BEGINS + text.encode("utf-8", "replace") + PASTE_ENDS


def _one(key: str) -> bytes:
    if key in _NAMED:
        return _NAMED[key]
    if len(key) == 3 and key.startswith("C-") and "a" <= key[2] <= "z":
        return bytes([ord(key[2]) - 0x60])
    if len(key) == 1 and " " <= key <= "~":
        return key.encode()
    raise Refused("Nobody knows how to press the keys that interrupt this agent.")
