"""The plugin itself, in a JavaScript host that stands for the agent, against the real socket."""

import json
import os
import selectors
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.agents.opencode import AGENT
from desktop.domain.events import (
    EvidenceGiven,
    LineSeen,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    TurnFinished,
)
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.session import Claim, Ending
from desktop.formats.resources import resource_bytes
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.hook_agent import Events, Front, until

NODE = shutil.which("node")
HOST = Path(__file__).parents[2] / "fakes" / "plugin_host.mjs"
ONE = SessionId("opencode:ses_1")
ASKED = {
    "id": "per_1", "sessionID": "ses_1", "permission": "bash", "patterns": ["ls"], "metadata": {"command": "ls"},
    "always": ["ls *"],
}  # fmt: skip
REQUEST = RequestId("opencode:per_1")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed: the plugin was not run")


class Host:
    """The agent's process, with the plugin in it."""

    def __init__(self, folder: Path, runtime: Path, pending: object = (), *, has_client: bool = True) -> None:
        plugin = folder / "plugin.mjs"
        plugin.write_bytes(resource_bytes("plugins/opencode.js"))
        self.process = subprocess.Popen(
            [str(NODE), str(HOST), str(plugin), json.dumps(list(pending)), "1" if has_client else "0"],  # type: ignore[call-overload]
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"XDG_RUNTIME_DIR": str(runtime), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        self.told: list[dict[str, object]] = []
        self._rest = b""
        until(lambda: self.read() or self.told)

    def happens(self, kind: str, **properties: object) -> None:
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(json.dumps({"type": kind, "properties": properties}).encode() + b"\n")
        stdin.flush()

    def is_busy(self) -> None:
        self.happens("session.status", sessionID="ses_1", status={"type": "busy"})

    def read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while selector.select(0) and (raw := os.read(stdout.fileno(), 65536)):
                *lines, self._rest = (self._rest + raw).split(b"\n")
                self.told += [json.loads(line) for line in lines]

    def posts(self) -> list[dict[str, object]]:
        self.read()
        return [told for told in self.told if "url" in told]

    def ends(self) -> bytes:
        """Close it; what it wrote to its terminal."""
        _, errors = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return errors


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def events() -> Events:
    return Events()


def started(runtime: Path, events: Events, host: Host) -> HookSocket:
    front = Front({ONE: (host.process.pid,)})
    tray = HookSocket([replace(AGENT, is_hook_inside=False)], events, runtime / "agent-tray", front)
    front.on_pulse = tray.beat
    tray.start()
    return tray


@pytest.fixture
def host(runtime: Path) -> Iterator[Host]:
    host = Host(runtime, runtime)
    yield host
    host.process.kill()
    host.process.communicate()


@pytest.fixture
def tray(runtime: Path, events: Events, host: Host) -> Iterator[HookSocket]:
    tray = started(runtime, events, host)
    yield tray
    tray.stop(2)


def test_an_answer_is_posted_and_confirmed(tray: HookSocket, host: Host, events: Events) -> None:
    host.is_busy()
    host.happens("permission.asked", **ASKED)
    opened = events.wait(RequestOpened)
    assert opened.request.text == "ls"

    tray.say(REQUEST, b'{"reply":"once"}')

    assert events.wait(ReplyDelivered).request == REQUEST
    assert host.posts() == [{"url": "/permission/per_1/reply", "body": {"reply": "once"}}]
    assert host.ends() == b""


def test_a_request_answered_in_the_terminal_is_closed_and_nothing_posted(
    tray: HookSocket, host: Host, events: Events
) -> None:
    host.is_busy()
    host.happens("permission.asked", **ASKED)
    events.wait(RequestOpened)

    host.happens("permission.replied", sessionID="ses_1", requestID="per_1", reply="once")

    assert events.wait(RequestClosed).request == REQUEST
    assert host.posts() == []


@pytest.mark.parametrize("answer", [b"{}", b"null", b"7", b'{"reply":"yes"}', b'{"reply":7}', b"no json"])
def test_what_is_no_answer_is_not_posted(tray: HookSocket, host: Host, events: Events, answer: bytes) -> None:
    host.is_busy()
    host.happens("permission.asked", **ASKED)
    events.wait(RequestOpened)

    tray.say(REQUEST, answer)

    host.happens("session.status", sessionID="ses_1", status={"type": "retry", "message": "once more"})
    until(lambda: len(events.of(EvidenceGiven)) > 2)
    assert host.posts() == []
    assert not events.of(ReplyDelivered)


def test_a_tray_that_comes_later_is_told_everything(runtime: Path, host: Host, events: Events) -> None:
    host.is_busy()
    host.happens("permission.asked", **ASKED)

    tray = started(runtime, events, host)

    try:
        assert events.wait(RequestOpened).request.id == REQUEST
        until(lambda: any(event.evidence.claim is Claim.WAITING_APPROVAL for event in events.of(EvidenceGiven)))
    finally:
        tray.stop(2)


def test_another_tray_is_asked_again(runtime: Path, tray: HookSocket, host: Host, events: Events) -> None:
    host.is_busy()
    host.happens("permission.asked", **ASKED)
    events.wait(RequestOpened)

    tray.stop(2)
    assert events.wait(RequestReleased)
    second = started(runtime, events, host)

    try:
        assert events.wait(RequestOpened, 2).request.id == REQUEST
        second.say(REQUEST, b'{"reply":"once"}')
        assert events.wait(ReplyDelivered).request == REQUEST
    finally:
        second.stop(2)


def test_what_was_asked_before_the_plugin_came_is_found(runtime: Path, events: Events) -> None:
    host = Host(runtime, runtime, [ASKED])
    tray = started(runtime, events, host)

    try:
        assert events.wait(RequestOpened).request.id == REQUEST
    finally:
        tray.stop(2)
        host.ends()


def test_without_the_private_client_it_tells_and_answers_nothing(runtime: Path, events: Events) -> None:
    host = Host(runtime, runtime, has_client=False)
    tray = started(runtime, events, host)
    host.is_busy()
    host.happens("permission.asked", **ASKED)

    try:
        events.wait(RequestOpened)
        tray.say(REQUEST, b'{"reply":"once"}')
        until(lambda: host.process.poll() is None)
        assert host.posts() == []
    finally:
        tray.stop(2)
    assert host.ends() == b""


def test_words_of_the_future_and_hostile_ones_do_no_harm(tray: HookSocket, host: Host, events: Events) -> None:
    for properties in ({}, {"sessionID": 7}, {"info": None}, {"part": None}, {"id": {}}, {"status": None}):
        for kind in ("session.status", "session.updated", "message.part.updated", "permission.asked", "x.y"):
            host.happens(kind, **properties)
    host.is_busy()

    until(lambda: any(event.session == ONE for event in events.of(EvidenceGiven)))
    assert host.ends() == b""


@pytest.mark.parametrize(
    "said",
    [
        b"say " + b"0" * 64 + b' 16\n{"reply":"once"}',
        b"say x 3\nabc",
        b"allow\n",
        b"x" * 4096,
        b"hold\n" * 9 + b"done\n",
    ],
)
def test_attack_a_socket_that_lies_gets_nothing_posted(runtime: Path, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as liar:
        liar.bind(str(runtime / "agent-tray" / "tray.sock"))
        liar.listen()
        liar.settimeout(10)
        host = Host(runtime, runtime)
        host.is_busy()
        host.happens("permission.asked", **ASKED)
        has_asked = False
        while not has_asked:
            taken, _ = liar.accept()
            with taken:
                taken.settimeout(5)
                has_asked = b"permission.asked" in taken.recv(65536)
                taken.sendall(said if has_asked else b"done\n")
                if has_asked:
                    taken.recv(1)  # it hangs up

        assert host.posts() == []
        assert host.ends() == b""


def test_a_directory_that_others_may_enter_is_not_spoken_to(runtime: Path) -> None:
    (runtime / "agent-tray").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(runtime / "agent-tray" / "tray.sock"))
        stranger.listen()
        stranger.settimeout(1.5)  # it looks once a second
        host = Host(runtime, runtime)
        host.is_busy()

        with pytest.raises(TimeoutError):
            stranger.accept()

        assert host.ends() == b""


def test_a_prompt_goes_to_a_session_that_rests_and_the_next_one_too(
    tray: HookSocket, host: Host, events: Events
) -> None:
    host.is_busy()
    host.happens("session.idle", sessionID="ses_1")
    failures: list[str] = []

    for count, words in enumerate(("go on", "and on"), 1):
        until(lambda: tray.listens(ONE))
        tray.tell(ONE, json.dumps({"prompt": words}).encode(), failures.append)
        until(lambda count=count: len(host.posts()) == count)

    sent = [{"parts": [{"type": "text", "text": words}]} for words in ("go on", "and on")]
    assert host.posts() == [{"url": "/session/ses_1/prompt_async", "body": body} for body in sent]
    until(lambda: tray.listens(ONE))
    assert failures == []
    assert host.ends() == b""


def test_a_turn_is_broken_off_and_a_prompt_in_it_goes_another_way(tray: HookSocket, host: Host) -> None:
    host.is_busy()
    failures: list[str] = []
    until(lambda: tray.listens(ONE))

    tray.tell(ONE, b'{"prompt":"go on"}', failures.append)
    until(lambda: bool(failures))
    until(lambda: tray.listens(ONE))
    tray.tell(ONE, b'{"abort":true}', failures.append)

    until(lambda: bool(host.posts()))
    assert host.posts() == [{"url": "/session/ses_1/abort"}]
    assert len(failures) == 1


@pytest.mark.parametrize(
    "words", [b"null", b"7", b"{}", b'{"prompt":""}', b'{"prompt":7}', b'{"abort":"yes"}', b"no json"]
)
def test_what_is_no_word_of_a_person_is_not_posted(tray: HookSocket, host: Host, words: bytes) -> None:
    host.is_busy()
    host.happens("session.idle", sessionID="ses_1")
    failures: list[str] = []
    until(lambda: tray.listens(ONE))

    tray.tell(ONE, words, failures.append)

    until(lambda: bool(failures))
    assert host.posts() == []


def test_a_conversation_that_was_left_or_deleted_does_not_listen(tray: HookSocket, host: Host, events: Events) -> None:
    host.is_busy()
    until(lambda: tray.listens(ONE))

    host.happens("session.deleted", info={"id": "ses_1", "directory": "/home/dev/shop"})

    until(lambda: not tray.listens(ONE))
    assert [event.is_open for event in events.of(LineSeen)] == [True, False]


def test_a_turn_that_is_said_to_be_broken_off_after_it_rests_was_broken_off(
    tray: HookSocket, host: Host, events: Events
) -> None:
    host.is_busy()
    host.happens("session.idle", sessionID="ses_1")
    host.happens("session.error", sessionID="ses_1", error={"name": "MessageAbortedError"})

    until(lambda: any(event.ending is Ending.INTERRUPTED for event in events.of(TurnFinished)))
    host.is_busy()
    host.happens("session.idle", sessionID="ses_1")
    host.happens("session.error", sessionID="ses_1", error={"name": "APIError", "data": {"message": "too late"}})
    until(lambda: events.of(TurnFinished)[-1].ending is Ending.FINISHED)
    assert all(event.ending is not Ending.FAILED for event in events.of(TurnFinished))
