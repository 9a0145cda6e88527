"""Lines for a person's words: held in silence, told one thing, and only ever the session's own."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.events import LineSeen
from desktop.domain.ids import SessionId, session_id
from desktop.formats import hook_wire
from desktop.watchers import session_lines
from desktop.watchers.hook_socket import BEAT_S, HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import KIND, SESSION, Events, Front, until

OTHER = session_id(KIND, "two")


def listening(session: str = "one") -> bytes:
    return json.dumps({"session": session, "listens": True}).encode()


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tray(tmp_path: Path, events: Events) -> Iterator[HookSocket]:
    tmp_path.chmod(0o700)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        yield from _tray(tmp_path, events, Front({SESSION: (os.getpid(),), OTHER: (stranger.pid,)}))
        stranger.kill()


def _tray(tmp_path: Path, events: Events, front: Front) -> Iterator[HookSocket]:
    made = HookSocket([replace(hook_agent.AGENT, line=hook_agent.LINE)], events, tmp_path, front)
    front.on_pulse = made.beat
    made.start()
    yield made
    made.stop(2)


class Caller:
    """The agent's end of a line."""

    def __init__(self, tmp_path: Path, payload: bytes) -> None:
        self.payload = payload
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(5)
        self._socket.connect(str(tmp_path / "tray.sock"))
        self._socket.sendall(b"AT1 hook fake %d\n" % len(payload) + payload)

    def hears(self, count: int) -> bytes:
        heard = b""
        while len(heard) < count and (more := self._socket.recv(count - len(heard))):
            heard += more
        return heard

    def says(self, words: bytes) -> None:
        self._socket.sendall(words)

    def hangs_up(self) -> None:
        self._socket.close()


@pytest.fixture
def caller(tray: HookSocket, tmp_path: Path) -> Iterator[Caller]:
    made = Caller(tmp_path, listening())
    assert made.hears(5) == b"hold\n"
    yield made
    made.hangs_up()


def lines(events: Events) -> list[tuple[SessionId, bool]]:
    return [(event.session, event.is_open) for event in events.of(LineSeen)]


def test_words_go_down_the_line_once(tray: HookSocket, caller: Caller, events: Events) -> None:
    failures: list[str] = []
    assert tray.listens(SESSION)
    expected = hook_wire.say(caller.payload, b"go on")

    tray.tell(SESSION, b"go on", failures.append)
    tray.tell(SESSION, b"twice", failures.append)

    assert caller.hears(len(expected)) == expected
    caller.says(b"said\n")
    assert caller.hears(1) == b""
    until(lambda: failures == [session_lines.NO_LINE])
    assert lines(events) == [(SESSION, True), (SESSION, False)]
    assert not tray.listens(SESSION)


def test_words_that_are_not_taken_go_another_way(tray: HookSocket, caller: Caller) -> None:
    failures: list[str] = []

    tray.tell(SESSION, b"go on", failures.append)
    caller.hears(5)
    caller.hangs_up()

    until(lambda: failures == [session_lines.NOT_TAKEN])


def test_a_line_that_broke_is_known_to_be_gone(tray: HookSocket, caller: Caller, events: Events) -> None:
    caller.hangs_up()

    until(lambda: not tray.listens(SESSION))
    assert lines(events) == [(SESSION, True), (SESSION, False)]


def test_a_new_line_takes_the_place_of_the_old(
    tray: HookSocket, caller: Caller, events: Events, tmp_path: Path
) -> None:
    second = Caller(tmp_path, listening())

    assert second.hears(5) == b"hold\n"
    assert caller.hears(9) == b"done\n"
    assert tray.listens(SESSION)
    assert lines(events) == [(SESSION, True)]
    second.hangs_up()


@pytest.mark.parametrize("session", ["two", "nobody"])
def test_attack_nobody_listens_for_a_session_of_others(
    tray: HookSocket, events: Events, tmp_path: Path, session: str
) -> None:
    stranger = Caller(tmp_path, listening(session))

    assert stranger.hears(5) == b"done\n"
    assert lines(events) == []
    stranger.hangs_up()


def test_attack_who_speaks_where_it_should_listen_is_cut_off(tray: HookSocket, caller: Caller) -> None:
    caller.says(b"said\n")

    assert caller.hears(1) == b""
    until(lambda: not tray.listens(SESSION))


def test_a_line_is_held_without_a_sign_of_life(tray: HookSocket, caller: Caller) -> None:
    caller._socket.settimeout(BEAT_S * 1.5)
    begin = time.monotonic()

    with pytest.raises(TimeoutError):
        caller.hears(1)

    assert time.monotonic() - begin >= BEAT_S


def test_no_more_lines_are_kept_than_a_person_has_sessions(
    tray: HookSocket, caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_lines, "MOST_LINES", 1)
    tray._front.owners[OTHER] = (os.getpid(),)  # type: ignore[attr-defined]
    late = Caller(tmp_path, listening("two"))

    assert late.hears(5) == b"done\n"
    late.hangs_up()
