"""An error nobody caught: kept ready to paste, without a word of a person's text, and said in a window."""

import faulthandler
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import crash

pytestmark = pytest.mark.logs_errors


@pytest.fixture(autouse=True)
def hooks_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    faulthandler.enable(sys.__stderr__)


def raises() -> None:
    raise ValueError("the person's own words")


def caught() -> BaseException:
    try:
        raises()
    except ValueError as error:
        return error
    raise AssertionError


def test_the_report_has_the_frames_and_the_kind_and_not_the_message(tmp_path: Path) -> None:
    told: list[str] = []
    crash.install(tmp_path / "state", told.append)
    error = caught()

    sys.excepthook(type(error), error, error.__traceback__)

    path = tmp_path / "state" / "crash.txt"
    content = path.read_text()
    assert "builtins.ValueError" in content
    assert "in raises" in content
    assert "Python 3." in content.splitlines()[0]
    assert "own words" not in content.replace('raise ValueError("the person\'s own words")', "")
    assert told == [f"Something went wrong inside (ValueError). The report is in {path}; please send it."]


def test_an_error_in_a_thread_is_told_like_any_other(tmp_path: Path) -> None:
    told: list[str] = []
    crash.install(tmp_path, told.append)

    thread = threading.Thread(target=raises)
    thread.start()
    thread.join()

    assert len(told) == 1
    assert "in raises" in (tmp_path / "crash.txt").read_text()


def test_ctrl_c_is_no_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    crash.install(tmp_path, told.append)

    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert told == []
    assert not (tmp_path / "crash.txt").exists()
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_where_nothing_can_be_written_the_program_starts_and_the_error_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []

    crash.install(tmp_path / "file" / "state", told.append)
    error = caught()
    sys.excepthook(type(error), error, error.__traceback__)

    assert told == ["Something went wrong inside (ValueError). It could not be kept."]


def test_a_crash_in_native_code_leaves_the_python_frames_on_the_terminal(tmp_path: Path) -> None:
    code = (
        "import faulthandler, sys; from pathlib import Path; from desktop.app import crash;"
        "crash.install(Path(sys.argv[1]), print); faulthandler._sigsegv()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode < 0
    assert "Fatal Python error: Segmentation fault" in done.stderr
