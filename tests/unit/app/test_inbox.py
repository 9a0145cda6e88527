"""The one door to the main thread: order, coalescing, slices, and that nothing is lost or woken for twice."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from pytestqt.qtbot import QtBot

from desktop.app import inbox as inbox_module
from desktop.app.inbox import Inbox
from desktop.domain.events import ActivitySeen, Event, HealthReported, ProcessEnded
from desktop.domain.ids import SessionId

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
ONE, TWO = SessionId("example:one"), SessionId("example:two")


class Door:
    """An inbox, and what came through it."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.threads: set[int] = set()
        self.drained = 0
        self.on_taken: Callable[[Event], None] = lambda _: None
        self.inbox = Inbox(self._take, self._drain)

    def _take(self, event: Event) -> None:
        self.taken.append(event)
        self.threads.add(threading.get_ident())
        self.on_taken(event)

    def _drain(self) -> None:
        self.drained += 1


@pytest.fixture
def door(qtbot: QtBot) -> Door:
    return Door()


def ended(pid: int) -> Event:
    return ProcessEnded(pid, NOON)


def life(session: SessionId, seconds: int, text: str = "") -> ActivitySeen:
    return ActivitySeen(session, NOON + timedelta(seconds=seconds), text)


def wakes(door: Door, monkeypatch: pytest.MonkeyPatch) -> list[QEvent]:
    """Every posting of a wake-up from now on."""
    posted: list[QEvent] = []
    real = QCoreApplication.postEvent

    def post(receiver: object, event: QEvent) -> None:
        posted.append(event)
        real(receiver, event)  # type: ignore[call-overload]

    monkeypatch.setattr(inbox_module.QCoreApplication, "postEvent", post)
    return posted


def test_events_and_actions_come_out_in_the_order_they_went_in(door: Door, qtbot: QtBot) -> None:
    seen: list[object] = []
    door.on_taken = seen.append

    door.inbox.put(ended(1))
    door.inbox.call(lambda: seen.append("action"))
    door.inbox.put(ended(2))

    qtbot.waitUntil(lambda: door.drained > 0)
    assert seen == [ended(1), "action", ended(2)]


def test_nothing_comes_out_where_it_is_put(door: Door) -> None:
    door.inbox.put(ended(1))

    assert door.taken == []
    QCoreApplication.processEvents()
    assert door.taken == [ended(1)]


def test_what_gathers_wakes_the_main_thread_once(door: Door, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SLICE_S", 10.0)
    posted = wakes(door, monkeypatch)

    for pid in range(500):
        door.inbox.put(ended(pid))
    assert len(posted) == 1

    qtbot.waitUntil(lambda: len(door.taken) == 500)
    assert (len(posted), door.drained) == (1, 1)
    door.inbox.put(ended(501))
    assert len(posted) == 2
    qtbot.waitUntil(lambda: len(door.taken) == 501)


def test_from_many_threads_nothing_is_lost_and_each_keeps_its_order(door: Door, qtbot: QtBot) -> None:
    def put(first: int) -> None:
        for pid in range(first, first + 500):
            door.inbox.put(ended(pid))

    threads = [threading.Thread(target=put, args=(number * 1000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    qtbot.waitUntil(lambda: len(door.taken) == 4000)
    for thread in threads:
        thread.join()

    pids = [event.pid for event in door.taken if isinstance(event, ProcessEnded)]
    for number in range(8):
        own = [pid for pid in pids if pid // 1000 == number]
        assert own == list(range(number * 1000, number * 1000 + 500))
    assert door.threads == {threading.get_ident()}


def test_signs_of_life_of_one_session_are_one_with_the_last_words_and_the_last_time(door: Door, qtbot: QtBot) -> None:
    door.inbox.put(life(ONE, 1, "reads a file"))
    door.inbox.put(life(ONE, 2, "runs the tests"))
    door.inbox.put(life(ONE, 3))

    qtbot.waitUntil(lambda: door.drained > 0)
    assert door.taken == [life(ONE, 3, "runs the tests")]


def test_signs_of_life_are_not_moved_over_anything_else(door: Door, qtbot: QtBot) -> None:
    put = [life(ONE, 1), life(TWO, 2), life(ONE, 3), ended(4), life(ONE, 5)]
    for event in put:
        door.inbox.put(event)

    qtbot.waitUntil(lambda: door.drained > 0)
    assert door.taken == put


def test_ten_thousand_signs_of_life_take_no_room(door: Door, qtbot: QtBot) -> None:
    for number in range(10_000):
        door.inbox.put(life(ONE, number, "works"))

    assert len(door.inbox._events) == 1
    qtbot.waitUntil(lambda: door.drained > 0)


def test_between_two_slices_the_window_gets_its_turn(door: Door, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SLICE_S", 0.0005)
    at_turn: list[int] = []
    QTimer.singleShot(0, lambda: at_turn.append(len(door.taken)))
    pause = threading.Event()
    door.on_taken = lambda _: pause.wait(0.001) and None
    for pid in range(50):
        door.inbox.put(ended(pid))

    qtbot.waitUntil(lambda: len(door.taken) == 50)

    assert len(at_turn) == 1
    assert at_turn[0] < 50
    assert door.drained >= 50


def test_what_is_put_while_it_is_drained_comes_too(door: Door, qtbot: QtBot) -> None:
    def put_more(event: Event) -> None:
        if isinstance(event, ProcessEnded) and event.pid < 5:
            door.inbox.put(ended(event.pid + 1))

    door.on_taken = put_more
    door.inbox.put(ended(0))

    qtbot.waitUntil(lambda: len(door.taken) == 6)


def test_an_error_over_one_event_does_not_shut_the_door(door: Door, qtbot: QtBot) -> None:
    def fail_once(event: Event) -> None:
        if event == ended(1):
            raise RuntimeError("a bug over one event")

    door.on_taken = fail_once

    with qtbot.captureExceptions() as caught:
        door.inbox.put(ended(1))
        door.inbox.put(ended(2))
        qtbot.waitUntil(lambda: ended(2) in door.taken)
        door.inbox.put(HealthReported("ledger", NOON, ""))
        qtbot.waitUntil(lambda: len(door.taken) == 3)

    assert [str(error) for _, error, _ in caught] == ["a bug over one event"]


def test_other_events_of_qt_are_left_to_qt(door: Door) -> None:
    QCoreApplication.postEvent(door.inbox, QEvent(QEvent.Type.User))
    QCoreApplication.processEvents()

    assert door.drained == 0


def test_all_that_has_come_can_be_taken_without_the_loop(door: Door) -> None:
    door.inbox.put(ProcessEnded(1, NOON))
    door.inbox.put(ProcessEnded(2, NOON))

    door.inbox.take_all()

    assert door.taken == [ProcessEnded(1, NOON), ProcessEnded(2, NOON)]


def test_who_takes_over_gets_what_comes_from_then_on(door: Door) -> None:
    taken: list[Event] = []
    door.inbox.put(ProcessEnded(1, NOON))
    door.inbox.take_all()
    door.inbox.serve(taken.append, lambda: None)

    door.inbox.put(ProcessEnded(2, NOON))
    door.inbox.take_all()

    assert door.taken == [ProcessEnded(1, NOON)]
    assert taken == [ProcessEnded(2, NOON)]


def test_what_is_to_be_called_waits_for_the_loop(door: Door, qtbot: QtBot) -> None:
    called: list[str] = []
    door.inbox.call(lambda: called.append("raise the window"))
    door.inbox.put(ProcessEnded(1, NOON))

    door.inbox.take_all()

    assert door.taken == [ProcessEnded(1, NOON)]
    assert called == []
    qtbot.waitUntil(lambda: called == ["raise the window"])
