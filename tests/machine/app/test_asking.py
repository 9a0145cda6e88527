"""Asking a running tray over its real socket; what is not ours to ask is not asked."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import asking
from desktop.formats import hook_wire
from desktop.storage import paths
from desktop.watchers.hook_connection import Stage
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.hook_agent import Events, Front, until


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Path:
    made = Path(os.environ["XDG_RUNTIME_DIR"]) / "agent-tray"
    made.mkdir(mode=0o700)
    monkeypatch.setattr(paths, "runtime_candidates", lambda: (made,))
    return made


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def tray(runtime: Path, front: Front) -> Iterator[HookSocket]:
    made = HookSocket([], Events(), runtime, front)
    made.start()
    yield made
    made.stop(5)


@pytest.fixture
def stranger(runtime: Path) -> Iterator[socket.socket]:
    """Something else that listens where a tray would."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(runtime / paths.SOCKET))
        listener.listen()
        yield listener


def says(stranger: socket.socket, words: bytes) -> threading.Thread:
    """Have it answer the next one with *words*."""

    def answer() -> None:
        with stranger.accept()[0] as peer:
            peer.recv(200)
            peer.sendall(words)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_the_running_tray_answers(tray: HookSocket) -> None:
    assert asking.ask("status") == {"version": 1}
    assert asking.ask("hello") == {"version": 1, "pid": os.getpid()}


def test_a_second_start_raises_the_first(tray: HookSocket, front: Front) -> None:
    assert asking.ask("raise") == {"raised": True}

    assert front.raised == ["-"]


def test_a_watcher_is_told_what_is_and_then_what_comes_until_the_tray_ends(tray: HookSocket) -> None:
    told: list[dict[str, object]] = []
    thread = threading.Thread(target=lambda: told.extend(asking.stream("watch")))
    thread.start()
    until(lambda: any(one.stage is Stage.WATCHING for one in list(tray._switchboard._connections)))

    tray.publish(b'{"second":true}\n{"third":true}\n')
    tray.stop(5)
    thread.join(10)

    assert told[0] == {"first": True}
    assert told[1:] in ([{"second": True}, {"third": True}], [])  # it may end before it has published


def test_without_a_tray_there_is_no_answer(runtime: Path) -> None:
    assert asking.ask("status") is None
    assert list(asking.stream("watch")) == []


def test_the_socket_that_a_killed_tray_left_is_no_answer(runtime: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(runtime / paths.SOCKET))

    assert asking.ask("status") is None


def test_attack_24_a_directory_that_others_may_write_to_is_not_believed(tray: HookSocket, runtime: Path) -> None:
    runtime.chmod(0o777)

    assert asking.ask("status") is None


def test_the_next_place_is_asked_where_the_first_has_no_tray(
    tray: HookSocket, runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(paths, "runtime_candidates", lambda: (tmp_path, tmp_path / "nowhere", runtime))

    assert asking.ask("status") == {"version": 1}


@pytest.mark.parametrize(
    "words", [b"", b"\n", b"nonsense\n", b"[1]\n", b"3\n", b"\xff\xfe\n", b'{"torn": ', b'"text"\n']
)
def test_an_answer_that_makes_no_sense_is_none(stranger: socket.socket, words: bytes) -> None:
    thread = says(stranger, words)

    assert asking.ask("status") is None

    thread.join(5)


def test_a_tray_that_hangs_is_waited_for_a_while_only(stranger: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_S", 0.1)

    assert asking.ask("status") is None


@pytest.mark.parametrize("verb", ["allow", "deny", "answer", "approve", "reply"])
def test_there_is_no_word_for_an_answer(tray: HookSocket, verb: str) -> None:
    assert asking.ask(verb) is None

    assert verb not in {str(word) for word in hook_wire.Verb}
