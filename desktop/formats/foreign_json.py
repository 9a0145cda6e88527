"""JSON that others wrote: read without trust, as plain objects; nothing here ever raises."""

import re
from collections.abc import Mapping

import msgspec

# A lone half of a surrogate pair: text that was cut inside an emoji. It is no Unicode and breaks whoever encodes it.
_LONE = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)


def parse(raw: bytes) -> object:
    """Read one JSON value; None for what is none."""
    try:
        return msgspec.json.decode(raw)
    except BAD_JSON:
        pass
    try:
        return msgspec.json.decode(mended(raw))
    except BAD_JSON:
        return None


def parse_object(raw: bytes) -> Mapping[str, object] | None:
    """Read one JSON object; None for anything else."""
    match parse(raw):
        case dict() as fields:
            return fields
        case _:
            return None


def mended(raw: bytes) -> bytes:
    """Put U+FFFD in place of what can be no text."""
    mended = _LONE.sub(lambda found: found[1] + (found[2] or b"\\ufffd"), raw)
    return mended.decode("utf-8", "replace").encode()


def text_of(fields: Mapping[str, object], key: str) -> str:
    """The text under *key*; empty when there is none."""
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def objects_of(fields: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """The objects in the list under *key*; what is none is left out."""
    value = fields.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def object_of(fields: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The object under *key*; empty when there is none."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}
