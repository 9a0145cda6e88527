"""Edit a JSON text in place: what is not touched keeps every byte, its order, its spacing and its odd numbers."""

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # missing in the stubs alone

from desktop.domain.record import dataclass

_BLANK = re.compile(r"[ \t\r\n]*")
_SCALARS = json.JSONDecoder()
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a text, and where it stands."""

    start: int
    end: int
    data: object = None  # of scalars
    members: tuple[tuple[str, int, "Value"], ...] | None = None  # of an object: key, where the key begins, value
    items: tuple["Value", ...] | None = None  # of an array

    def member(self, key: str) -> "Value | None":
        """The value of *key*, if this is an object that has it."""
        return next((value for name, _, value in self.members or () if name == key), None)


def parse(text: str) -> Value:
    """Read a text; raises ValueError (with line and column) for what is no JSON."""
    json.loads(text)  # the whole grammar, and errors in words
    value, _ = _value(text, _skip(text, 0), 0)
    return value


def line_of(text: str, position: int) -> int:
    """The number of the line a position is on."""
    return text.count("\n", 0, position) + 1


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> tuple[Value, int]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    match text[at]:
        case "{":
            return _object(text, at, depth)
        case "[":
            return _array(text, at, depth)
        case '"':
            data, end = scanstring(text, at + 1, True)
            return Value(at, end, data), end
        case _:
            data, end = _SCALARS.raw_decode(text, at)
            return Value(at, end, data), end


def _object(text: str, start: int, depth: int) -> tuple[Value, int]:
    members = []
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = scanstring(text, at + 1, True)
        value, after = _value(text, _skip(text, _skip(text, end) + 1), depth + 1)
        members.append((key, at, value))
        at = _skip(text, after)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return Value(start, at + 1, members=tuple(members)), at + 1


def _array(text: str, start: int, depth: int) -> tuple[Value, int]:
    items = []
    at = _skip(text, start + 1)
    while text[at] != "]":
        value, after = _value(text, at, depth + 1)
        items.append(value)
        at = _skip(text, after)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return Value(start, at + 1, items=tuple(items)), at + 1


def data_of(text: str, value: Value) -> object:
    """What a value means."""
    data: object = json.loads(text[value.start : value.end])
    return data


def append(text: str, container: Value, data: object, key: str | None = None) -> str:
    """Put *data* at the end of an array, or (with *key*) of an object, in the style of the text."""
    starts = [value.start for value in container.items or ()] + [at for _, at, _ in container.members or ()]
    ends = [value.end for value in container.items or ()] + [value.end for _, _, value in container.members or ()]
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text)
    prefix = f"{json.dumps(key, ensure_ascii=False)}: " if key is not None else ""
    is_spread = "\n" in text[container.start : starts[0]] if starts else "\n" in text.strip() or not _is_filled(text)
    if not is_spread:
        lead = ", " if ends else ""
        at = ends[-1] if ends else container.start + 1
        return text[:at] + lead + prefix + json.dumps(data, ensure_ascii=False) + text[at:]
    indent = _indent_at(text, starts[-1]) if starts else _indent_at(text, container.start) + unit
    written = prefix + json.dumps(data, ensure_ascii=False, indent=unit)
    written = written.replace("\n", newline + indent)
    if ends:
        return text[: ends[-1]] + f",{newline}{indent}{written}" + text[ends[-1] :]
    closing = _indent_at(text, container.start)
    return f"{text[: container.start + 1]}{newline}{indent}{written}{newline}{closing}{text[container.end - 1 :]}"


def remove(text: str, container: Value, index: int) -> str:
    """Take the *index*-th item or member out; the last one takes the space around it along."""
    spans = [(value.start, value.end) for value in container.items or ()]
    spans += [(at, value.end) for _, at, value in container.members or ()]
    start, end = spans[index]
    if len(spans) == 1:
        return text[: container.start + 1] + text[container.end - 1 :]
    if index == 0:
        return text[:start] + text[spans[1][0] :]
    return text[: spans[index - 1][1]] + text[end:]


def _is_filled(text: str) -> bool:
    return bool(re.sub(r"[\s{}\[\]]", "", text))


def _unit(text: str) -> str:
    found = re.search(r"^[ \t]*[{\[][ \t]*\r?\n([ \t]+)", text)
    return found[1] if found else "  "


def _indent_at(text: str, position: int) -> str:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]
