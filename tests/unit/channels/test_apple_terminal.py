"""On macOS alone, and not run there: what can be told elsewhere."""

import sys
from pathlib import Path

import pytest

from desktop.channels import apple_terminal, whereabouts
from desktop.channels.whereabouts import Whereabouts

PLACE = Whereabouts(9, 1, "/dev/ttys003", 9, 8, (9, 8, 7, 1), {})


@pytest.mark.skipif(sys.platform == "darwin", reason="this is macOS")
def test_elsewhere_it_has_nothing_to_say() -> None:
    assert apple_terminal.bring_forward(PLACE) is None


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for osascript that says what it was told to, and notes how it was asked."""
    place = tmp_path / "bin"
    place.mkdir(mode=0o700)
    script = place / "osascript"
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\ncat > {tmp_path}/script\ncat {tmp_path}/answer\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    return tmp_path


@pytest.mark.parametrize(("above", "what"), [("Terminal", "Terminal window"), ("iTermServer-3.5", "iTerm2 window")])
def test_the_tab_is_asked_for_by_its_terminal_which_is_no_part_of_the_script(
    asked: Path, monkeypatch: pytest.MonkeyPatch, above: str, what: str
) -> None:
    (asked / "answer").write_text("found\n")
    monkeypatch.setattr(whereabouts, "program_of", lambda pid: above if pid == 7 else "zsh")

    reached = apple_terminal.show(PLACE)

    assert reached is not None
    assert what in reached.what
    assert reached.raises_window
    assert (asked / "words").read_text() == "- /dev/ttys003\n"
    assert "ttys003" not in (asked / "script").read_text()


def test_a_program_that_does_not_run_is_not_asked_for_that_would_start_it(
    asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whereabouts, "program_of", lambda pid: "zsh")

    assert apple_terminal.show(PLACE) is None
    assert not (asked / "words").exists()


def test_a_terminal_that_no_tab_has_is_left_to_others(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (asked / "answer").write_text("\n")
    monkeypatch.setattr(whereabouts, "program_of", lambda pid: "Terminal")

    assert apple_terminal.show(PLACE) is None
