"""Put our hook into an agent's settings and take it out again, byte for byte where nobody else wrote since.

Planning reads and writes nothing else; only ``apply`` writes, and only what the plan shows.
"""

import contextlib
import difflib
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.domain.agent import Agent, HookSetup, OwnFile
from desktop.domain.record import dataclass
from desktop.formats.resources import resource_bytes
from desktop.storage import hook_entries
from desktop.storage.hook_entries import OUR_FILES, BadSettings

_LARGEST_FILE = 16 << 20
_OUR_FOLDER = OUR_FILES[0].partition("/")[0]


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
    folders: tuple[Path, ...] = ()  # that the change makes or takes away, the outermost first

    @property
    def is_needed(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after


def plans_to_connect(
    agent: Agent, home: Path, relay_command: Sequence[str], records: Path, version: tuple[int, ...] = ()
) -> list[Plan]:
    """Plan to register the relay for *agent*, one plan a file; what is ours already is brought up to date."""
    setup = _setup_of(agent)
    base = _base(setup, home)
    made = [_plan_entries(agent, setup, base, relay_command, records, version)] if setup.events else []
    return [*made, *(_plan_own(agent, setup, base, own, relay_command, records) for own in setup.own_files)]


def plans_to_disconnect(agent: Agent, home: Path, records: Path) -> list[Plan]:
    """Plan to take out what is ours: the very file of before where nobody wrote since, else only our entries."""
    setup = _setup_of(agent)
    base = _base(setup, home)
    made = [_plan_entries_out(agent, setup, base, records)] if setup.events else []
    return [*made, *(_plan_own_out(agent, base, own, records) for own in setup.own_files)]


def is_connected(agent: Agent, home: Path) -> bool:
    """Whether the agent's settings call our relay."""
    setup = agent.hook_setup
    if setup is None:
        return False
    try:
        base = _base(setup, home)
        if setup.events:
            path, before = _read(base / setup.file)
            with _naming(path):
                if not hook_entries.ours(_decode(path, before), setup):
                    return False
        return all(_is_own(_read(base / own.path)[1]) for own in setup.own_files)
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
            for folder in plan.folders:
                folder.mkdir(mode=0o700, exist_ok=True)
        if plan.after is None:
            plan.path.unlink()
        else:
            mode = stat.S_IMODE(plan.path.stat().st_mode) if plan.before is not None else 0o600
            _replace(plan.path, plan.after, mode)
        if not plan.is_connecting:
            plan.record.unlink(missing_ok=True)
            for folder in reversed(plan.folders):
                with contextlib.suppress(OSError):  # others have put something in: it stays
                    folder.rmdir()
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


# -- the plans


def _setup_of(agent: Agent) -> HookSetup:
    if agent.hook_setup is None:
        raise SetupError(f"{agent.label} has no hooks that we could use.")
    return agent.hook_setup


def _base(setup: HookSetup, home: Path) -> Path:
    if not home.is_dir():
        raise SetupError(f"{home} is not there. Start the agent once, then connect it.")
    return Path(setup.base).expanduser() if setup.base else home


def _plan_entries(
    agent: Agent,
    setup: HookSetup,
    base: Path,
    relay_command: Sequence[str],
    records: Path,
    version: tuple[int, ...],
) -> Plan:
    path, before = _read(base / setup.file)
    text = _decode(path, before)
    known = _load_record(_record(records, agent, path))
    with _naming(path):
        wanted = hook_entries.wanted(setup, relay_command, version)
        if sorted(map(repr, hook_entries.ours(text, setup))) == sorted(map(repr, wanted)):
            return _plan(path, before, before, records, agent, is_connecting=True)
        created = set(known.created if known is not None else ())
        text = hook_entries.without_ours(text, setup, created)
        if not text.strip():
            text = "{}\n"
        for name, item in wanted:
            text = hook_entries.with_item(text, setup, name, item, created)
    folders = _missing_folders(path)
    after = text.encode()
    return _plan(
        path, before, after, records, agent, is_connecting=True, created=tuple(sorted(created)), folders=folders
    )


def _plan_entries_out(agent: Agent, setup: HookSetup, base: Path, records: Path) -> Plan:
    path, before = _read(base / setup.file)
    if before is None:
        return _plan(path, None, None, records, agent, is_connecting=False)
    known = _load_record(_record(records, agent, path))
    if known is not None and hashlib.sha256(before).hexdigest() == known.written_sha256:
        return _plan(path, before, known.before, records, agent, is_connecting=False, folders=known.folders)
    created = None if known is None else set(known.created)
    with _naming(path):
        after = hook_entries.without_ours(_decode(path, before), setup, created).encode()
    return _plan(path, before, after, records, agent, is_connecting=False)


def _plan_own(
    agent: Agent, setup: HookSetup, base: Path, own: OwnFile, relay_command: Sequence[str], records: Path
) -> Plan:
    path, before = _read(base / own.path)
    if before is not None and not _is_own(before):
        raise SetupError(f"{path} is there and not ours. Move it away, then connect again; it was left as it is.")
    words = [*relay_command, setup.command_name]
    after = resource_bytes(own.resource)
    with _naming(path):
        after = after.replace(b"@WORDS@", json.dumps(words).encode())
        if b"@LINE@" in after:
            after = after.replace(b"@LINE@", json.dumps(hook_entries.one_line(words)).encode())
    return _plan(path, before, after, records, agent, is_connecting=True, folders=_missing_folders(path))


def _plan_own_out(agent: Agent, base: Path, own: OwnFile, records: Path) -> Plan:
    path, before = _read(base / own.path)
    known = _load_record(_record(records, agent, path))
    after = None if _is_own(before) else before
    folders = known.folders if known is not None else ()
    return _plan(path, before, after, records, agent, is_connecting=False, folders=folders)


def _is_own(content: bytes | None) -> bool:
    """Whether a file that bears our name is ours: every one of them names us."""
    return content is not None and _OUR_FOLDER.encode() in content


def _missing_folders(path: Path) -> tuple[Path, ...]:
    missing = []
    folder = path.parent
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    return tuple(reversed(missing))


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say of which file it is that the settings are bad."""
    try:
        yield
    except BadSettings as error:
        raise SetupError(f"{path}{error}") from error


# -- the file


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
    folders: tuple[Path, ...]


def _record(records: Path, agent: Agent, path: Path) -> Path:
    return records / f"{agent.kind}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.json"


def _load_record(path: Path) -> _Record | None:
    try:
        told: object = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    match told:
        case {"before": str() | None as before, "written_sha256": str(digest), "created": list(created), **rest}:
            folders = rest.get("folders")
            made = tuple(Path(str(each)) for each in folders) if isinstance(folders, list) else ()
            return _Record(before.encode() if before is not None else None, digest, tuple(map(str, created)), made)
        case _:
            return None


def _remember(plan: Plan) -> None:
    """Back the file up once: a second connect must not take our own entries for what was there before."""
    known = _load_record(plan.record)
    before, folders = plan.before, plan.folders
    if known is not None and before is not None and hashlib.sha256(before).hexdigest() == known.written_sha256:
        before, folders = known.before, (*known.folders, *folders)
    told = {
        "path": os.fspath(plan.path),
        "before": before.decode() if before is not None else None,
        "written_sha256": hashlib.sha256(plan.after or b"").hexdigest(),
        "created": list(plan.created),
        "folders": [os.fspath(folder) for folder in folders],
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
    folders: tuple[Path, ...] = (),
) -> Plan:
    old, new = ((content or b"").decode(errors="replace").splitlines(keepends=True) for content in (before, after))
    lines = difflib.unified_diff(old, new, os.fspath(path), os.fspath(path))
    diff = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return Plan(path, before, after, diff, _record(records, agent, path), is_connecting, created, folders)
