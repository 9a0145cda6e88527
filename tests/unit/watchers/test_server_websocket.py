"""What takes too long to wait for: the clock is the argument. The rest is in tests/machine/watchers."""

import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.agent import ServerCall, ServerPlace, Transport
from desktop.watchers.server_link import OPEN_WITHIN_S, SILENCE_S, Lost, open_link
from desktop.watchers.server_websocket import WebSocketLink
from tests.fakes.hook_agent import until
from tests.fakes.websocket_server import WebSocketServer


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as made:
        yield made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebSocketServer]:
    made = WebSocketServer(tmp_path / "s")
    yield made
    made.stop()


@pytest.fixture
def link(server: WebSocketServer, selector: selectors.BaseSelector) -> Iterator[WebSocketLink]:
    made = open_link(Transport.WEBSOCKET, ServerPlace(str(server.path)), selector, "owner")
    assert isinstance(made, WebSocketLink)
    until(lambda: pump(made, selector) is not None and made.is_open)
    yield made
    made.close()


def pump(link: WebSocketLink, selector: selectors.BaseSelector) -> list[bytes]:
    words = []
    for key, mask in selector.select(0.05):
        assert isinstance(key.fileobj, socket.socket)
        words += link.ready(key.fileobj, mask)
    return [word.body for word in words]


def test_a_server_that_is_silent_is_asked_and_one_that_answers_stays(
    link: WebSocketLink, selector: selectors.BaseSelector
) -> None:
    link.on_time(time.monotonic() + SILENCE_S + 1)

    until(lambda: pump(link, selector) == [] and link.due() > time.monotonic() + SILENCE_S - 2)
    link.on_time(time.monotonic())


def test_a_server_that_does_not_answer_is_given_up(link: WebSocketLink) -> None:
    asked_at = time.monotonic() + SILENCE_S + 1
    link.on_time(asked_at)

    link.on_time(asked_at + SILENCE_S - 1)
    with pytest.raises(Lost, match="any more"):
        link.on_time(asked_at + SILENCE_S)


def test_one_that_takes_our_call_and_never_opens_is_given_up(tmp_path: Path, selector: selectors.BaseSelector) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "mute"))
        listening.listen()
        link = WebSocketLink(ServerPlace(str(tmp_path / "mute")), selector, "owner")

        link.on_time(time.monotonic())
        with pytest.raises(Lost):
            link.on_time(time.monotonic() + OPEN_WITHIN_S)
        link.close()


def test_messages_go_both_ways_whole(
    link: WebSocketLink, server: WebSocketServer, selector: selectors.BaseSelector
) -> None:
    link.send([ServerCall(b'{"hello":1}')])
    server.wait_for(lambda message: message == {"hello": 1})

    server.say_raw(["he", "", "llo"])

    heard: list[bytes] = []
    until(lambda: heard.extend(pump(link, selector)) or heard == [b"hello"])


def test_what_the_other_side_never_takes_does_not_pile_up(link: WebSocketLink) -> None:
    with pytest.raises(Lost, match="takes nothing"):
        link.send([ServerCall(b"x" * (1 << 20))] * 40)
