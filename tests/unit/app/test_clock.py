"""The one place that asks what time it is."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import desktop.domain
from desktop.app import clock


def test_the_time_is_now_and_has_its_zone() -> None:
    before = datetime.now(UTC)

    now = clock.now()

    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_no_floor_that_must_be_told_the_time_asks_for_it() -> None:
    root = Path(desktop.domain.__path__[0]).parent
    asks = re.compile(r"datetime\.now\(|time\.time\(|time\.monotonic\(")

    asking = [
        str(path.relative_to(root))
        for floor in ("domain", "policy", "hub", "metrics", "formats", "agents")
        for path in (root / floor).rglob("*.py")
        if asks.search(path.read_text(encoding="utf-8"))
    ]

    assert asking == []
