"""Text-only notifications."""

import os
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.notices import NoticeActed
from desktop.notifications import plyer_basic
from desktop.notifications.plyer_basic import PlyerNotifier, safe_texts
from tests.fakes.notices import decision

NOTIFY_SEND = """#!/bin/sh
printf '%s\\n' "$1" "$2" >> "{record}"
echo end >> "{record}"
"""


def nothing(_acted: NoticeActed) -> None:
    raise AssertionError("text cannot be pressed")


@pytest.mark.parametrize("attack", ["--version", "-u", "--hint=int:transient:1", " -x", "--"])
def test_attack_10_text_that_looks_like_an_option_is_text(attack: str) -> None:
    title, body = safe_texts(decision(attack, title=attack), "linux")

    assert not title.lstrip().startswith("-")
    assert not body.lstrip().startswith("-")
    assert attack.strip() in title
    assert attack.strip() in body


def test_attack_11_a_backslash_escapes_nothing() -> None:
    title, body = safe_texts(decision(r"\074b\076 'quoted' \"more\"", title=r"\x"), "linux")

    assert "\\" not in title + body
    assert "'quoted'" in body


def test_markup_is_escaped_where_it_would_be_drawn() -> None:
    assert safe_texts(decision("<b>&"), "linux")[1] == "&lt;b&gt;&amp;"
    assert safe_texts(decision("<b>&"), "win32")[1] == "<b>&"


def test_a_notice_without_title_still_has_one() -> None:
    assert safe_texts(decision(title=" "), "linux")[0] == "Agent Tray"


def test_it_is_said_from_another_thread_and_nothing_can_be_pressed(qtbot: QtBot) -> None:
    said: list[tuple[str, str, int]] = []
    notifier = PlyerNotifier(lambda title, body: said.append((title, body, threading.get_ident())))
    assert notifier.start(nothing, lambda reason: None) == ""

    notifier.raise_notice(decision("cargo test"))

    qtbot.waitUntil(lambda: len(said) == 1)
    assert said[0][:2] == ("api: wants to run a command", "cargo test")
    assert said[0][2] != threading.get_ident()
    assert not notifier.capabilities().has_buttons
    notifier.stop()


def test_a_failure_is_told_in_words(qtbot: QtBot) -> None:
    changes: list[str] = []

    def fail(title: str, body: str) -> None:
        raise NotImplementedError

    notifier = PlyerNotifier(fail)
    notifier.start(nothing, changes.append)

    notifier.raise_notice(decision())

    qtbot.waitUntil(lambda: bool(changes))
    assert changes == ["plyer could not notify: NotImplementedError"]
    notifier.stop()


def test_one_that_hangs_holds_up_neither_raising_nor_stopping(qtbot: QtBot) -> None:
    hangs = threading.Event()
    notifier = PlyerNotifier(lambda title, body: hangs.wait(20))
    notifier.start(nothing, lambda reason: None)

    for number in range(100):
        notifier.raise_notice(decision(str(number)))
    thread = notifier._thread
    notifier.stop()

    hangs.set()
    assert thread is not None
    thread.join(5)
    assert not thread.is_alive()


def test_without_notify_send_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert PlyerNotifier(platform="linux").start(nothing, lambda reason: None) == "notify-send is not installed"


def test_attack_47_a_notify_send_in_the_current_directory_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "notify-send"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert "current directory" in PlyerNotifier(platform="linux").start(nothing, lambda reason: None)


def test_in_a_sandbox_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plyer_basic.os.path, "isdir", lambda path: path == "/app")

    assert PlyerNotifier(platform="linux").start(nothing, lambda reason: None) == "plyer is not safe in a sandbox"


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="notify-send is for Linux")
def test_the_real_plyer_hands_both_texts_to_notify_send(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    program = tmp_path / "notify-send"
    program.write_text(NOTIFY_SEND.format(record=record))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    notifier = PlyerNotifier(platform="linux")
    assert notifier.start(nothing, lambda reason: None) == ""

    notifier.raise_notice(decision("--version", title="-u"))

    qtbot.waitUntil(lambda: record.exists() and record.read_text().endswith("end\n"))
    assert record.read_text().splitlines() == ["· -u", "· --version", "end"]
    notifier.stop()
