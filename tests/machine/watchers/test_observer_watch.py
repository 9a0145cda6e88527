"""watchdog's observer: what it keeps beyond what both ways to hear have in common."""

import threading
from pathlib import Path

from desktop.watchers.observer_watch import ObserverWatch


def test_a_directory_whose_emitter_died_is_heard_again_after_the_next_update(tmp_path: Path) -> None:
    heard = threading.Event()
    watch = ObserverWatch(lambda _directory, name: heard.set() if name == "late" else None)
    wanted = frozenset({str(tmp_path)})
    watch.update(wanted)
    for emitter in watch._observer.emitters:
        emitter.stop()
        emitter.join(5.0)

    assert watch.update(wanted) == {}
    (tmp_path / "late").touch()

    assert heard.wait(5.0)
    watch.close()
