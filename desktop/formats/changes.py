"""What differs between two texts, for a person who read the first: whole lines, and the words in them that changed.

Everything that differs is in the result; how finely it is cut depends on how much there is, for the texts are foreign
and the comparison must never take long.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from desktop.domain.record import dataclass

# The time of a fine comparison grows with the cube of this, for a text made to take long: 120 take 50 ms.
_MOST_COMPARED = 120
_PARTS = re.compile(r"\s+|[/=,;:|&]+|[^\s/=,;:|&]+")  # an option whole, a path by its steps
_WORDS = re.compile(r"\w+")

LONGEST = 20_000
"""Characters; what is longer is not compared."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line, and whether it is what makes the line differ."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line that is only in the new text, or only in the old one."""

    is_new: bool
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(part.text for part in self.parts)


def likeness(before: str, after: str) -> float:
    """How many words two texts share: 1 for all of them, 0 for none; 1 also when neither holds a word."""
    ours, theirs = Counter(_WORDS.findall(before)), Counter(_WORDS.findall(after))
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def changed_lines(before: str, after: str) -> tuple[ChangedLine, ...]:
    """Every line that differs, old before new; none when the texts are equal."""
    old, new = before.split("\n"), after.split("\n")
    lines: list[ChangedLine] = []
    for gone, come in _ranges(old, new):
        olds, news = [_whole(line) for line in old[gone]], [_whole(line) for line in new[come]]
        if len(olds) == len(news):
            marked = [_marked(*pair) for pair in zip(old[gone], new[come], strict=True)]
            olds, news = [line for line, _ in marked], [line for _, line in marked]
        lines += [ChangedLine(is_new=False, parts=parts) for parts in olds]
        lines += [ChangedLine(is_new=True, parts=parts) for parts in news]
    return tuple(lines)


def _whole(line: str) -> tuple[Part, ...]:
    return (Part(line, is_changed=True),)


def _marked(before: str, after: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Two lines in pieces that are in both, and pieces that are not."""
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    ranges = list(_ranges(old, new))
    return _parts(old, [gone for gone, _ in ranges]), _parts(new, [come for _, come in ranges])


def _parts(words: Sequence[str], changed: Sequence[slice]) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0
    for place in changed:
        parts += [
            Part("".join(words[at : place.start]), is_changed=False),
            Part("".join(words[place]), is_changed=True),
        ]
        at = place.stop
    parts.append(Part("".join(words[at:]), is_changed=False))
    return tuple(part for part in parts if part.text)


def _ranges(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[slice, slice]]:
    """Where two sequences differ: what they begin and end with alike is told first, for that is soon done."""
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    tail = next((at for at in range(shorter - head) if before[-1 - at] != after[-1 - at]), shorter - head)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > _MOST_COMPARED:
        yield slice(head, head + len(old)), slice(head, head + len(new))
        return
    from difflib import SequenceMatcher  # read when two texts are first compared: no start waits for it

    for tag, old_start, old_stop, new_start, new_stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield slice(head + old_start, head + old_stop), slice(head + new_start, head + new_stop)
