import os
from pathlib import Path

import pytest

from desktop.channels import programs
from desktop.channels.refusal import Refused


@pytest.mark.parametrize("kind", ["relative", "in the project", "writable by all"])
def test_attack_47_a_planted_tmux_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    planted = tmp_path / "bin"
    planted.mkdir(mode=0o700)
    (planted / "tmux").write_text("#!/bin/sh\n")
    (planted / "tmux").chmod(0o755)
    if kind != "writable by all":
        monkeypatch.chdir(tmp_path)
    else:
        planted.chmod(0o777)

    with pytest.raises(Refused, match="trusted"):
        programs.trusted("tmux", "bin" if kind == "relative" else str(planted))


def test_attack_47_a_tmux_of_ours_elsewhere_is_used(tmp_path: Path) -> None:
    place = tmp_path / "bin"
    place.mkdir(mode=0o700)
    (place / "tmux").write_text("#!/bin/sh\n")
    (place / "tmux").chmod(0o755)

    assert programs.trusted("tmux", f"/nonexistent{os.pathsep}{place}") == str(place / "tmux")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "bin"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return place


def program(place: Path, name: str, script: str) -> None:
    (place / name).write_text(f"#!/bin/sh\n{script}\n")
    (place / name).chmod(0o755)


def test_a_program_gets_its_input_and_no_environment_of_ours(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "inherited")
    program(place, "told", 'cat; echo "$1 $TMUX $ONE $(pwd)"')

    assert programs.run("told", "a b", given="in ", variables={"ONE": "1"}) == "in a b  1 /\n"


def test_a_program_that_says_no_is_told_from_one_that_is_not_there(place: Path) -> None:
    program(place, "naysayer", "exit 1")

    with pytest.raises(programs.Failed, match="naysayer says no"):
        programs.run("naysayer")
    with pytest.raises(Refused, match="nobody-has-this is not installed"):
        programs.run("nobody-has-this")
    assert programs.is_there("naysayer")
    assert not programs.is_there("nobody-has-this")


def test_a_program_that_hangs_is_left(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "CALL_S", 0.2)
    program(place, "hanger", "exec sleep 60")

    with pytest.raises(Refused, match="does not answer"):
        programs.run("hanger")


def test_a_program_that_is_none_is_a_refusal(place: Path) -> None:
    (place / "broken").write_bytes(b"\x00\x01")
    (place / "broken").chmod(0o755)

    with pytest.raises(Refused, match="could not be started"):
        programs.run("broken")
