"""Our entries among the hooks of a settings file: how each agent wants them written, found again, taken out.

Works on the text alone; what is not ours keeps every byte.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Sequence

from desktop.domain.agent import HookEvent, HookSetup
from desktop.domain.record import dataclass
from desktop.formats import json_text
from desktop.formats.json_text import Value

OUR_FILES = ("agent-tray/relay.py", "desktop/relay/main.py")  # how an entry of ours is known, wherever it was put


class BadSettings(Exception):
    """The text cannot hold hooks; says where and why."""


@dataclass(frozen=True, slots=True)
class _Place:
    """An entry of ours: in which event, in which item of its list, and (in a group) which one of the group."""

    event: int
    item: int
    entry: int | None
    is_alone: bool  # nobody else's entry is in the group


def wanted(setup: HookSetup, command: Sequence[str], version: tuple[int, ...]) -> list[tuple[str, object]]:
    """The items to register, by event; an event that *version* may not know is left out."""
    # An event that the agent does not know makes it show a warning at each start: in doubt, leave it out.
    known = [event for event in setup.events if not event.since or version >= event.since]
    return [(event.name, _item(event, command, setup)) for event in known]


def ours(text: str, setup: HookSetup) -> list[tuple[str, object]]:
    """Our items as they are, by event; one we share with somebody is returned whole, and so equals none of ours."""
    if not text.strip():
        return []
    hooks = root_of(text, setup).member("hooks")
    if hooks is None:
        return []
    members = hooks.members or ()
    places = {(place.event, place.item) for place in _places(text, hooks, setup)}
    found = [(members[event][0], (members[event][2].items or ())[item]) for event, item in sorted(places)]
    return [(name, json_text.data_of(text, value)) for name, value in found]


def with_item(text: str, setup: HookSetup, event: str, item: object, created: set[str]) -> str:
    """Put *item* behind the others of *event*; *created* takes up the containers that had to be made."""
    version = setup.shape.version
    if version and root_of(text, setup).member("version") is None:
        text = json_text.append(text, root_of(text, setup), version, "version")
        created.add("version")
    root = root_of(text, setup)
    hooks = root.member("hooks")
    if hooks is None:
        created |= {"hooks", event}
        return json_text.append(text, root, {event: [item]}, "hooks")
    items = hooks.member(event)
    if items is None:
        created.add(event)
        return json_text.append(text, hooks, [item], event)
    return json_text.append(text, items, item)


def without_ours(text: str, setup: HookSetup, created: set[str] | None) -> str:
    """Take our entries out, and the containers that we made (all that they leave empty, when that is not on record)."""
    while text.strip():
        shorter = _without_one(text, root_of(text, setup), setup, created)
        if shorter is None:
            break
        text = shorter
    return text


def one_line(words: Sequence[str], *, is_windows: bool = sys.platform == "win32") -> str:
    """Write a command for a shell so that it reads these very words."""
    if not is_windows:
        return shlex.join(words)
    # Between double quotes cmd.exe still fills in %NAME% and PowerShell $NAME; no path of ours needs such a word.
    odd = next((word for word in words if re.search(r'["%$`!^\r\n]', word) or word.endswith("\\")), None)
    if odd is not None:
        raise BadSettings(f": {odd!r} cannot be written safely for a shell; move Agent Tray to a plainer path")
    return " ".join(word if re.fullmatch(r"[A-Za-z0-9_.:\\/-]+", word) else f'"{word}"' for word in words)


def root_of(text: str, setup: HookSetup) -> Value:
    """Read the text; raises BadSettings where our entries could not be put or found without doubt."""
    try:
        root = json_text.parse(text)
    except ValueError as error:
        raise BadSettings(f" is not valid JSON: {error}. Mend it, then connect again; it was left as it is.") from error
    except RecursionError as error:
        raise BadSettings(" is nested too deeply to be read. It was left as it is.") from error
    if root.members is None:
        raise BadSettings(", line 1: an object {…} was expected. It was left as it is.")
    names = [name for name, _, _ in root.members]
    hooks = root.member("hooks")
    if hooks is None:
        return root
    if names.count("hooks") > 1:
        raise BadSettings(' has "hooks" twice, so what holds is unclear. Remove one; it was left as it is.')
    if hooks.members is None:
        line = json_text.line_of(text, hooks.start)
        raise BadSettings(f', line {line}: "hooks" should be an object {{…}}. It was left as it is.')
    for event in setup.events:
        found = [(at, items) for name, at, items in hooks.members if name == event.name]
        if len(found) > 1 or any(items.items is None for _, items in found):
            line = json_text.line_of(text, found[-1][0])
            raise BadSettings(
                f', line {line}: "{event.name}" should be there once, as a list […]. It was left as it is.'
            )
    return root


def _item(event: HookEvent, command: Sequence[str], setup: HookSetup) -> dict[str, object]:
    shape = setup.shape
    words = [*command, setup.command_name]
    entry: dict[str, object] = {"type": "command"} if shape.has_type else {}
    if shape.name:
        entry["name"] = shape.name
    if shape.is_one_line:
        entry[shape.command_key] = one_line(words)
    else:
        entry |= {shape.command_key: words[0], "args": words[1:]}
    entry[shape.timeout_key] = event.timeout_s * (1000 if shape.is_in_ms else 1)
    if event.status_message and shape.has_status_message:
        entry["statusMessage"] = event.status_message
    if event.is_async and shape.has_async:
        entry["async"] = True
    matcher: dict[str, object] = {"matcher": event.matcher} if event.matcher else {}
    return matcher | ({"hooks": [entry]} if shape.is_grouped else entry)


def _is_ours(entry: object, setup: HookSetup) -> bool:
    if not isinstance(entry, dict) or (setup.shape.has_type and entry.get("type") != "command"):
        return False
    words = _words(entry, setup)
    return len(words) > 1 and words[-1] == setup.command_name and words[-2].replace("\\", "/").endswith(OUR_FILES)


def _words(entry: dict[str, object], setup: HookSetup) -> list[str]:
    match setup.shape.is_one_line, entry.get(setup.shape.command_key), entry.get("args"):
        case False, _, [*_, str(relay), str(name)]:
            return [relay, name]
        case True, str(line), None:
            # Whichever system wrote it; its file may have come here with a home that several share.
            for reads_escapes in (True, False):
                try:
                    words = [word.strip('"') for word in shlex.split(line, posix=reads_escapes)]
                except ValueError:
                    continue
                if words[-2:-1] and words[-2].replace("\\", "/").endswith(OUR_FILES):
                    return words
            return []
        case _:
            return []


def _places(text: str, hooks: Value, setup: HookSetup) -> Iterator[_Place]:
    for event, (_, _, items) in enumerate(hooks.members or ()):
        for index, item in enumerate(items.items or ()):
            if not setup.shape.is_grouped:
                if _is_ours(json_text.data_of(text, item), setup):
                    yield _Place(event, index, None, is_alone=True)
                continue
            entries = item.member("hooks")
            listed = (entries and entries.items) or ()
            for at, entry in enumerate(listed):
                if _is_ours(json_text.data_of(text, entry), setup):
                    yield _Place(event, index, at, is_alone=len(listed) == 1)


def _without_one(text: str, root: Value, setup: HookSetup, created: set[str] | None) -> str | None:
    hooks = root.member("hooks")
    if hooks is None or hooks.members is None:
        return None
    place = next(_places(text, hooks, setup), None)
    if place is None:
        return None
    name, _, items = hooks.members[place.event]
    listed = items.items or ()
    entries = listed[place.item].member("hooks")
    if not place.is_alone and entries is not None and place.entry is not None:
        return json_text.remove(text, entries, place.entry)
    if len(listed) > 1 or (created is not None and name not in created):
        return json_text.remove(text, items, place.item)
    if len(hooks.members) > 1 or (created is not None and "hooks" not in created):
        return json_text.remove(text, hooks, place.event)
    text = json_text.remove(text, root, _index_of(root, "hooks"))
    root = json_text.parse(text)
    if created is not None and "version" in created and root.member("version") is not None:
        text = json_text.remove(text, root, _index_of(root, "version"))
    return text


def _index_of(root: Value, name: str) -> int:
    return [key for key, _, _ in root.members or ()].index(name)
