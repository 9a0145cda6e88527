"""The backend for macOS and Windows, against the documented API of its library."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.notices import Act, Button, NoticeActed
from desktop.notifications.desktop_notifier import DesktopNotifierBackend
from tests.fakes.centre_library import Capability, CentreLibrary, Icon, Urgency
from tests.fakes.notices import decision, news


@pytest.fixture
def library() -> CentreLibrary:
    return CentreLibrary()


@pytest.fixture
def acted() -> list[NoticeActed]:
    return []


@pytest.fixture
def notifier(qtbot: QtBot, library: CentreLibrary, acted: list[NoticeActed]) -> Iterator[DesktopNotifierBackend]:
    found = DesktopNotifierBackend(library, "darwin")
    assert found.start(acted.append, lambda reason: None) == ""
    yield found
    found.stop()


def test_a_decision_is_shown_with_its_buttons(
    qtbot: QtBot, library: CentreLibrary, notifier: DesktopNotifierBackend
) -> None:
    notifier.raise_notice(decision())

    qtbot.waitUntil(lambda: bool(library.shown))
    shown = library.sent[0]
    assert [button.title for button in shown.buttons] == ["Allow", "Deny", "Review…"]
    assert (shown.urgency, shown.sound, shown.reply_field) == (Urgency.Critical, "default", None)


@pytest.mark.parametrize(("button", "act"), [("b0", Act.ALLOW), ("b1", Act.DENY), ("", Act.OPEN)])
def test_a_press_arrives_on_the_main_thread_once(
    qtbot: QtBot,
    library: CentreLibrary,
    notifier: DesktopNotifierBackend,
    acted: list[NoticeActed],
    button: str,
    act: Act,
) -> None:
    notifier.raise_notice(decision())
    qtbot.waitUntil(lambda: bool(library.shown))
    centre, identifier = library.notifier, library.sent[0].identifier
    assert centre
    assert centre.on_button_pressed
    assert centre.on_clicked

    for _ in range(2):
        if button:
            centre.on_button_pressed(identifier, button)
        else:
            centre.on_clicked(identifier)

    qtbot.waitUntil(lambda: bool(acted))
    assert [each.act for each in acted] == [act]


def test_buttons_with_the_same_labels_keep_their_ids(
    qtbot: QtBot, library: CentreLibrary, notifier: DesktopNotifierBackend
) -> None:
    notifier.raise_notice(decision(request="r1"))
    notifier.raise_notice(decision(request="r2"))

    qtbot.waitUntil(lambda: len(library.sent) == 2)
    first, second = library.sent
    assert [button.identifier for button in first.buttons] == [button.identifier for button in second.buttons]
    assert first.identifier != second.identifier
    assert list(library.shown) == [second.identifier]


def test_a_typed_reply_is_cleaned(
    qtbot: QtBot, library: CentreLibrary, notifier: DesktopNotifierBackend, acted: list[NoticeActed]
) -> None:
    notifier.raise_notice(decision(buttons=(Button(Act.REPLY, "Reply…"),)))
    qtbot.waitUntil(lambda: bool(library.shown))
    centre, shown = library.notifier, library.sent[0]
    assert centre
    assert centre.on_replied
    assert shown.reply_field

    centre.on_replied(shown.identifier, "yes\x1b[2J\nplease")

    qtbot.waitUntil(lambda: bool(acted))
    assert (acted[0].act, acted[0].text) == (Act.REPLY, "yes\nplease")


def test_withdrawing_at_once_still_takes_it_back(
    qtbot: QtBot, library: CentreLibrary, notifier: DesktopNotifierBackend
) -> None:
    notifier.raise_notice(decision())
    notifier.withdraw(decision().key)
    notifier.raise_notice(news())

    qtbot.waitUntil(lambda: len(library.sent) == 2)
    qtbot.waitUntil(lambda: len(library.shown) == 1)


def test_a_press_on_what_was_withdrawn_means_nothing(
    qtbot: QtBot, library: CentreLibrary, notifier: DesktopNotifierBackend, acted: list[NoticeActed]
) -> None:
    notifier.raise_notice(decision())
    qtbot.waitUntil(lambda: bool(library.shown))
    notifier.withdraw(decision().key)
    notifier.raise_notice(news())
    qtbot.waitUntil(lambda: len(library.sent) == 2)
    centre = library.notifier
    assert centre
    assert centre.on_button_pressed
    assert centre.on_clicked

    centre.on_button_pressed(library.sent[0].identifier, "b0")
    centre.on_clicked(library.sent[1].identifier)

    qtbot.waitUntil(lambda: bool(acted))
    assert [each.notice.key for each in acted] == [news().key]


def test_outside_the_installed_application_it_refuses_in_words(qtbot: QtBot) -> None:
    dummy = DesktopNotifierBackend(CentreLibrary(capabilities=frozenset()), "darwin")

    reason = dummy.start(lambda acted: None, lambda reason: None)

    assert reason == "the system takes notifications only from the installed application"
    dummy.stop()


def test_the_icon_is_ours_or_none_and_never_the_librarys(qtbot: QtBot, tmp_path: Path) -> None:
    for icon in (None, tmp_path / "icon.png"):
        library = CentreLibrary(app_icon=Icon(Path("the library's own")))
        notifier = DesktopNotifierBackend(library, "win32", icon)
        notifier.start(lambda _acted: None, lambda _reason: None)

        assert library.app_icon == (Icon(icon) if icon else None)
        notifier.stop()


def test_a_missing_library_is_a_reason() -> None:
    reason = DesktopNotifierBackend(platform="darwin").start(lambda acted: None, lambda reason: None)

    assert reason == "desktop-notifier cannot be loaded: ModuleNotFoundError"


def test_a_system_without_reply_field_gets_a_plain_button(qtbot: QtBot) -> None:
    library = CentreLibrary(capabilities=frozenset({Capability.BUTTONS}))
    notifier = DesktopNotifierBackend(library, "win32")
    notifier.start(lambda acted: None, lambda reason: None)

    notifier.raise_notice(decision(buttons=(Button(Act.REPLY, "Reply…"),)))

    qtbot.waitUntil(lambda: bool(library.sent))
    assert (library.sent[0].reply_field, library.sent[0].buttons[0].title) == (None, "Reply…")
    notifier.stop()
