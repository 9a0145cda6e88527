import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.channels.session_bus import SessionBus
from tests.fakes import bus_terminal
from tests.fakes.private_bus import PrivateBus


def test_it_answers_as_told_and_notes_what_it_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = PrivateBus(Path(os.environ["XDG_RUNTIME_DIR"]))
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"/a Told": ["s", "yes"]}))
    command = [sys.executable, bus_terminal.__file__, str(answers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        name = program.stdout.readline().strip()

        with SessionBus() as asking:
            assert asking.ask(name, "/a", "x.y", "Told", "s", "word") == "yes"
        assert json.loads(program.stdout.readline()) == ["/a", "Told", ["word"]]
        program.kill()
    bus.stop()
