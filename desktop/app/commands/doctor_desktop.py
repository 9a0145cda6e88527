"""Asks the desktop what the doctor wants to know: tray host, notifications, do not disturb. Needs Qt."""

import sys
from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from desktop.app.lasting_singletons import keep_singletons
from desktop.domain.notices import Capabilities
from desktop.domain.settings import Backend
from desktop.notifications.choose import ChosenNotifier, candidates
from desktop.notifications.dnd import is_do_not_disturb
from desktop.notifications.session_bus import SessionBus

WAIT_MS = 2_000


def look() -> tuple[bool, Capabilities, tuple[tuple[str, str], ...], bool]:
    """Whether there is a tray host, what shows notifications, who refused and why, whether it is quiet."""
    keep_singletons()
    made = QApplication.instance() or QApplication(["agent-tray-doctor"])
    notifier = ChosenNotifier(candidates(sys.platform, Backend.AUTOMATIC))
    notifier.start(_nothing, _nothing)
    _turn(lambda: notifier.capabilities().has_buttons)
    told = (QSystemTrayIcon.isSystemTrayAvailable(), notifier.capabilities(), notifier.refusals, _is_quiet())
    notifier.stop()
    del made
    return told


def _is_quiet() -> bool:
    """Whether the server of notifications says that it holds them back."""
    if sys.platform != "linux":
        return False
    bus = SessionBus()
    refusal = bus.open(_nothing)
    is_quiet = not refusal and is_do_not_disturb(bus) is True
    bus.close()
    return is_quiet


def _nothing(_: object) -> None:
    pass


def _turn(is_done: Callable[[], bool]) -> None:
    clock = QElapsedTimer()
    clock.start()
    while not is_done() and clock.elapsed() < WAIT_MS:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
