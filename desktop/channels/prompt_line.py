"""What a terminal shows at an agent's prompt, and what of a text may go there. Pure."""

import re

from desktop.domain.record import dataclass

_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_FRAME = " \t\u2502\u2503|"  # what may stand left of a prompt mark


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal says that it shows."""

    text: str
    has_colours: bool = True
    is_folded: bool = False  # of each character only the lowest byte is told


def plain(text: str) -> str:
    """Take out everything that a terminal would obey; newlines stay, tabs become blanks."""
    folded = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").rstrip("\n")
    return "".join(each for each in folded if each == "\n" or (each >= " " and not "\x7f" <= each <= "\x9f"))


def typed_in(shown: Shown, marks: tuple[str, ...]) -> str | None:
    """What is typed at the prompt of *shown*; None when no prompt is to be seen."""
    return input_of(shown.text, folded(marks) if shown.is_folded else marks)


def folded(marks: tuple[str, ...]) -> tuple[str, ...]:
    """*marks* by their lowest bytes; without those that could be anything then."""
    told = ("".join(chr(ord(each) & 0xFF) for each in mark) for mark in marks)
    return tuple(mark for mark in told if any(each >= "\xa0" for each in mark))


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
