"""The inotify reader's own promises."""

import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.watchers.inotify_watch import InotifyWatch


class Told:
    """Counts what was told."""

    def __init__(self) -> None:
        self.places: set[tuple[str, str]] = set()
        self.overflowed = threading.Event()

    def changed(self, directory: str, name: str) -> None:
        self.places.add((directory, name))


@pytest.fixture
def told() -> Told:
    """What was told."""
    return Told()


@pytest.fixture
def watch(told: Told) -> Iterator[InotifyWatch]:
    """A reader."""
    made = InotifyWatch(told.changed, told.overflowed.set)
    yield made
    made.close()


def test_fault_11_an_overflow_is_told(watch: InotifyWatch, told: Told, tmp_path: Path) -> None:
    watch.update(frozenset({str(tmp_path)}))
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    path = str(tmp_path / "a")

    for _ in range(most // 2 + 100):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os.unlink(path)
    while select.select([watch], [], [], 0)[0]:
        watch.pump()

    assert told.overflowed.is_set()


def test_many_directories_need_no_thread_and_one_descriptor(watch: InotifyWatch, tmp_path: Path) -> None:
    directories = [tmp_path / str(number) for number in range(200)]
    for directory in directories:
        directory.mkdir()
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))

    assert watch.update(frozenset(map(str, directories))) == {}

    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_watches_are_given_back(watch: InotifyWatch, tmp_path: Path) -> None:
    def held() -> int:
        fd = watch.fileno()
        return Path(f"/proc/self/fdinfo/{fd}").read_text().count("inotify wd")

    for round_number in range(3):
        directory = tmp_path / str(round_number)
        directory.mkdir()
        watch.update(frozenset({str(directory)}))

    assert held() == 1
    watch.update(frozenset())
    assert held() == 0


def test_two_names_of_one_directory_are_both_told(watch: InotifyWatch, told: Told, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    watch.update(frozenset({str(real), str(link)}))

    (real / "x").touch()
    watch.pump()
    assert told.places >= {(str(real), "x"), (str(link), "x")}
    watch.update(frozenset({str(link)}))
    told.places.clear()
    (real / "y").touch()
    watch.pump()

    assert told.places == {(str(link), "y")}


def test_pumping_when_there_is_nothing_does_not_wait(watch: InotifyWatch, told: Told) -> None:
    watch.pump()

    assert not told.places
