"""Lines for a person's words: held in silence, told one thing, and only ever the session's own."""

import os
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
from desktop.watchers.held_asks import BEAT_S
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import KIND, SESSION, Events, Front, Listener, until

OTHER = session_id(KIND, "two")


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


@pytest.fixture
def caller(tray: HookSocket, tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path)
    assert made.hears(5) == b"hold\n"
    yield made
    made.hangs_up()


def lines(events: Events) -> list[tuple[SessionId, bool]]:
    return [(event.session, event.is_open) for event in events.of(LineSeen)]


def test_words_go_down_the_line_once(tray: HookSocket, caller: Listener, events: Events) -> None:
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


def test_words_that_are_not_taken_are_said_to_be_so(tray: HookSocket, caller: Listener) -> None:
    failures: list[str] = []

    tray.tell(SESSION, b"go on", failures.append)
    caller.hears(5)
    caller.hangs_up()

    until(lambda: failures == [session_lines.NOT_TAKEN])


def test_a_line_that_broke_is_known_to_be_gone(tray: HookSocket, caller: Listener, events: Events) -> None:
    caller.hangs_up()

    until(lambda: not tray.listens(SESSION))
    assert lines(events) == [(SESSION, True), (SESSION, False)]


def test_a_new_line_takes_the_place_of_the_old(
    tray: HookSocket, caller: Listener, events: Events, tmp_path: Path
) -> None:
    second = Listener(tmp_path)

    assert second.hears(5) == b"hold\n"
    assert caller.hears(9) == b"done\n"
    assert tray.listens(SESSION)
    assert lines(events) == [(SESSION, True)]
    second.hangs_up()


@pytest.mark.parametrize("session", ["two", "nobody"])
def test_attack_nobody_listens_for_a_session_of_others(
    tray: HookSocket, events: Events, tmp_path: Path, session: str
) -> None:
    stranger = Listener(tmp_path, session)

    assert stranger.hears(5) == b"done\n"
    assert lines(events) == []
    stranger.hangs_up()


def test_attack_who_speaks_where_it_should_listen_is_cut_off(tray: HookSocket, caller: Listener) -> None:
    caller.says(b"said\n")

    assert caller.hears(1) == b""
    until(lambda: not tray.listens(SESSION))


def test_a_line_is_held_without_a_sign_of_life(tray: HookSocket, caller: Listener) -> None:
    caller.socket.settimeout(BEAT_S * 1.5)
    begin = time.monotonic()

    with pytest.raises(TimeoutError):
        caller.hears(1)

    assert time.monotonic() - begin >= BEAT_S


def test_no_more_lines_are_kept_than_a_person_has_sessions(
    tray: HookSocket, caller: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_lines, "MOST_LINES", 1)
    tray._front.owners[OTHER] = (os.getpid(),)  # type: ignore[attr-defined]
    late = Listener(tmp_path, "two")

    assert late.hears(5) == b"done\n"
    late.hangs_up()
