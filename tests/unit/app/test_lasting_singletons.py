"""Whether the interpreter outlives a library that gives its singletons away."""

import subprocess
import sys

import pytest

_GIVE_AWAY = """
import ctypes, sys
from desktop.app.lasting_singletons import keep_singletons
{keep}
for _ in range(300_000):
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(None))
print("alive")
"""


def _run(keep: str) -> "subprocess.CompletedProcess[str]":
    code = _GIVE_AWAY.format(keep=keep)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50)


def test_the_program_outlives_a_library_that_gives_none_away() -> None:
    assert _run("keep_singletons()").stdout.strip() == "alive"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal there")
def test_without_it_the_interpreter_aborts() -> None:
    assert "none_dealloc" in _run("").stderr
