import json
import subprocess
import sys
from pathlib import Path

from tests.fakes import terminal_program


def test_it_lists_shows_refuses_and_notes_every_call(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"lists": [1], "screen": "shown", "refuses": ["unheard-of"]}))

    def call(*words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, terminal_program.__file__, str(state), *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)

    assert call("cli", "list").stdout == "[1]\n"
    assert call("cli", "get-text").stdout == "shown\n"
    assert call("cli", "unheard-of").returncode == 2
    assert call("send-text", "-", given="typed").stdout == ""
    assert [json.loads(line) for line in (tmp_path / "state.log").read_text().splitlines()][-1] == [
        ["send-text", "-"],
        "typed",
    ]
