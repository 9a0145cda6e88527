"""How often notifications may be sent."""

import pytest

from desktop.domain.notices import Urgency
from desktop.notifications.pace import BURST, SAME_KEY_S, Pace
from tests.fakes.notices import decision, news


def test_the_first_goes_at_once() -> None:
    assert Pace().delay_s(news(), 100.0) == 0


def test_the_same_key_waits_until_the_window_is_over() -> None:
    pace = Pace()
    pace.sent(news("1 file"), 100.0)

    assert pace.delay_s(news("2 files"), 100.5) == pytest.approx(SAME_KEY_S - 0.5)
    assert pace.delay_s(news("2 files"), 100.0 + SAME_KEY_S) == 0


def test_the_next_request_of_a_session_does_not_wait_for_the_last() -> None:
    pace = Pace()
    pace.sent(decision(request="r1"), 100.0)

    assert pace.delay_s(decision(request="r2"), 100.1) == 0
    assert pace.delay_s(decision("other words", request="r1"), 100.1) > 1


def test_a_burst_of_news_is_slowed_down_and_a_decision_is_not() -> None:
    pace = Pace()
    for number in range(BURST):
        notice = news(key=str(number))
        assert pace.delay_s(notice, 100.0) == 0
        pace.sent(notice, 100.0)

    assert pace.delay_s(news(key="one more", urgency=Urgency.LOW), 100.0) > 0
    assert pace.delay_s(decision(), 100.0) == 0
    assert pace.delay_s(news(key="one more"), 101.0) == 0


def test_a_clock_that_goes_back_locks_nothing_for_long() -> None:
    pace = Pace()
    pace.sent(news(), 100.0)

    assert pace.delay_s(decision(), 50.0) == 0
    assert pace.delay_s(news(key="other"), 50.0) == 0


def test_only_so_many_keys_are_remembered() -> None:
    pace = Pace()
    for number in range(1000):
        pace.sent(decision(key=str(number)), 100.0)

    assert len(pace._last) <= 256
