"""Where windows were, over restarts and over files that cannot be read or written."""

from pathlib import Path

import pytest

from desktop.app.window_state import WindowState

PLACE = {"screen": "DP-1", "x": 10, "y": None, "size": "line"}


def test_a_place_is_found_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "windows.json"
    WindowState(path).put("mini", PLACE)

    found = WindowState(path)

    assert found.get("mini") == PLACE
    assert found.get("other") == {}
    assert [entry.name for entry in path.parent.iterdir()] == ["windows.json"]


def test_it_is_new_until_something_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    assert WindowState(path).is_new

    WindowState(path).put("mini", PLACE)

    assert not WindowState(path).is_new


def test_keeping_the_same_again_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    state = WindowState(path)
    state.put("mini", PLACE)
    path.unlink()

    state.put("mini", dict(PLACE))

    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"mini": 3}', b"9" * 5000])
def test_a_file_that_makes_no_sense_costs_only_the_place(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "windows.json"
    path.write_bytes(content)

    state = WindowState(path)

    assert state.get("mini") == {}
    state.put("mini", PLACE)
    assert WindowState(path).get("mini") == PLACE


def test_a_place_that_cannot_be_kept_holds_for_this_run_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    state = WindowState(tmp_path / "file" / "windows.json")

    state.put("mini", PLACE)

    assert state.get("mini") == PLACE
    assert "could not be kept: " in caplog.text
