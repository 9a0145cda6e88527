import os
import subprocess
from pathlib import Path

import pytest

from desktop.formats import command_line
from desktop.formats.command_line import PYTHON, Program

NATIVE = Program(
    names=frozenset({"robot"}),
    commands=frozenset({"login"}),
    passing=frozenset({"--version"}),
    headless=frozenset({"run"}),
)
SCRIPT = Program(scripts=("/robot.js", "/bin/robot"))
SHARED = Program(names=frozenset({"robot"}), beginning=frozenset({"session"}))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/bin/robot", "robot"),
        ("C:\\Program Files\\Robot\\Robot.EXE", "robot"),
        ("robot", "robot"),
        ("", ""),
    ],
)
def test_a_program_is_called_the_same_on_every_system(path: str, name: str) -> None:
    assert command_line.file_name(path) == name


@pytest.mark.parametrize(
    ("program", "exe", "words", "holds"),
    [
        (NATIVE, "/usr/bin/robot", "", True),
        (NATIVE, "/usr/bin/robot", "run login", True),
        (NATIVE, "/usr/bin/robot", "login", False),
        (NATIVE, "/usr/bin/robot", "run --version", False),
        (NATIVE, "/usr/bin/robots", "", False),
        (NATIVE, "", "", False),
        (SCRIPT, "/usr/bin/node", "/srv/robot.js", True),
        (SCRIPT, "/usr/bin/node22", "--max-old-space-size=4096 /srv/robot.js", True),
        (SCRIPT, "/usr/bin/bun", "C:\\tools\\bin\\robot", True),
        (SCRIPT, "/usr/bin/node", "/srv/other.js /srv/robot.js", False),
        (SCRIPT, "/usr/bin/node", "", False),
        (SCRIPT, "/usr/bin/python3", "/bin/robot", False),
        (Program(scripts=("/bin/robot",), interpreters=PYTHON), "/usr/bin/python3", "/bin/robot", True),
        (SHARED, "/usr/bin/robot", "", True),
        (SHARED, "/usr/bin/robot", "session", True),
        (SHARED, "/usr/bin/robot", "migrate", False),
    ],
)
def test_a_conversation_is_told_from_other_runs_and_other_programs(
    program: Program, exe: str, words: str, holds: bool
) -> None:
    assert program.is_session(exe, [exe, *words.split()]) is holds


def test_the_words_after_a_program_are_those_after_its_script() -> None:
    assert NATIVE.words("/usr/bin/robot", ("robot", "run", "x")) == ("run", "x")
    assert SCRIPT.words("/usr/bin/node", ("node", "/srv/robot.js", "run", "x")) == ["run", "x"]
    assert SCRIPT.words("/usr/bin/vim", ("vim", "/srv/robot.js")) is None


def test_a_run_for_a_program_is_told_from_one_for_a_person() -> None:
    assert NATIVE.is_headless(("robot", "run", "x"))
    assert not NATIVE.is_headless(("run",))


def test_a_conversation_is_taken_up_where_it_was() -> None:
    assert command_line.resume(("robot", "resume"), "abc-1", "/home/dev") == "cd /home/dev && robot resume abc-1"
    assert command_line.resume(("robot", "resume"), "abc-1", "") == "robot resume abc-1"


@pytest.mark.parametrize("native", ["", "a;b", "a b", "../x", "$(id)", "a\nb"])
def test_an_id_that_could_harm_is_not_put_on_a_command_line(native: str) -> None:
    assert command_line.resume(("robot", "resume"), native, "/home/dev") == ""


def test_an_agent_that_takes_nothing_up_offers_no_command() -> None:
    assert command_line.resume((), "abc", "/home/dev") == ""


@pytest.mark.parametrize(
    "name",
    [
        "$(touch harm)",
        "`touch harm`",
        'a"; touch harm; "',
        "a'; touch harm; '",
        "a\ntouch harm\n",
        "a & touch harm",
        "~",
        "-x",
    ],
)
def test_a_shell_carries_out_nothing_that_a_directory_is_called(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    place.mkdir()
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    robot = bin_dir / "robot"
    robot.write_text('#!/bin/sh\npwd -P > "$OUT/place"\necho "$@" > "$OUT/words"\n')
    robot.chmod(0o755)
    command = command_line.resume(("robot", "resume"), "abc", str(place))

    subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env={"PATH": f"{bin_dir}:{os.defpath}", "OUT": str(tmp_path)},
        check=True,
        timeout=10,
    )

    assert (tmp_path / "place").read_text() == f"{place.resolve()}\n"
    assert (tmp_path / "words").read_text() == "resume abc\n"
    assert list(tmp_path.rglob("harm")) == []


@pytest.mark.parametrize(
    ("argv", "command", "runs"),
    [
        (("/bin/bash", "-lc", "make all"), "make all", True),
        (("sh", "-c", "make all"), " make all\n", True),
        (("make", "all"), "make all", True),  # the shell's last command takes its place
        (("bash", "-c", "set -u\n(\nmake all\n)\nexit $?"), "make all", True),
        (("bash", "-c", "set -u\n(\ncd x\nmake all\n)"), "cd x\nmake all", True),
        (("bash", "-c", "make all && rm x"), "make all", False),
        (("bash", "-c", "echo make all"), "make all", False),
        (("python", "-c", "make all"), "make all", False),
        (("bash", "make all"), "make all", False),
        (("make",), "make all", False),
        ((), "", False),
        (("bash", "-c", ""), "", False),
    ],
)
def test_a_process_carries_out_a_command_only_when_it_is_the_whole_of_it(
    argv: tuple[str, ...], command: str, runs: bool
) -> None:
    assert command_line.carries_out(argv, command) is runs
