"""Lists of records in the settings file, one table each, as [[tasks]]: a wrong one is left out and left alone."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.storage import settings_fields
from desktop.storage.settings_fields import Problem, SettingsUnreadable

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import AoT

# More than anybody writes by hand.
MOST_RECORDS = 200

Kind = Any  # a dataclass whose first field is the name that tells its records apart
Record = Any


def read(values: object, kind: Kind, section: str, text: str, file: Path) -> tuple[tuple[Record, ...], list[Problem]]:
    """Read the records of *section*; what cannot be one is told of and left out."""
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        line = settings_fields.line_of(text, "", section)
        return (), [Problem(file, line, section, "is not a list of sections", f"Write each as [[{section}]]")]
    records: list[Record] = []
    problems: list[Problem] = []
    for number, value in enumerate(values[:MOST_RECORDS], start=1):
        key = f"{section}[{number}]"
        try:
            made = record(value, kind)
        except ValueError as error:
            problems.append(Problem(file, 0, key, str(error), "Until it is mended, it counts for nothing"))
            continue
        if any(_name(made) == _name(known) for known in records):
            problems.append(Problem(file, 0, key, f"is called {_name(made)!r} like another", "Give it its own name"))
            continue
        records.append(made)
    return tuple(records), problems


def record(value: dict[str, object], kind: Kind) -> Record:
    """Make one record of a table, or raise ValueError with a sentence's end."""
    first, *others = dataclasses.fields(kind)
    name = value.get(first.name)
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise ValueError(f"has no {first.name}")
    given: dict[str, object] = {first.name: name}
    for field in others:
        if field.name in value:
            try:
                given[field.name] = settings_fields.checked(value[field.name], field, field.default)
            except ValueError as error:
                wish = settings_fields.wish(field.default, field.metadata.get("low"), field.metadata.get("high"))
                raise ValueError(f"has a {field.name} that {error}; write {wish}") from None
    return kind(**given)


def put(document: "TOMLDocument", section: str, records: Sequence[Record], kind: Kind, file: Path) -> None:
    """Bring the tables of *section* to *records*, leaving comments, unknown keys and tables that are wrong."""
    import tomlkit
    from tomlkit.items import AoT

    tables = document.get(section)
    known, problems = read(tables.unwrap() if tables is not None else [], kind, section, "", file)
    if tuple(records) == known:
        return
    for problem in problems:
        if problem.key == section:  # no list at all: there is nowhere to put any
            raise SettingsUnreadable(problem)
    if tables is None:
        tables = tomlkit.aot()
        document[section] = tables
    if not isinstance(tables, AoT):  # written as one line: the person's own way cannot be kept
        inline, tables = tables.unwrap(), tomlkit.aot()
        for value in inline if isinstance(inline, list) else []:
            tables.append(tomlkit.item(value))
        document[section] = tables
    _bring(tables, {_name(item): item for item in records}, {_name(item) for item in known}, kind)
    if not len(tables):
        del document[section]


def _bring(tables: "AoT", wanted: dict[str, Record], known: set[str], kind: Kind) -> None:
    import tomlkit

    first, *others = dataclasses.fields(kind)
    for index in reversed(range(len(tables))):
        name = tables[index].get(first.name)
        if name in known and name not in wanted:
            del tables[index]
    there = {str(table.get(first.name)): table for table in tables if table.get(first.name) in known}
    for name, item in wanted.items():
        table = there.get(name)
        if table is None:
            table = tomlkit.table()
            table[first.name] = name
            tables.append(table)
        for field in others:
            value = settings_fields.plain(getattr(item, field.name))
            if field.name in table:
                if table.unwrap()[field.name] != value:
                    table[field.name] = value
            elif value != settings_fields.plain(field.default):
                table[field.name] = value


def _name(made: Record) -> str:
    return str(getattr(made, dataclasses.fields(made)[0].name))
