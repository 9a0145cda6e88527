"""Whether reading a module reads its source no longer."""

import subprocess
import sys

import pytest

_SOURCES_KEPT = """
import linecache
from desktop.app import plain_imports
{restore}
from desktop.hub.hub import Hub
print(any(path.endswith("hub.py") for path in linecache.cache))
"""


def _run(restore: str) -> str:
    command = [sys.executable, "-c", _SOURCES_KEPT.format(restore=restore)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=50).stdout.strip()


@pytest.mark.parametrize("restore", ["plain_imports.restore_imports()", "plain_imports.restore_imports();" * 2])
def test_the_source_of_what_is_imported_is_not_kept(restore: str) -> None:
    assert _run(restore) == "False"


def test_without_it_the_source_of_everything_is_kept() -> None:
    assert _run("") == "True"
