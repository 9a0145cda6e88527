"""``agent-tray doctor``: each finding, good and bad, from a state that is really so. It changes nothing."""

import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app import connection
from desktop.app.commands import doctor
from desktop.app.commands.doctor import Finding, Mark
from desktop.domain.board import Board
from desktop.storage import paths
from desktop.storage.ledger import Decision, Ledger
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import asking_agent
from tests.widgets.boards import board, row

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop is looked at in tests of its own."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def home() -> Path:
    made = Path(asking_agent.AGENT.default_home).expanduser()
    made.mkdir(parents=True)
    return made


def found(subject: str) -> Finding:
    (finding,) = [one for one in doctor.findings() if one.subject == subject]
    return finding


def about(text: str) -> Finding:
    (finding,) = [one for one in doctor.findings() if text in one.text]
    return finding


def ledger(*requests: str) -> None:
    made = Ledger(paths.places().ledger)
    for request in requests:
        made.note_opened(request, "example:one", "example", "permission", "Bash", "shop", NOON)
        made.decide(Decision(NOON, request, "example:one", "allow", "d", "a", "window"))
    made.close()


def test_it_is_printed_with_marks_and_remedies_and_says_by_its_exit_code_that_something_is_bad(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert doctor.run() == 1

    told = capsys.readouterr().out
    assert "!!  display        none: neither DISPLAY nor WAYLAND_DISPLAY is set\n" in told
    assert "                   -> Start it inside a desktop session" in told


def test_with_nothing_bad_the_exit_code_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "findings", lambda: iter([Finding(Mark.GOOD, "a", "b"), Finding(Mark.NOTE, "c", "d")]))

    assert doctor.run() == 0


def test_the_machine_and_the_place_of_the_program_are_told() -> None:
    assert f"Python {sys.version.split()[0]}" in found("machine").text
    assert (found("package").mark, "loaded from" in found("package").text) == (Mark.GOOD, True)


def test_another_package_of_the_same_name_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    intruder = tmp_path / "intruder-1.0.dist-info"
    intruder.mkdir()
    (intruder / "METADATA").write_text("Metadata-Version: 2.1\nName: intruder\nVersion: 1.0\n")
    (intruder / "top_level.txt").write_text("desktop\n")
    (intruder / "RECORD").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))

    finding = found("package")

    assert finding.mark is Mark.BAD
    assert "intruder" in finding.remedy


def test_a_tray_that_does_not_run_is_told_with_how_to_start_it() -> None:
    assert found("tray") == Finding(Mark.NOTE, "tray", "does not run", "Start it: agent-tray")


def test_a_tray_that_runs_is_told_with_what_it_sees(tray: Callable[[Board], HookSocket]) -> None:
    tray(board(row(1), row(2)))

    assert found("tray") == Finding(Mark.GOOD, "tray", "runs and sees 2 sessions")


@pytest.mark.parametrize(("kind", "mark"), [("x11", Mark.GOOD), ("wayland", Mark.NOTE)])
def test_the_kind_of_display_is_told(monkeypatch: pytest.MonkeyPatch, kind: str, mark: Mark) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("XDG_SESSION_TYPE", kind)
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "XFCE")

    finding = doctor._display()

    assert (finding.mark, finding.text) == (mark, f"XFCE {kind}")
    assert bool(finding.remedy) == (kind == "wayland")


def test_a_keyring_that_keeps_nothing_is_no_safe_one() -> None:
    assert found("keyring").text == "no safe one here"


def test_a_keyring_that_waits_for_a_person_does_not_hold_the_doctor_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "locked_keyring.py").write_text(
        "import threading\nfrom keyring.backend import KeyringBackend\nfreed = threading.Event()\n"
        "class Keyring(KeyringBackend):\n    priority = 5\n"
        "    def __init__(self):\n        super().__init__()\n        freed.wait(30)\n"
        "    def get_password(self, service, username):\n        return None\n"
        "    def set_password(self, service, username, password):\n        pass\n"
        "    def delete_password(self, service, username):\n        pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "locked_keyring.Keyring")
    monkeypatch.setattr(doctor, "KEYRING_WAIT_S", 0.3)
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    try:
        finding = doctor._keyring()
    finally:
        import locked_keyring  # type: ignore[import-not-found]

        locked_keyring.freed.set()

    assert (finding.mark, finding.remedy) == (Mark.BAD, "Unlock it.")


def test_an_agent_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert found(asking_agent.AGENT.label).text.startswith("not installed on this PATH")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo '3.2.1 (Fake)'", "3.2.1 (Fake)"),
        ("exit 1", "installed, did not tell its version"),
        ("printf '\\033[2J\\302\\2331m9.9'", "9.9"),
        ("sleep 20", "installed, did not tell its version"),
    ],
)
def test_the_version_of_an_agent_is_what_it_says_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, told: str
) -> None:
    program = tmp_path / "robot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(doctor, "PROGRAM_WAIT_S", 1.0)

    version = doctor._version(replace(asking_agent.AGENT, executables=frozenset({"robot"})))

    assert told in version
    assert version.isprintable()


def test_an_agent_that_is_not_connected_is_told_with_the_command_that_does_it(home: Path) -> None:
    finding = about(f"not connected in {home}")

    assert (finding.mark, finding.remedy) == (Mark.NOTE, "agent-tray connect fake")


def test_an_agent_that_is_connected_is_told(home: Path) -> None:
    connection.carry_out(connection.plans(asking_agent.AGENT, [home], removes=False))

    assert about(f"connected in {home}").mark is Mark.GOOD


def test_a_hook_without_its_relay_is_bad(home: Path) -> None:
    connection.carry_out(connection.plans(asking_agent.AGENT, [home], removes=False))
    paths.places().relay.unlink()

    finding = about(f"connected in {home}, but ")

    assert (finding.mark, finding.remedy) == (Mark.BAD, "agent-tray connect fake")


def test_what_the_remedy_for_a_lost_relay_says_helps(home: Path) -> None:
    from desktop.app.commands import connect

    connection.carry_out(connection.plans(asking_agent.AGENT, [home], removes=False))
    paths.places().relay.unlink()

    connect.run("fake", removes=False, is_agreed=False)

    assert about(f"connected in {home}").mark is Mark.GOOD


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these limits")
def test_the_limits_of_watching_are_told() -> None:
    told = [one for one in doctor.findings() if one.subject == "limits"]

    assert [one.text.split()[1] for one in told] == ["max_user_watches", "max_user_instances"]
    assert all((one.mark is Mark.BAD) == bool(one.remedy) for one in told)


def test_what_is_not_there_yet_is_no_trouble() -> None:
    assert found("settings").mark is Mark.NOTE
    assert found("ledger").mark is Mark.NOTE


def test_settings_are_good_or_told_line_by_line() -> None:
    place = paths.places().settings
    place.parent.mkdir(parents=True)
    place.write_text("[look]\nscheme = 'dark'\n")
    assert found("settings") == Finding(Mark.GOOD, "settings", str(place))

    place.write_text("[look\n")

    assert found("settings").mark is Mark.BAD
    assert "line 1" in found("settings").text


def test_a_ledger_that_is_whole_is_told_with_its_count() -> None:
    ledger("r1", "r2")

    assert found("ledger") == Finding(Mark.GOOD, "ledger", "2 decisions, the chain is whole")


def test_a_ledger_that_somebody_changed_is_told() -> None:
    ledger("r1", "r2")
    with sqlite3.connect(paths.places().ledger) as other:
        other.execute("UPDATE decisions SET verdict='deny' WHERE number=2")
    other.close()

    finding = found("ledger")

    assert finding.mark is Mark.BAD
    assert "decision 2 was changed" in finding.text


def test_a_ledger_that_cannot_be_read_is_told_and_left_where_it_is() -> None:
    place = paths.places().ledger
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no ledger" * 1000)

    assert found("ledger").mark is Mark.BAD
    assert place.read_bytes() == b"no ledger" * 1000
    assert [entry.name for entry in place.parent.iterdir()] == [place.name]


def test_a_link_in_the_place_of_the_ledger_is_told(tmp_path: Path) -> None:
    place = paths.places().ledger
    place.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(b"")
    place.symlink_to(tmp_path / "elsewhere")

    assert found("ledger").mark is Mark.BAD


def test_looking_changes_nothing(home: Path) -> None:
    (home / "settings.json").write_text("{}")
    before = set(Path.home().rglob("*"))

    list(doctor.findings())

    assert set(Path.home().rglob("*")) == before
