"""Changes are gathered and wake the loop once."""

import errno
import selectors
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.watchers import directory_watch
from desktop.watchers.ears import Ears


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    """What the loop sleeps on."""
    with selectors.DefaultSelector() as made:
        yield made


@pytest.fixture
def ears(selector: selectors.BaseSelector) -> Iterator[Ears]:
    """Ears that hear nothing by themselves."""
    made = Ears(selector)
    yield made
    made.close()


def test_many_changes_wake_the_loop_once(ears: Ears, selector: selectors.BaseSelector) -> None:
    ears._interests = {"/d": None}
    for _ in range(1000):
        ears._on_changed("/d", "a")
    ears._on_changed("/d", "b")

    assert len(selector.select(0)) == 1
    assert ears.take() == ({("/d", "a"), ("/d", "b")}, False)
    assert selector.select(0) == []


def test_names_that_do_not_matter_wake_nobody(ears: Ears, selector: selectors.BaseSelector) -> None:
    ears._interests = {"/d": frozenset({"log"})}

    ears._on_changed("/d", "other")

    assert selector.select(0) == []
    ears._on_changed("/d", "log")
    assert ears.take()[0] == {("/d", "log")}


def test_fault_11_lost_events_are_passed_on_once(ears: Ears) -> None:
    ears._on_overflowed()

    assert ears.take() == (set(), True)
    assert ears.take() == (set(), False)


def test_only_newly_heard_directories_are_returned(ears: Ears, tmp_path: Path) -> None:
    here = str(tmp_path)

    assert ears.listen({here: None}) == {here}
    assert ears.listen({here: None, str(tmp_path / "missing"): None}) == frozenset()
    assert ears.trouble is None


def test_fault_12_a_watch_that_cannot_be_had_is_trouble_until_it_can(
    ears: Ears, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = directory_watch.open_watch

    def refuse(*_: object) -> directory_watch.DirectoryWatch:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(directory_watch, "open_watch", refuse)
    assert ears.listen({str(tmp_path): None}) == frozenset()
    assert ears.trouble is not None

    monkeypatch.setattr(directory_watch, "open_watch", real)

    assert ears.listen({str(tmp_path): None}) == {str(tmp_path)}
    assert ears.trouble is None


def test_a_word_after_the_end_is_harmless(selector: selectors.BaseSelector) -> None:
    ears = Ears(selector)
    ears._interests = {"/d": None}
    ears.close()

    ears._on_changed("/d", "a")

    assert not selector.get_map()
