import pytest

from desktop.channels import prompt_line
from desktop.channels.prompt_line import Shown

MARK = "❯\u00a0"


@pytest.mark.parametrize(
    ("screen", "typed"),
    [
        (f"{MARK}", ""),
        (f"\x1b[39m{MARK}\x1b[7m \x1b[0m", ""),
        (f"{MARK}\x1b[2mTry this\x1b[0m", ""),
        (f"{MARK}\x1b[7mP\x1b[0;2mress up to edit\x1b[0m", ""),
        (f"{MARK}\x1b[7mt\x1b[0myped", "typed"),
        (f"{MARK}type\x1b[7md\x1b[27m", "typed"),
        (f"{MARK}\x1b[38;5;2mtyped\x1b[0m", "typed"),
        (f"{MARK}\x1b[38;2;1;2;3mtyped", "typed"),
        (f"{MARK}\x1b[2mhint\x1b[22mtyped", "typed"),
        (f"│ {MARK}typed │", "typed"),
        (f"{MARK}old\nsomething\n{MARK}", ""),
        (f"said: {MARK}x", None),
        ("❯ 1. Yes", None),
        ("", None),
    ],
)
def test_what_is_typed_is_read_from_the_screen(screen: str, typed: str | None) -> None:
    assert prompt_line.input_of(screen, (MARK,)) == typed


def test_attack_57_nothing_that_a_terminal_would_obey_is_left() -> None:
    every = "".join(map(chr, range(0x100)))

    assert not [
        each for each in prompt_line.plain(every) if each != "\n" and not each.isprintable() and each not in "\xa0\xad"
    ]


def test_a_terminal_that_tells_half_of_a_character_is_read_by_that_half() -> None:
    shown = Shown("o\xa0typed", has_colours=False, is_folded=True)

    assert prompt_line.typed_in(shown, (MARK,)) == "typed"
    assert prompt_line.typed_in(Shown("o typed", is_folded=True), (MARK,)) is None


def test_half_of_a_mark_that_could_be_anything_is_no_mark() -> None:
    assert prompt_line.folded(("› ", "> ", MARK)) == ("o\xa0",)
