"""The command's arguments, and which of them need a display."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.app import main as main_module
from desktop.app.main import has_display, main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What would have been done."""
    from desktop.app import tray_program
    from desktop.app.commands import connect, demo, doctor, explain, start, status, watch

    told: list[tuple[str, dict[str, object]]] = []

    def record(name: str, code: int) -> object:
        def run(*given: object, **named: object) -> int:
            told.append((name, {"given": given, **named} if given else named))
            return code

        return run

    for number, module in enumerate((tray_program, connect, demo, doctor, explain, status, watch, start), 10):
        monkeypatch.setattr(module, "run", record(module.__name__.rpartition(".")[2], number))
    return told


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("status", ("status", {"as_json": False})),
        ("status --json", ("status", {"as_json": True})),
        ("watch", ("watch", {"as_json": False})),
        ("watch --json", ("watch", {"as_json": True})),
        ("explain one", ("explain", {"given": ("one",)})),
        ("connect robot", ("connect", {"given": ("robot",), "removes": False, "is_agreed": False})),
        ("connect robot --yes", ("connect", {"given": ("robot",), "removes": False, "is_agreed": True})),
        ("disconnect robot --yes", ("connect", {"given": ("robot",), "removes": True, "is_agreed": True})),
        ("doctor", ("doctor", {})),
        ("start robot fix", ("start", {"given": ("robot", None, "fix")})),
        ("start robot --cwd /tmp fix", ("start", {"given": ("robot", "/tmp", "fix")})),
        ("demo", ("demo", {"is_listed": False})),
        ("demo --list", ("demo", {"is_listed": True})),
        ("", ("tray_program", {"is_smoke": False})),
        ("run", ("tray_program", {"is_smoke": False})),
        ("--smoke", ("tray_program", {"is_smoke": True})),
    ],
)
def test_each_verb_does_its_own_thing_and_gives_its_exit_code(
    done: list[tuple[str, dict[str, object]]], words: str, expected: tuple[str, dict[str, object]]
) -> None:
    code = main(words.split())

    assert done == [expected]
    order = ["tray_program", "connect", "demo", "doctor", "explain", "status", "watch", "start"]
    assert code == 10 + order.index(expected[0])


def test_without_a_display_the_sessions_are_followed_in_the_terminal_and_it_says_why(
    done: list[tuple[str, dict[str, object]]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(main_module.sys, "platform", "linux")

    main([])

    assert done == [("watch", {"as_json": False})]
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "environment", "there_is_one"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen:size=1x1"}, True),
        ("linux", {"QT_QPA_PLATFORM": "xcb"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_known_before_qt_is_asked(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], there_is_one: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(main_module.sys, "platform", platform)

    assert has_display() is there_is_one


@pytest.mark.parametrize("words", ["allow r1", "deny r1", "answer r1", "reply x", "status extra", "explain"])
def test_no_verb_answers_a_request_and_wrong_words_are_refused(
    done: list[tuple[str, dict[str, object]]], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words.split())

    assert refused.value.code == 2
    assert done == []


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("agent-tray ")


def test_the_agents_of_this_build_are_listed_by_kind_and_label(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-agents"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(len(line.split("\t")) == 2 for line in lines)


def test_looking_at_the_status_loads_no_qt() -> None:
    code = "import sys; from desktop.app.main import main; main(['status', '--json']); print('PySide6' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True)

    assert told.stdout.splitlines()[-1] == "False", told.stderr


def test_a_reader_that_went_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as end:
        done = subprocess.run(
            [sys.executable, "-m", "desktop", "--list-agents"], stdout=end, stderr=subprocess.PIPE, check=False
        )

    assert (done.returncode, done.stderr) == (0, b"")


def test_the_collector_is_at_work_again_after_the_tray(done: list[tuple[str, dict[str, object]]]) -> None:
    main([])

    assert done
    assert gc.isenabled()


def test_a_start_without_words_is_what_the_parser_would_make_of_none() -> None:
    assert main_module._parser().parse_args([]) == main_module._PLAIN_START
