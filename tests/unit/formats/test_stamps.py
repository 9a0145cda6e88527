from datetime import UTC, datetime

import pytest

from desktop.formats import stamps

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_times_are_read_in_words_seconds_and_milliseconds() -> None:
    assert stamps.from_iso("2026-11-23T12:00:00.000Z") == NOON
    assert stamps.from_seconds(NOON.timestamp()) == NOON
    assert stamps.from_ms(int(NOON.timestamp() * 1000)) == NOON


@pytest.mark.parametrize(
    "said", [None, "", "noon", "2026-11-23T12:00:00", 7, True, [], "9" * 400, "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_in_words_is_none(said: object) -> None:
    assert stamps.from_iso(said) is None


@pytest.mark.parametrize("said", [None, "7", True, 1e300, -1e300, float("nan"), 10**400, []])
def test_what_is_no_number_of_a_time_is_none(said: object) -> None:
    assert stamps.from_seconds(said) is None
    assert stamps.from_ms(said) is None
