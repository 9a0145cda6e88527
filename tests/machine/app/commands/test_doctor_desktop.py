"""What the doctor hears from the desktop: a real daemon on a bus of its own, or none."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.app.commands import doctor, doctor_desktop
from desktop.app.commands.doctor import Mark
from tests.fakes.private_bus import Daemon, PrivateBus

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_desktop, "WAIT_MS", 1000)
    monkeypatch.setenv("DISPLAY", ":0")  # the windows themselves are drawn offscreen


def test_a_daemon_with_buttons_is_good(qtbot: QtBot, bus: PrivateBus) -> None:
    daemon = Daemon(bus)

    has_tray, notified, _, is_quiet = doctor_desktop.look()

    assert (has_tray, is_quiet) == (False, False)
    assert (notified.backend, notified.has_buttons) == ("freedesktop", True)
    assert notified.server
    daemon.stop()


def test_a_daemon_that_holds_notifications_back_is_told(qtbot: QtBot, bus: PrivateBus) -> None:
    daemon = Daemon(bus, "--inhibited")

    told = list(doctor._desktop())

    assert told[-1].text == "do not disturb is on: the desktop holds notifications back"
    assert next(one for one in told if one.subject == "notifications").mark is Mark.GOOD
    daemon.stop()


def test_a_desktop_without_a_daemon_is_told_with_what_helps(
    qtbot: QtBot, bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list(doctor._desktop())

    host = next(one for one in told if one.subject == "tray host")
    notifications = next(one for one in told if one.subject == "notifications")
    assert (host.mark, notifications.mark) == (Mark.BAD, Mark.BAD)
    assert "AppIndicator" in host.remedy
    assert "dunst" in notifications.remedy
    assert any(one.text.startswith("not freedesktop: ") for one in told)


def test_without_a_bus_it_ends_too(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    _, notified, refusals, is_quiet = doctor_desktop.look()

    assert not notified.has_buttons
    assert any(name == "freedesktop" for name, _ in refusals)
    assert not is_quiet
