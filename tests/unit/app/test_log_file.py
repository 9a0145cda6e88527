"""The log file: where an error arose, and not a word of what it quotes."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import log_file


@pytest.fixture
def handlers_put_back() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
        handler.close()


@pytest.mark.logs_errors
@pytest.mark.usefixtures("handlers_put_back")
def test_an_error_is_written_with_its_frames_and_kind_and_without_its_message(tmp_path: Path) -> None:
    assert log_file.begin(tmp_path / "state") is not None
    said = "the person's " + "own words"

    try:
        raise ValueError(said)
    except ValueError:
        logging.getLogger("desktop.test").exception("it went wrong")

    written = (tmp_path / "state" / log_file.NAME).read_text()
    assert "ERROR desktop.test: it went wrong" in written
    assert "test_log_file.py" in written
    assert written.rstrip().endswith("builtins.ValueError")
    assert said not in written


@pytest.mark.usefixtures("handlers_put_back")
def test_a_place_that_cannot_be_written_costs_the_log_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file in the place of our folder")

    assert log_file.begin(tmp_path / "state") is None
    assert "there will be no log file" in caplog.text


@pytest.mark.usefixtures("handlers_put_back")
def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LOG_BYTES", 2000)
    log_file.begin(tmp_path)

    for _ in range(200):
        logging.getLogger("desktop.test").warning("x" * 100)

    assert sorted(path.name for path in tmp_path.iterdir()) == [log_file.NAME, f"{log_file.NAME}.1"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4200
