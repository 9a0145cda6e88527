"""One value of the settings file: whether it fits its field, and in which words it does not."""

import dataclasses
import re
from enum import StrEnum
from pathlib import Path

from desktop.domain.record import dataclass

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the file that we could not follow; *line* is 0 when no one line is to blame."""

    file: Path
    line: int
    key: str
    text: str
    remedy: str

    def __str__(self) -> str:
        """The problem as sentences."""
        where = f"{self.file}, line {self.line}" if self.line else str(self.file)
        what = f"{self.key} {self.text}" if self.key else self.text
        return f"{where}: {what}. {self.remedy}."


class SettingsUnreadable(Exception):
    """The person's file cannot be read, so it is not written either."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def checked(value: object, field: "dataclasses.Field[object]", default: object) -> object:
    """Give *value* in the type of *default*, or raise ValueError with a sentence's end."""
    match default, value:
        case bool(), bool():
            return value
        case StrEnum(), str(word):
            try:
                return type(default)(word)
            except ValueError:
                raise ValueError(f"cannot be {word[:40]!r}") from None
        case bool(), _:
            raise ValueError("is not true or false")
        case int(), int(number) if not isinstance(value, bool):
            low, high = field.metadata.get("low"), field.metadata.get("high")
            if (low is not None and number < low) or (high is not None and number > high):
                raise ValueError(f"is out of bounds ({str(number)[:20]})")
            return number
        case str(), str(word):
            if len(word) > LONGEST_TEXT:
                raise ValueError(f"is longer than {LONGEST_TEXT} letters")
            return word
        case tuple(), list(words) if all(isinstance(word, str) for word in words):
            return tuple(words)
        case _:
            raise ValueError("has the wrong type")


def wish(default: object, low: object, high: object) -> str:
    """Say what may be written instead of a wrong value."""
    match default:
        case bool():
            return "true or false"
        case StrEnum():
            return "one of " + ", ".join(f'"{member}"' for member in type(default))
        case str():
            return "a text"
        case int():
            return f"a whole number from {low} to {high}"
        case _:
            return 'a list of texts, such as ["continue"]'


def words(value: object) -> str:
    """Say a value as a person would."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return "the default"
        case _:
            return str(value)


def plain(value: object) -> object:
    """Give a value as the file has it."""
    match value:
        case StrEnum():
            return str(value)
        case tuple():
            return list(value)
        case _:
            return value


_SECTION = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")


def line_of(text: str, section: str, key: str) -> int:
    """Find the line that sets *key*; 0 when it is written in a way this simple search does not know."""
    current = ""
    assignment = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    dotted = re.compile(rf"""\s*{re.escape(section)}\s*\.\s*{re.escape(key)}\s*=""")
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _SECTION.match(line)
        if heading:
            current = heading.group(1)
        elif (current == section and assignment.match(line)) or (section and not current and dotted.match(line)):
            return number
    return 0
