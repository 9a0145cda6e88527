"""Screen savers and logind on buses of their own, and what we make of their words."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jeepney import new_method_call
from jeepney.io.blocking import open_dbus_connection
from pytestqt.qtbot import QtBot

from desktop.app.lock_watch import LockWatch, _system_address
from tests.fakes import screen_saver
from tests.fakes.private_bus import Daemon, PrivateBus

FREEDESKTOP = "org.freedesktop.ScreenSaver"
GNOME = "org.gnome.ScreenSaver"
LOGIND = "org.freedesktop.login1"

Start = Callable[..., Daemon]


@pytest.fixture
def start(bus: PrivateBus) -> Iterator[Start]:
    running: list[Daemon] = []

    def begin(*options: str) -> Daemon:
        running.append(Daemon(bus, *options, program=screen_saver.__file__))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


@pytest.fixture
def watch(qtbot: QtBot, bus: PrivateBus) -> Iterator[LockWatch]:
    found = LockWatch(bus.address, bus.address)
    yield found
    found.stop()


def is_told(qtbot: QtBot, daemon: Daemon, member: str) -> None:
    """Wait until *daemon* was asked something."""

    def asked() -> bool:
        daemon.read()
        return {"asked": member} in daemon.reports

    qtbot.waitUntil(asked)


@pytest.mark.parametrize("name", [FREEDESKTOP, GNOME, "org.xfce.ScreenSaver"])
def test_a_screen_saver_says_when_the_screen_is_locked_and_open(
    qtbot: QtBot, start: Start, watch: LockWatch, name: str
) -> None:
    saver = start(name)
    watch.start()
    is_told(qtbot, saver, "GetActive")

    saver.do(active=True)
    qtbot.waitUntil(lambda: watch.is_locked)
    saver.do(active=False)

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_a_screen_that_is_locked_already_is_known(qtbot: QtBot, start: Start, watch: LockWatch) -> None:
    start(GNOME, "--active")

    with qtbot.waitSignal(watch.changed) as told:
        watch.start()

    assert told.args == [True]


def test_a_screen_saver_that_comes_later_is_heard(qtbot: QtBot, start: Start, watch: LockWatch) -> None:
    saver = start(FREEDESKTOP)
    watch.start()
    is_told(qtbot, saver, "GetActive")

    start(GNOME, "--active")

    qtbot.waitUntil(lambda: watch.is_locked)


def test_a_screen_saver_that_dies_leaves_the_screen_open(qtbot: QtBot, start: Start, watch: LockWatch) -> None:
    saver = start(FREEDESKTOP, "--active")
    watch.start()
    qtbot.waitUntil(lambda: watch.is_locked)

    saver.stop_now()

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_the_screen_is_open_when_the_last_of_two_says_so(qtbot: QtBot, start: Start, watch: LockWatch) -> None:
    one, two = start(FREEDESKTOP, "--active"), start(GNOME, "--active")
    watch.start()
    qtbot.waitUntil(lambda: len(watch._locked_by) == 2)

    one.do(active=False)
    qtbot.waitUntil(lambda: len(watch._locked_by) == 1)
    assert watch.is_locked
    two.do(active=False)

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_a_forged_word_of_another_program_opens_nothing(
    qtbot: QtBot, bus: PrivateBus, start: Start, watch: LockWatch
) -> None:
    saver = start(FREEDESKTOP, "--active")
    watch.start()
    qtbot.waitUntil(lambda: watch.is_locked)
    heard: list[bool] = []
    watch.changed.connect(heard.append)

    with open_dbus_connection(bus.address) as forger:
        forger.send(screen_saver.changed(FREEDESKTOP, is_active=False))
        forger.send_and_get_reply(new_method_call(screen_saver.DRIVER, "GetId"))
    saver.do(active=True)  # comes after the forged one: the bus works in order
    start(GNOME)
    qtbot.waitUntil(lambda: bool(watch._session_bus.owner(GNOME)))

    assert watch.is_locked
    assert heard == []


@pytest.mark.parametrize("session", ["", "7"])
def test_logind_asks_for_a_lock_and_takes_it_back(
    qtbot: QtBot, start: Start, watch: LockWatch, monkeypatch: pytest.MonkeyPatch, session: str
) -> None:
    monkeypatch.setenv("XDG_SESSION_ID", session)
    logind = start(LOGIND)
    watch.start()
    is_told(qtbot, logind, "Get")

    logind.do(lock=True)
    qtbot.waitUntil(lambda: watch.is_locked)
    logind.do(unlock=True)

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_logind_hints_at_what_the_desktop_did(qtbot: QtBot, start: Start, watch: LockWatch) -> None:
    logind = start(LOGIND, "--active")
    watch.start()
    qtbot.waitUntil(lambda: watch.is_locked)

    logind.do(hint=False)

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_a_screen_saver_that_opens_ends_the_lock_that_logind_asked_for(
    qtbot: QtBot, start: Start, watch: LockWatch
) -> None:
    saver, logind = start(FREEDESKTOP), start(LOGIND)
    watch.start()
    is_told(qtbot, logind, "Get")
    is_told(qtbot, saver, "GetActive")
    logind.do(lock=True)
    saver.do(active=True)
    qtbot.waitUntil(lambda: len(watch._locked_by) == 2)

    saver.do(active=False)

    qtbot.waitUntil(lambda: not watch.is_locked)


def test_without_any_bus_the_screen_is_never_locked(qtbot: QtBot, tmp_path: Path) -> None:
    watch = LockWatch(f"unix:path={tmp_path}/none", "")

    watch.start()

    assert not watch.is_locked
    watch.stop()


def test_the_system_bus_is_where_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/named")
    assert _system_address() == "unix:path=/named"

    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    monkeypatch.setattr("desktop.app.lock_watch._SYSTEM_BUS", tmp_path / "none")
    assert _system_address() == ""
