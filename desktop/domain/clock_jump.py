"""When the wall clock is set back, what was noted by it moves with it, or it would lie in the future for an hour."""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar, cast

Record = TypeVar("Record")

# Threads stamp what they see a little before or after us; a clock that is set goes further.
NO_JUMP = timedelta(seconds=2)


def moved(record: Record, by: timedelta) -> Record:
    """The same record with every time in it moved."""
    if isinstance(record, datetime):
        return cast("Record", record + by)
    if isinstance(record, tuple):
        return cast("Record", tuple(moved(item, by) for item in record))
    if is_dataclass(record) and not isinstance(record, type):
        known = {field.name: getattr(record, field.name) for field in fields(record)}
        changed = {name: after for name, before in known.items() if (after := moved(before, by)) != before}
        return replace(record, **changed) if changed else record
    return record
