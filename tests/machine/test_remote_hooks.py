"""Hooks of another machine, carried to the socket that only it was given."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.events import ActivitySeen, HealthReported, ReplyDelivered, RequestOpened, RequestReleased
from desktop.domain.requests import Reach
from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import forwarder, hook_agent
from tests.fakes.hook_agent import SESSION, Events, Front, ask, call, outcome

THERE = f"{SESSION}@build-box"
YES = b'{"decision":"allow"}\n'


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def far(tmp_path: Path, tray: HookSocket) -> Iterator[Path]:
    """The other machine's runtime directory: its socket is ours, by way of the forwarder."""
    place = tmp_path / "far"
    (place / "agent-tray").mkdir(mode=0o700, parents=True)
    place.chmod(0o700)
    ends = (place / "agent-tray" / "tray.sock", tmp_path / "agent-tray" / "remote-build-box.sock")
    process = subprocess.Popen([sys.executable, forwarder.__file__, *map(str, ends)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield place
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tray(runtime: Path, events: Events) -> Iterator[HookSocket]:
    # A session of the same name runs here, and is somebody else's.
    front = Front({SESSION: (os.getpid(),)})
    tray = HookSocket([hook_agent.AGENT], events, runtime / "agent-tray", front, remotes=["build-box"])
    front.on_pulse = tray.beat
    tray.start()
    yield tray
    tray.stop(5)


def test_a_request_of_another_machine_is_its_own_session_and_is_answered(
    tray: HookSocket, far: Path, events: Events
) -> None:
    process = ask(far, call())
    request = events.wait(RequestOpened).request
    assert (request.session, request.reach, request.is_verified) == (THERE, Reach.HOOK, True)

    tray.say(request.id, YES)

    assert outcome(process) == (YES, b"", 0)
    assert events.wait(ReplyDelivered).session == THERE


def test_news_of_another_machine_are_believed_of_its_own_sessions_alone(
    tray: HookSocket, far: Path, events: Events
) -> None:
    outcome(ask(far, call(asks=False)))

    assert events.wait(ActivitySeen).session == THERE


def test_a_machine_that_goes_away_leaves_no_request_behind(tray: HookSocket, far: Path, events: Events) -> None:
    process = ask(far, call())
    request = events.wait(RequestOpened).request

    process.kill()

    assert events.wait(RequestReleased).request == request.id
    outcome(process)


@pytest.mark.parametrize("verb", [Verb.STATUS, Verb.WATCH, Verb.RAISE, Verb.HELLO, Verb.PROPOSE])
def test_attack_another_machine_learns_nothing_of_this_one_and_begins_nothing(
    tray: HookSocket, far: Path, verb: Verb
) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(str(far / "agent-tray" / "tray.sock"))
        sock.sendall(hook_wire.header(verb))

        assert sock.recv(100) == b""


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "-x", "x" * 80])
def test_a_name_that_is_none_is_told_and_the_rest_works(runtime: Path, name: str) -> None:
    events = Events()
    tray = HookSocket(
        [hook_agent.AGENT], events, runtime / "agent-tray", Front({SESSION: (os.getpid(),)}), None, [name]
    )

    tray.start()

    assert "cannot be the name of a remote" in events.wait(HealthReported).text
    assert sorted(path.name for path in (runtime / "agent-tray").iterdir()) == ["tray.sock"]
    tray.stop(5)


def test_its_socket_goes_with_the_tray(tray: HookSocket, runtime: Path) -> None:
    assert (runtime / "agent-tray" / "remote-build-box.sock").exists()

    tray.stop(5)

    assert not list((runtime / "agent-tray").iterdir())
