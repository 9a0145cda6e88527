"""Times as agents write them; None for what is none."""

from datetime import UTC, datetime

BEFORE_ALL = datetime.fromtimestamp(0, UTC)  # for records without a time, before any that has one


def from_iso(said: object) -> datetime | None:
    """A time with its zone, in words; one that our own zone puts before the first year is none."""
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def from_seconds(said: object) -> datetime | None:
    """Seconds since 1970."""
    if not isinstance(said, int | float) or isinstance(said, bool):
        return None
    try:
        return datetime.fromtimestamp(said, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def from_ms(said: object) -> datetime | None:
    """Milliseconds since 1970."""
    try:
        return from_seconds(said / 1000) if isinstance(said, int | float) and not isinstance(said, bool) else None
    except OverflowError:
        return None
