"""The file in which a person's settings live: TOML, theirs to edit. What we do not know in it is kept.

While the file cannot be read it is never written: what the person typed is worth more than what we would put there.
"""

import dataclasses
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.domain.settings import Settings
from desktop.storage import settings_fields, settings_records
from desktop.storage.settings_fields import Problem, SettingsUnreadable

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.exceptions import ParseError

VERSION = 1

Migration = Callable[["TOMLDocument"], None]
"""Changes a document of version n into one of version n + 1."""

MIGRATIONS: tuple[Migration, ...] = ()
"""The first takes version 1 to 2."""

# A person's settings have a few hundred bytes; a file of megabytes is not one, and parsing it would freeze the start.
LARGEST = 256 * 1024


class SettingsFile:
    """Loads and saves the settings; keeps the last version it could read in *last_good*."""

    def __init__(self, path: Path, last_good: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._path = path
        self._last_good = last_good
        self._migrations = tuple(migrations)

    def load(self) -> tuple[Settings, tuple[Problem, ...]]:
        """Read the settings; a field that is wrong takes its default, a file that is wrong the last good one."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return Settings(), ()
        except OSError as error:
            problem = self._problem(f"cannot be read ({error.strerror})", "Check that the file belongs to you")
            return self._load_last_good(), (problem,)
        try:
            document, text = self._parse(raw)
        except SettingsUnreadable as error:
            return self._load_last_good(), (error.problem,)
        settings, problems = _settings_from(document, text, self._path)
        newer = self._version_problem(document)
        if newer is not None:
            return settings, (newer, *problems)
        if not problems:
            self._keep_last_good(raw)
        return settings, problems

    def save(self, settings: Settings) -> None:
        """Write *settings*, leaving comments and unknown keys; raises SettingsUnreadable or OSError."""
        import tomlkit

        target = Path(os.path.realpath(self._path))  # a link into somebody's dotfiles stays a link
        document = tomlkit.document()
        if target.exists():
            document, _text = self._parse(target.read_bytes())
            newer = self._version_problem(document)
            if newer is not None:
                raise SettingsUnreadable(newer)
        document["version"] = VERSION if not self._migrations else 1 + len(self._migrations)
        _put(document, settings, self._path)
        raw = tomlkit.dumps(document).encode()
        _write_atomically(target, raw)
        self._keep_last_good(raw)

    def _parse(self, raw: bytes) -> "tuple[TOMLDocument, str]":
        import tomlkit  # 17 ms, and most people have no such file
        from tomlkit.exceptions import ParseError, TOMLKitError

        if len(raw) > LARGEST:
            raise SettingsUnreadable(self._problem("is too large for settings", "Move it away to start afresh"))
        if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            remedy = "Save the file as UTF-8 without a byte order mark"
            raise SettingsUnreadable(self._problem("begins with a byte order mark", remedy, line=1))
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise SettingsUnreadable(self._problem("is not UTF-8", "Save the file as UTF-8", line=line)) from None
        try:
            document = tomlkit.parse(text)
            self._migrate(document)
        except ParseError as error:
            remedy = "Mend that line; until then the last good settings are used and the file is left alone"
            message = f"is not valid TOML ({_reason(error)})"
            raise SettingsUnreadable(self._problem(message, remedy, line=error.line)) from None
        except TOMLKitError as error:
            remedy = "Mend it; until then the last good settings are used and the file is left alone"
            raise SettingsUnreadable(self._problem(f"is not valid TOML ({error})", remedy)) from None
        except RecursionError:
            raise SettingsUnreadable(self._problem("is nested too deeply", "Move it away to start afresh")) from None
        return document, text

    def _migrate(self, document: "TOMLDocument") -> None:
        version = _version(document)
        for step, migration in enumerate(self._migrations, start=1):
            if version <= step:
                migration(document)
                document["version"] = step + 1

    def _version_problem(self, document: "TOMLDocument") -> Problem | None:
        if _version(document) <= 1 + len(self._migrations):
            return None
        return self._problem("was written by a newer Agent Tray", "It is read but not changed; update Agent Tray")

    def _load_last_good(self) -> Settings:
        try:
            document, text = self._parse(self._last_good.read_bytes())
        except (OSError, SettingsUnreadable):
            return Settings()
        return _settings_from(document, text, self._last_good)[0]

    def _keep_last_good(self, raw: bytes) -> None:
        try:
            if not self._last_good.exists() or self._last_good.read_bytes() != raw:
                self._last_good.parent.mkdir(parents=True, exist_ok=True)
                _write_atomically(self._last_good, raw)
        except OSError:
            return  # only a spare: without it a broken file means defaults

    def _problem(self, text: str, remedy: str, line: int = 0) -> Problem:
        return Problem(self._path, line, "", text, remedy)


def _reason(error: "ParseError") -> str:
    return str(error).split(" at line ")[0]


def _version(document: "TOMLDocument") -> int:
    version = document.unwrap().get("version", 1)
    return version if isinstance(version, int) and not isinstance(version, bool) else 1


def _settings_from(document: "TOMLDocument", text: str, file: Path) -> tuple[Settings, tuple[Problem, ...]]:
    content: dict[str, object] = document.unwrap()
    settings = Settings()
    problems: list[Problem] = []
    for section in dataclasses.fields(Settings):
        if (kind := section.metadata.get("record")) is not None:
            found, troubles = settings_records.read(content.get(section.name, []), kind, section.name, text, file)
            lists: dict[str, Any] = {section.name: found}
            settings = dataclasses.replace(settings, **lists)
            problems += troubles
            continue
        values = content.get(section.name, {})
        if not isinstance(values, dict):
            line = settings_fields.line_of(text, "", section.name)
            remedy = f"Write it as a section, [{section.name}]"
            problems.append(Problem(file, line, section.name, "is not a section", remedy))
            continue
        record = getattr(settings, section.name)
        for field in dataclasses.fields(record):
            if field.name not in values:
                continue
            wish = settings_fields.wish(
                getattr(record, field.name), field.metadata.get("low"), field.metadata.get("high")
            )
            try:
                value = settings_fields.checked(values[field.name], field, getattr(record, field.name))
            except ValueError as error:
                line = settings_fields.line_of(text, section.name, field.name)
                key = f"{section.name}.{field.name}"
                default = settings_fields.words(getattr(record, field.name))
                remedy = f"Write {wish}; until then {default} is used"
                problems.append(Problem(file, line, key, str(error), remedy))
                continue
            record = dataclasses.replace(record, **{field.name: value})
        settings = dataclasses.replace(settings, **{section.name: record})
    return settings, tuple(problems)


def _put(document: "TOMLDocument", settings: Settings, file: Path) -> None:
    import tomlkit
    from tomlkit.items import Table

    for section in dataclasses.fields(Settings):
        record = getattr(settings, section.name)
        if (kind := section.metadata.get("record")) is not None:
            settings_records.put(document, section.name, record, kind, file)
            continue
        defaults = getattr(Settings(), section.name)
        table = document.get(section.name)
        if table is not None and not isinstance(table, Table):
            remedy = f"Write it as a section, [{section.name}]"
            raise SettingsUnreadable(Problem(file, 0, section.name, "is not a section", remedy))
        for field in dataclasses.fields(record):
            value = settings_fields.plain(getattr(record, field.name))
            is_default = value == settings_fields.plain(getattr(defaults, field.name))
            if table is None:
                if is_default:
                    continue
                table = tomlkit.table()
                document[section.name] = table
            if field.name in table:
                if table.unwrap()[field.name] != value:
                    table[field.name] = value
            elif not is_default:
                table[field.name] = value


def _write_atomically(path: Path, content: bytes) -> None:
    """Replace *path* by *content*, so that a crash leaves either the old or the new file, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
