"""What differs between two texts."""

import time
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from desktop.formats.changes import ChangedLine, Part, changed_lines, likeness

LINES = st.text(alphabet="ab \n-", max_size=60)


def marked(line: ChangedLine) -> str:
    """The line as a person sees it, what changed in brackets."""
    return ("+" if line.is_new else "-") + "".join(
        f"[{part.text}]" if part.is_changed else part.text for part in line.parts
    )


def shown(before: str, after: str) -> list[str]:
    return [marked(line) for line in changed_lines(before, after)]


def test_equal_texts_have_no_changed_line() -> None:
    assert shown("make\n  test", "make\n  test") == []


def test_of_a_changed_command_the_words_that_changed_are_marked() -> None:
    assert shown("pytest -q tests/refunds", "pytest -x tests/refunds --lf") == [
        "-pytest [-q] tests/refunds",
        "+pytest [-x] tests/refunds[ --lf]",
    ]


def test_of_a_changed_path_the_step_that_changed_is_marked() -> None:
    assert shown("rm src/old/a.py", "rm src/new/a.py") == ["-rm src/[old]/a.py", "+rm src/[new]/a.py"]


def test_lines_that_are_equal_are_left_out() -> None:
    assert shown("a\nb\nc\nd", "a\nc\nD\ne") == ["-[b]", "-[d]", "+[D]", "+[e]"]


def test_of_very_many_changed_words_the_whole_stretch_is_marked() -> None:
    before = "run " + " ".join(f"a{n}" for n in range(200)) + " end"
    after = "run " + " ".join(f"b{n}" for n in range(200)) + " end"

    old, new = changed_lines(before, after)

    assert [part.is_changed for part in old.parts] == [False, True, False]
    assert (old.parts[0], old.parts[-1]) == (Part("run ", is_changed=False), Part(" end", is_changed=False))
    assert (old.text, new.text) == (before, after)


@given(LINES, LINES)
def test_nothing_that_differs_is_left_out(before: str, after: str) -> None:
    lines = changed_lines(before, after)

    gone = Counter(line.text for line in lines if not line.is_new)
    come = Counter(line.text for line in lines if line.is_new)
    assert Counter(before.split("\n")) - gone == Counter(after.split("\n")) - come
    assert gone <= Counter(before.split("\n"))
    assert come <= Counter(after.split("\n"))


def test_a_text_made_to_take_long_does_not() -> None:
    before, after = "a b " * 30 + "x", "b a " * 30 + "y"
    wide = "\n".join(["a", "b"] * 5000)

    started = time.perf_counter()
    changed_lines("\n".join([before] * 60), "\n".join([after] * 60))
    changed_lines(wide, wide[2:])

    assert time.perf_counter() - started < 5


def test_likeness_is_the_share_of_common_words() -> None:
    assert likeness("pytest -q tests", "pytest -q tests") == 1
    assert likeness("pytest tests", "make build") == 0
    assert likeness("pytest tests", "pytest src") == 0.5
    assert likeness("&&", "||") == 1
