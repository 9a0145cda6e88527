"""A hook that is called by the agent's own process is believed from such a process alone."""

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.events import ActivitySeen, RequestOpened
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import SESSION, Events, Front, call


def tray_for(tmp_path: Path, events: Events, *, is_agent: bool) -> HookSocket:
    def holds(exe: str, argv: Sequence[str]) -> bool:
        return is_agent and bool(exe) and bool(argv)

    tmp_path.chmod(0o700)
    agent = replace(hook_agent.AGENT, is_hook_inside=True, is_session_process=holds)
    front = Front({SESSION: (os.getpid(),)})
    tray = HookSocket([agent], events, tmp_path, front)
    front.on_pulse = tray.beat
    return tray


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture(params=[True, False], ids=["the agent", "a stranger"])
def caller(request: pytest.FixtureRequest, tmp_path: Path, events: Events) -> Iterator[tuple[bool, Path]]:
    tray = tray_for(tmp_path, events, is_agent=request.param)
    tray.start()
    yield request.param, tmp_path / "tray.sock"
    tray.stop(2)


def said(path: Path, payload: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"AT1 hook fake %d\n" % len(payload) + payload)
        return connection.recv(64)


def test_only_the_agent_itself_is_held(caller: tuple[bool, Path], events: Events) -> None:
    is_agent, path = caller

    first = said(path, call(asks=True))

    assert first.startswith(b"hold\n" if is_agent else b"done\n")
    if is_agent:
        events.wait(RequestOpened)
    else:
        assert not events.of(RequestOpened)


def test_only_the_agent_itself_tells_news(caller: tuple[bool, Path], events: Events) -> None:
    is_agent, path = caller

    assert said(path, call(asks=False)) == b"done\n"

    assert bool(events.of(ActivitySeen)) is is_agent
