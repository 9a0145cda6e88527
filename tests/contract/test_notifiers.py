"""What holds for every backend that can run here."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.notices import NoticeActed
from desktop.domain.ports import Notifier
from desktop.notifications.choose import Candidate, ChosenNotifier
from desktop.notifications.desktop_notifier import DesktopNotifierBackend
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.null import NullNotifier
from desktop.notifications.plyer_basic import PlyerNotifier
from desktop.notifications.server_watch import Patience
from desktop.notifications.session_bus import SessionBus
from tests.fakes import private_bus
from tests.fakes.centre_library import CentreLibrary
from tests.fakes.notices import decision, news

Make = Callable[[], Notifier]


@pytest.fixture(params=["freedesktop", "desktop-notifier", "plyer", "none", "chosen"])
def make(request: pytest.FixtureRequest, tmp_path: Path, qtbot: QtBot) -> Iterator[Make]:
    with ExitStack() as stack:
        match request.param:
            case "freedesktop" | "chosen":
                if shutil.which("dbus-daemon") is None:
                    pytest.skip("dbus-daemon is not installed: nothing about notifications on Linux is tested")
                bus = stack.enter_context(private_bus.running(tmp_path))
                server = private_bus.Daemon(bus)
                stack.callback(server.stop)

                def freedesktop() -> FreedesktopNotifier:
                    return FreedesktopNotifier(SessionBus(bus.address), patience=Patience(start=5000))

                if request.param == "freedesktop":
                    yield freedesktop
                else:
                    yield lambda: ChosenNotifier([Candidate("freedesktop", freedesktop)])
            case "desktop-notifier":
                yield lambda: DesktopNotifierBackend(CentreLibrary(), "darwin")
            case "plyer":
                yield lambda: PlyerNotifier(lambda title, body: None)
            case _:
                yield NullNotifier


@pytest.fixture
def acted() -> list[NoticeActed]:
    return []


def test_it_starts_and_says_nothing_by_itself(make: Make, acted: list[NoticeActed]) -> None:
    changes: list[str] = []
    notifier = make()

    assert notifier.start(acted.append, changes.append) == ""
    notifier.stop()

    assert (acted, changes) == ([], [])


def test_it_takes_everything_a_hub_may_do(make: Make, acted: list[NoticeActed]) -> None:
    changes: list[str] = []
    notifier = make()
    notifier.start(acted.append, changes.append)

    for notice in (decision(), decision("other"), news(), decision("\ud800\0", title="")):
        notifier.raise_notice(notice)
    notifier.withdraw(decision().key)
    notifier.withdraw(decision(key="never shown").key)
    notifier.raise_notice(decision())
    notifier.stop()

    assert (acted, changes) == ([], [])


def test_its_capabilities_agree_with_one_another(make: Make, acted: list[NoticeActed]) -> None:
    notifier = make()
    notifier.start(acted.append, lambda reason: None)

    can = notifier.capabilities()

    assert can.backend
    assert can.has_buttons or not can.has_inline_reply
    assert (can.max_buttons > 0) == can.has_buttons
    notifier.stop()


def test_stopped_twice_or_used_afterwards_it_keeps_quiet(make: Make, acted: list[NoticeActed]) -> None:
    notifier = make()
    notifier.start(acted.append, lambda reason: None)
    notifier.stop()

    notifier.raise_notice(decision())
    notifier.withdraw(decision().key)
    notifier.stop()

    assert not notifier.capabilities().has_inline_reply
    assert acted == []


def test_it_can_be_started_again(make: Make, acted: list[NoticeActed]) -> None:
    notifier = make()
    notifier.start(acted.append, lambda reason: None)
    notifier.stop()

    assert notifier.start(acted.append, lambda reason: None) == ""
    notifier.raise_notice(decision())
    notifier.stop()
