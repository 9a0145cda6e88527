"""The tool that nobody knows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import described_tool


@pytest.mark.parametrize("options", [(), ("--keeps-open",)])
def test_it_writes_what_it_is_told_and_ends_when_told(tmp_path: Path, options: tuple[str, ...]) -> None:
    log = tmp_path / "a.log"

    done = subprocess.run(
        [sys.executable, described_tool.__file__, str(log), *options],
        input="one\ntwo\n.\nthree\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    assert log.read_text() == "one\ntwo\n"
    assert done.stdout.split() == ["ready", "written", "written"]
