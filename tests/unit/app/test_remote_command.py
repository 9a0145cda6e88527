"""The command that lets another machine's agents ask here."""

import os
import subprocess
from pathlib import Path

import pytest

from desktop.app import remote_command


def test_a_shell_makes_of_it_one_call_that_forwards_the_socket(tmp_path: Path) -> None:
    runtime = tmp_path / "a place"
    ssh = tmp_path / "ssh"
    # The first call asks for the place on the other machine, the second forwards.
    ssh.write_text(
        '#!/bin/sh\ncase "$1" in box) echo "asked $2" >&2; echo /tmp/agent-tray-7;; *) printf "%s\\n" "$@";; esac\n'
    )
    ssh.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.defpath}"}

    done = subprocess.run(
        ["/bin/sh", "-c", remote_command.command_for("box", runtime)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [
        "-o",
        "StreamLocalBindUnlink=yes",
        "-R",
        f"/tmp/agent-tray-7/tray.sock:{runtime}/remote-box.sock",
        "box",
    ]
    assert 'mkdir -p -m 700 "/tmp/agent-tray-$(id -u)"' in done.stderr


@pytest.mark.parametrize("name", ["a b", "../up", "-x", "", "x" * 41, "a;b", "ä"])
def test_what_cannot_be_the_name_of_a_socket_is_refused(tmp_path: Path, name: str) -> None:
    assert "use what ssh knows it by" in remote_command.trouble_with(name, tmp_path)


def test_a_name_too_long_for_a_socket_is_refused() -> None:
    assert "too long" in remote_command.trouble_with("box", Path("/" + "d" * 100))


def test_an_ordinary_name_is_taken() -> None:
    assert remote_command.trouble_with("build-box.example.org", Path("/run/user/1000/agent-tray")) == ""
