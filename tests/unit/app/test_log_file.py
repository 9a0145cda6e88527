"""What is in the log file, and what never is."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import log_file

log = logging.getLogger(__name__)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    handler = log_file.begin(tmp_path / "state")
    assert handler is not None
    yield tmp_path / "state" / log_file.NAME
    logging.getLogger().removeHandler(handler)
    handler.close()


def test_what_we_did_is_in_the_log(written: Path) -> None:
    log.warning("the relay was renewed")

    assert "WARNING" in written.read_text()
    assert "the relay was renewed" in written.read_text()
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700


@pytest.mark.logs_errors
def test_attack_59_an_error_is_told_by_kind_and_place_and_never_by_its_message(written: Path) -> None:
    try:
        raise ValueError("deploy --with sk-proj-Zx81qqLm20Pw")
    except ValueError:
        log.exception("a reply was not carried")

    told = written.read_text()
    assert "builtins.ValueError" in told
    assert "test_log_file.py" in told
    assert "Zx81" not in told.replace('raise ValueError("deploy --with sk-proj-Zx81qqLm20Pw")', "")


@pytest.mark.logs_errors
def test_an_error_told_of_where_none_is_does_not_matter(written: Path) -> None:
    log.error("odd", exc_info=(None, None, None))

    assert "odd" in written.read_text()


def test_a_place_that_cannot_be_written_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")

    assert log_file.begin(tmp_path / "file" / "state") is None

    assert "no log file" in caplog.text


def test_a_full_file_makes_room_and_the_one_before_is_kept(written: Path) -> None:
    log.warning("the first")
    with written.open("a", encoding="utf-8") as file:
        file.write("x" * log_file.LOG_BYTES)

    log.warning("the second")
    log.warning("the third")

    assert "the first" in written.with_name(f"{log_file.NAME}.1").read_text()
    assert "the third" in written.read_text()
    assert written.stat().st_size < 1000
    assert len(list(written.parent.iterdir())) == 2


@pytest.mark.logs_errors
def test_a_full_file_that_cannot_make_room_is_written_on(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.warning("the first")
    with written.open("a", encoding="utf-8") as file:
        file.write("x" * log_file.LOG_BYTES)
    written.with_name(f"{log_file.NAME}.1").mkdir()

    log.warning("the second")
    log.warning("the third")

    assert "the third" in written.read_text()
    assert "Logging error" in capsys.readouterr().err
