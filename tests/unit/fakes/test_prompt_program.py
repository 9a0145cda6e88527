import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.fakes import prompt_program
from tests.fakes.hook_agent import until


def test_a_paste_is_text_and_only_enter_sends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, prompt_program.__file__, str(log)], stdin=theirs, stdout=theirs) as program:
        os.close(theirs)
        until(lambda: log.exists() and log.read_text())

        os.write(ours, b"\x1b[200~one\rtwo\x1b[201~")
        os.write(ours, b"\r")

        until(lambda: log.read_text().count("\n") == 2)
        assert prompt_program.MARK.encode() in os.read(ours, 65536)
        program.kill()
    os.close(ours)
    assert json.loads(log.read_text().splitlines()[1]) == "one\ntwo"
