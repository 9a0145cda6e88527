"""Put our hook into an agent's settings file and take it out again, byte for byte where nobody else wrote since.

Planning reads and writes nothing else; only ``apply`` writes, and only what the plan shows.
"""

import difflib
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop.domain.agent import Agent, HookEvent, HookSetup
from desktop.formats import json_text
from desktop.formats.json_text import Value

_LARGEST_FILE = 16 << 20
_OUR_FILES = ("agent-tray/relay.py", "desktop/relay/main.py")  # how an entry of ours is known, wherever it was put


class SetupError(Exception):
    """The settings cannot be changed; the text names the file, the trouble and the remedy. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One change of a settings file, as it will be."""

    path: Path  # the real file, where a link leads to it
    before: bytes | None  # None: there is no such file
    after: bytes | None  # None: the file goes away, since we made it
    diff: str
    record: Path  # where we remember what the file was
    is_connecting: bool
    created: tuple[str, ...] = ()  # containers that the change makes: "hooks", or the name of an event

    @property
    def is_needed(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after


def plan_connect(
    agent: Agent, home: Path, relay_command: Sequence[str], records: Path, version: tuple[int, ...] = ()
) -> Plan:
    """Plan to register the relay for *agent*; entries of ours that are there already are brought up to date."""
    setup = _setup_of(agent)
    path, before = _read(home / setup.file)
    text = _decode(path, before)
    wanted = [(event.name, _group(event, relay_command, setup)) for event in setup.events if _has(event, version)]
    if sorted(map(repr, _ours(path, text, setup))) == sorted(map(repr, wanted)):
        return _plan(path, before, before, records, agent, is_connecting=True)
    known = _load_record(_record(records, agent, path))
    created = set(known.created if known is not None else ())
    text = _without_ours(path, text, setup, created)
    if not text.strip():
        text = "{}\n"
    for name, group in wanted:
        root = _root(path, text)
        hooks = root.member("hooks")
        if hooks is None:
            text = json_text.append(text, root, {name: [group]}, "hooks")
            created |= {"hooks", name}
        elif (groups := hooks.member(name)) is None:
            text = json_text.append(text, hooks, [group], name)
            created.add(name)
        else:
            text = json_text.append(text, groups, group)
    return _plan(path, before, text.encode(), records, agent, is_connecting=True, created=tuple(sorted(created)))


def plan_disconnect(agent: Agent, home: Path, records: Path) -> Plan:
    """Plan to take out what is ours: the very file of before where nobody wrote since, else only our entries."""
    setup = _setup_of(agent)
    path, before = _read(home / setup.file)
    if before is None:
        return _plan(path, None, None, records, agent, is_connecting=False)
    known = _load_record(_record(records, agent, path))
    if known is not None and hashlib.sha256(before).hexdigest() == known.written_sha256:
        return _plan(path, before, known.before, records, agent, is_connecting=False)
    text = _decode(path, before)
    created = None if known is None else set(known.created)
    return _plan(path, before, _without_ours(path, text, setup, created).encode(), records, agent, is_connecting=False)


def is_connected(agent: Agent, home: Path) -> bool:
    """Whether the agent's settings call our relay."""
    if agent.hook_setup is None:
        return False
    try:
        path, before = _read(home / agent.hook_setup.file)
        return before is not None and bool(_ours(path, _decode(path, before), agent.hook_setup))
    except SetupError:
        return False


def apply(plan: Plan) -> None:
    """Carry out a plan, all at once, unless the file is no longer what the plan was made from."""
    if not plan.is_needed:
        return
    _, current = _read(plan.path)
    if current != plan.before:
        raise SetupError(
            f"{plan.path} was changed in the meantime, so nothing was written. Look at the new difference."
        )
    try:
        if plan.is_connecting:
            _remember(plan)
        if plan.after is None:
            plan.path.unlink()
        else:
            mode = stat.S_IMODE(plan.path.stat().st_mode) if plan.before is not None else 0o600
            _replace(plan.path, plan.after, mode)
        if not plan.is_connecting:
            plan.record.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(
            f"{error.filename or plan.path} could not be written ({error.strerror}). "
            "Make it writable, or add the entries of the difference by hand."
        ) from error


def install_relay(source: Path, place: Path) -> Path:
    """Copy the relay to where it stays when we are upgraded or moved, so that the agents' command line is constant."""
    content = source.read_bytes()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.is_file() or place.read_bytes() != content:
        _replace(place, content, 0o644)
    return place


def relay_command(relay: Path) -> tuple[str, ...]:
    """The command line of *relay*, but for the agent's name: an absolute interpreter, cut off from its surroundings."""
    # The base interpreter, since a virtual environment may be removed; a frozen program is no interpreter at all.
    base = getattr(sys, "_base_executable", sys.executable)
    is_interpreter = not getattr(sys, "frozen", False) and os.path.isabs(base) and os.access(base, os.X_OK)
    return (base if is_interpreter else "/usr/bin/python3", "-I", "-S", os.fspath(relay))


# -- our entries


def _setup_of(agent: Agent) -> HookSetup:
    if agent.hook_setup is None:
        raise SetupError(f"{agent.label} has no hooks that we could use.")
    return agent.hook_setup


def _has(event: HookEvent, version: tuple[int, ...]) -> bool:
    # An event that the agent does not know makes it show a warning at each start: in doubt, leave it out.
    return not event.since or version >= event.since


def _group(event: HookEvent, command: Sequence[str], setup: HookSetup) -> dict[str, object]:
    handler: dict[str, object] = {
        "type": "command",
        "command": command[0],
        "args": [*command[1:], setup.command_name],
        "timeout": event.timeout_s,
    }
    if event.status_message:
        handler["statusMessage"] = event.status_message
    if event.is_async:
        handler["async"] = True
    return {"matcher": event.matcher, "hooks": [handler]} if event.matcher else {"hooks": [handler]}


def _is_ours(handler: object, setup: HookSetup) -> bool:
    match handler:
        case {"type": "command", "args": [*_, str(relay), str(name)]}:
            return name == setup.command_name and relay.replace("\\", "/").endswith(_OUR_FILES)
        case _:
            return False


def _ours(path: Path, text: str, setup: HookSetup) -> list[tuple[str, object]]:
    """Our groups as they are, by event; one we share with somebody is returned whole, and so equals none of ours."""
    if not text.strip():
        return []
    found: list[tuple[str, object]] = []
    hooks = _root(path, text).member("hooks")
    for name, _, groups in (hooks.members or ()) if hooks is not None else ():
        for group in groups.items or ():
            handlers = group.member("hooks")
            if any(_is_ours(json_text.data_of(text, each), setup) for each in (handlers and handlers.items) or ()):
                found.append((name, json_text.data_of(text, group)))
    return found


def _without_ours(path: Path, text: str, setup: HookSetup, created: set[str] | None) -> str:
    """Take our entries out, and the containers that we made (all that they leave empty, when that is not on record)."""
    while text.strip():
        shorter = _without_one(text, _root(path, text), setup, created)
        if shorter is None:
            break
        text = shorter
    return text


def _without_one(text: str, root: Value, setup: HookSetup, created: set[str] | None) -> str | None:
    hooks = root.member("hooks")
    for which, (name, _, groups) in enumerate((hooks.members or ()) if hooks is not None else ()):
        for index, group in enumerate(groups.items or ()):
            handlers = group.member("hooks")
            ours = [at for at, each in enumerate((handlers and handlers.items) or ())
                    if _is_ours(json_text.data_of(text, each), setup)]  # fmt: skip
            if not ours or handlers is None or hooks is None:
                continue
            if len(handlers.items or ()) > 1:
                return json_text.remove(text, handlers, ours[0])
            if len(groups.items or ()) > 1 or (created is not None and name not in created):
                return json_text.remove(text, groups, index)
            if len(hooks.members or ()) > 1 or (created is not None and "hooks" not in created):
                return json_text.remove(text, hooks, which)
            place = [key for key, _, _ in root.members or ()].index("hooks")
            return json_text.remove(text, root, place)
    return None


# -- the file


def _root(path: Path, text: str) -> Value:
    try:
        root = json_text.parse(text)
    except ValueError as error:
        raise SetupError(
            f"{path} is not valid JSON: {error}. Mend it, then connect again; it was left as it is."
        ) from error
    except RecursionError as error:
        raise SetupError(f"{path} is nested too deeply to be read. It was left as it is.") from error
    if root.members is None:
        raise SetupError(f"{path}, line 1: an object {{…}} was expected. It was left as it is.")
    names = [name for name, _, _ in root.members]
    hooks = root.member("hooks")
    if hooks is None:
        return root
    if names.count("hooks") > 1:
        raise SetupError(f'{path} has "hooks" twice, so what holds is unclear. Remove one; it was left as it is.')
    if hooks.members is None:
        line = json_text.line_of(text, hooks.start)
        raise SetupError(f'{path}, line {line}: "hooks" should be an object {{…}}. It was left as it is.')
    for name, at, groups in hooks.members:
        if groups.items is None or [key for key, _, _ in hooks.members].count(name) > 1:
            line = json_text.line_of(text, at)
            raise SetupError(
                f'{path}, line {line}: "{name}" should be there once, as a list […]. It was left as it is.'
            )
    return root


def _decode(path: Path, content: bytes | None) -> str:
    if content is None:
        return ""
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise SetupError(
            f"{path}, line 1: it begins with a byte order mark. Save it as plain UTF-8; it was left as it is."
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SetupError(f"{path}, line {line}: it is not UTF-8. Save it as UTF-8; it was left as it is.") from error


def _read(path: Path) -> tuple[Path, bytes | None]:
    """Read a settings file; a link (dotfile managers make them) is followed to the file that is to be written."""
    if not path.parent.is_dir():
        raise SetupError(f"{path.parent} is not there. Start the agent once, then connect it.")
    try:
        real = path.resolve(strict=path.is_symlink())
        with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SetupError(f"{real} is not a plain file. It was left as it is.")
            if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
                raise SetupError(f"{real} belongs to another user. It was left as it is.")
            if found.st_size > _LARGEST_FILE:
                raise SetupError(f"{real} is too large to be a settings file. It was left as it is.")
            return real, file.read()
    except FileNotFoundError:
        if path.is_symlink():
            raise SetupError(f"{path} is a link that leads nowhere. Mend it, then connect again.") from None
        return path, None
    except (OSError, RuntimeError) as error:
        raise SetupError(f"{path} could not be read ({error}). Make it readable, then connect again.") from error


def _replace(path: Path, content: bytes, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


# -- what we remember


@dataclass(frozen=True, slots=True)
class _Record:
    before: bytes | None
    written_sha256: str
    created: tuple[str, ...]


def _record(records: Path, agent: Agent, path: Path) -> Path:
    return records / f"{agent.kind}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.json"


def _load_record(path: Path) -> _Record | None:
    try:
        told: object = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    match told:
        case {"before": str() | None as before, "written_sha256": str(digest), "created": list(created)}:
            return _Record(before.encode() if before is not None else None, digest, tuple(map(str, created)))
        case _:
            return None


def _remember(plan: Plan) -> None:
    """Back the file up once: a second connect must not take our own entries for what was there before."""
    known = _load_record(plan.record)
    before = plan.before
    if known is not None and before is not None and hashlib.sha256(before).hexdigest() == known.written_sha256:
        before = known.before
    told = {
        "path": os.fspath(plan.path),
        "before": before.decode() if before is not None else None,
        "written_sha256": hashlib.sha256(plan.after or b"").hexdigest(),
        "created": list(plan.created),
    }
    plan.record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _replace(plan.record, json.dumps(told, ensure_ascii=False).encode(), 0o600)


def _plan(
    path: Path,
    before: bytes | None,
    after: bytes | None,
    records: Path,
    agent: Agent,
    *,
    is_connecting: bool,
    created: tuple[str, ...] = (),
) -> Plan:
    old, new = ((content or b"").decode().splitlines(keepends=True) for content in (before, after))
    lines = difflib.unified_diff(old, new, os.fspath(path), os.fspath(path))
    diff = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return Plan(path, before, after, diff, _record(records, agent, path), is_connecting, created)
