"""The system's word to end the program."""

import os
import signal
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app.system_signals import SystemSignals

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def signals(qapp: QApplication, qtbot: QtBot) -> Iterator[SystemSignals]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    found = SystemSignals(qapp)
    yield found
    found.close()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_loop_ends_in_order_when_the_system_asks(
    signals: SystemSignals, qapp: QApplication, number: signal.Signals
) -> None:
    del signals
    rescue = QTimer()
    rescue.timeout.connect(lambda: qapp.exit(1))
    rescue.start(5000)
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), number))

    assert qapp.exec() == 0


def test_after_the_end_the_wakeup_is_given_back(qapp: QApplication, qtbot: QtBot) -> None:
    before = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(before)
    handlers = {number: signal.getsignal(number) for number in NUMBERS}
    signals = SystemSignals(qapp)

    signals.close()

    assert signal.set_wakeup_fd(before) == before
    for number, handler in handlers.items():
        signal.signal(number, handler)
