"""Both ways to hear of changes, on real directories, and what they say at the limits."""

import errno
import os
import select
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.watchers import directory_watch
from desktop.watchers.directory_watch import Changed, DirectoryWatch, ObserverWatch
from desktop.watchers.inotify_watch import InotifyWatch


class Told:
    """Remembers what was told and can be waited for."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str]] = []
        self.overflows = 0
        self.watch: DirectoryWatch | None = None
        self._came = threading.Condition(threading.RLock())

    def changed(self, directory: str, name: str) -> None:
        with self._came:
            self.places.append((directory, name))
            self._came.notify_all()

    def overflowed(self) -> None:
        with self._came:
            self.overflows += 1
            self._came.notify_all()

    def wait(self, meets: Callable[[], bool]) -> None:
        descriptor = self.watch.fileno() if self.watch is not None else None
        deadline = time.monotonic() + 5.0
        while self.watch is not None and descriptor is not None and not meets() and time.monotonic() < deadline:
            select.select([descriptor], [], [], 0.05)
            self.watch.pump()
        with self._came:
            assert self._came.wait_for(meets, deadline - time.monotonic()), self.places[-10:]


def _inotify(changed: Changed, overflowed: Callable[[], None]) -> DirectoryWatch:
    return InotifyWatch(changed, overflowed)


def _observer(changed: Changed, _overflowed: Callable[[], None]) -> DirectoryWatch:
    return ObserverWatch(changed)


@pytest.fixture
def told() -> Told:
    """What was told."""
    return Told()


@pytest.fixture(params=[_inotify, _observer], ids=["inotify", "observer"])
def watch(request: pytest.FixtureRequest, told: Told) -> Iterator[DirectoryWatch]:
    """One of the two ways."""
    made: DirectoryWatch = request.param(told.changed, told.overflowed)
    told.watch = made
    yield made
    made.close()


def test_creating_appending_renaming_and_removing_are_heard(watch: DirectoryWatch, told: Told, tmp_path: Path) -> None:
    here = str(tmp_path)
    (tmp_path / "log").touch()
    assert watch.update(frozenset({here})) == {}

    with (tmp_path / "log").open("ab") as file:
        file.write(b"x")
    told.wait(lambda: (here, "log") in told.places)
    (tmp_path / "new").touch()
    told.wait(lambda: (here, "new") in told.places)
    (tmp_path / "new").rename(tmp_path / "renamed")
    told.wait(lambda: (here, "renamed") in told.places)
    (tmp_path / "renamed").unlink()
    told.wait(lambda: told.places.count((here, "renamed")) > 1)


def test_reading_is_not_heard(watch: DirectoryWatch, told: Told, tmp_path: Path) -> None:
    (tmp_path / "read").write_bytes(b"x")
    watch.update(frozenset({str(tmp_path)}))

    for _ in range(3):
        (tmp_path / "read").read_bytes()
    (tmp_path / "end").touch()

    told.wait(lambda: (str(tmp_path), "end") in told.places)
    assert (str(tmp_path), "read") not in told.places


def test_a_directory_no_longer_wanted_is_not_heard(watch: DirectoryWatch, told: Told, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    watch.update(frozenset({str(first)}))

    watch.update(frozenset({str(second)}))
    (first / "x").touch()
    (second / "y").touch()

    told.wait(lambda: (str(second), "y") in told.places)
    assert (str(first), "x") not in told.places


def test_a_missing_directory_is_named_and_no_trouble(watch: DirectoryWatch, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")

    failed = watch.update(frozenset({missing, str(tmp_path)}))

    assert failed.keys() == {missing}
    assert directory_watch.is_missing(failed[missing])


def test_a_directory_removed_and_made_again_is_heard_again(watch: DirectoryWatch, told: Told, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    watch.update(frozenset({str(here)}))
    here.rmdir()
    told.wait(lambda: bool(told.places))

    here.mkdir()
    told.wait(lambda: watch.update(frozenset({str(here)})) == {})
    (here / "x").touch()

    told.wait(lambda: (str(here), "x") in told.places)


LIMITED = """
    import os, sys, time
    from desktop.domain.events import HealthReported
    from desktop.watchers.pace import Pace
    from desktop.watchers.sight import Sight
    from tests.fakes.fake_agent_record import FAKE, Heard, MemoryCursors, Started
    from pathlib import Path

    limit, home = sys.argv[1], Path(sys.argv[2])
    knob = Path("/proc/sys/user/max_inotify_" + limit)
    knob.write_text("0")
    heard = Heard()
    sight = Sight([FAKE], heard, store=MemoryCursors(), environment={"HOME": str(home)}, pace=Pace(retry_ears=1.0))
    sight.start()
    event, _ = heard.wait(lambda event: isinstance(event, HealthReported))
    print("TEXT", event.text)
    print("REMEDY", event.remedy)
    agent = Started(home / ".fake", "one", home)
    began = time.monotonic()
    heard.wait(lambda event: getattr(event, "session", "") == "fake:one", 5.0)
    print("SEEN", time.monotonic() - began < 2.0)
    knob.write_text("1000")
    event, _ = heard.wait(lambda event: isinstance(event, HealthReported) and not event.text)
    print("WELL", event.part)
    sight.stop(2.0)
    agent.close()
"""


def _can_unshare() -> bool:
    return subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_unshare(), reason="no user namespaces here")
@pytest.mark.parametrize(("limit", "knob"), [("watches", "max_user_watches"), ("instances", "max_user_instances")])
def test_fault_12_at_the_limit_everything_is_looked_at_and_the_remedy_named(
    tmp_path: Path, limit: str, knob: str
) -> None:
    program = tmp_path / "limited.py"
    program.write_text(textwrap.dedent(LIMITED), encoding="utf-8")
    (tmp_path / ".fake" / "live").mkdir(parents=True)

    done = subprocess.run(
        ["unshare", "-Ur", sys.executable, str(program), limit, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=40,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )

    told = dict(line.partition(" ")[::2] for line in done.stdout.splitlines())
    assert told["TEXT"].startswith("changes cannot be heard"), done.stderr
    assert knob in told["REMEDY"]
    assert told["SEEN"] == "True"
    assert told["WELL"] == "file watching"


def test_the_remedy_names_the_limit() -> None:
    assert "max_user_watches" in directory_watch.remedy(OSError(errno.ENOSPC, ""))
    assert "max_user_instances" in directory_watch.remedy(OSError(errno.EMFILE, ""))
    assert directory_watch.remedy(OSError(errno.EACCES, "")) == ""
