"""The one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, with zone."""
    return datetime.now(UTC)
