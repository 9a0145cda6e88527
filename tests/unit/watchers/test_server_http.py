"""What a server may send and how long we wait; whole talks are in tests/machine/watchers."""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from desktop.domain.agent import ServerCall, ServerPlace, ServerWord, Transport
from desktop.watchers.server_http import FAILED, MOST_CALLS, STREAM_SILENCE_S, HttpLink
from desktop.watchers.server_link import Lost, open_link
from tests.fakes.hook_agent import until


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as made:
        yield made


class Raw:
    """Answers every call with the same bytes and hangs up, or keeps the line open."""

    def __init__(self, answer: bytes, *, hangs_up: bool) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._hangs_up = hangs_up
        self._kept: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(10)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def place(self) -> ServerPlace:
        return ServerPlace(f"http://127.0.0.1:{self._listening.getsockname()[1]}", (("Authorization", "Basic eA=="),))

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listening.close()
        for sock in self._kept:
            sock.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            self.asked.append(sock.recv(65536))
            sock.sendall(self._answer)
            if self._hangs_up:
                sock.close()
            else:
                self._kept.append(sock)


@pytest.fixture
def raw() -> Iterator[Callable[..., Raw]]:
    made: list[Raw] = []

    def make(answer: bytes, *, hangs_up: bool = True) -> Raw:
        made.append(Raw(answer, hangs_up=hangs_up))
        return made[-1]

    yield make
    for server in made:
        server.stop()


def linked(server: Raw, selector: selectors.BaseSelector) -> HttpLink:
    link = open_link(Transport.HTTP, server.place, selector, "owner")
    assert isinstance(link, HttpLink)
    return link


def answers(link: HttpLink, selector: selectors.BaseSelector, count: int = 1) -> list[ServerWord]:
    words: list[ServerWord] = []

    def has_come() -> bool:
        for key, mask in selector.select(0.05):
            assert isinstance(key.fileobj, socket.socket)
            words.extend(link.ready(key.fileobj, mask))
        return len(words) >= count

    until(has_come)
    return words


def test_an_answer_comes_with_its_status_and_its_tag(raw: Callable[..., Raw], selector: selectors.BaseSelector) -> None:
    server = raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
    link = linked(server, selector)

    link.send([ServerCall(b"{}", "POST", "/x", "tag")])

    assert answers(link, selector) == [ServerWord(b"{}", "tag", 404)]
    assert b"Authorization: Basic eA==" in server.asked[0]
    assert server.asked[0].startswith(b"POST /x HTTP/1.1\r\n")


def test_a_body_without_a_length_ends_with_the_connection(
    raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(b"HTTP/1.1 200 OK\r\n\r\n[1]"), selector)

    link.send([ServerCall(path="/", tag="t")])

    assert answers(link, selector) == [ServerWord(b"[1]", "t", 200)]


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", b""])
def test_an_answer_that_is_none_is_a_failed_call(
    answer: bytes, raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(answer), selector)

    link.send([ServerCall(path="/", tag="t")])

    assert answers(link, selector) == [ServerWord(b"", "t", FAILED)]


def test_a_call_without_an_answer_fails_after_its_time(
    raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(b"", hangs_up=False), selector)
    link.send([ServerCall(path="/", tag="t", timeout_s=3)])
    assert link.on_time(time.monotonic()) == []

    assert link.on_time(time.monotonic() + 4) == [ServerWord(b"", "t", FAILED)]
    assert link.due() == float("inf")


def test_a_stream_that_is_silent_for_long_is_given_up(
    raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(b"HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n", hangs_up=False), selector)
    link.send([ServerCall(path="/event", tag="e", is_stream=True)])
    assert answers(link, selector, 2) == [ServerWord(b"", "e", 200), ServerWord(b"1", "e")]

    link.on_time(time.monotonic() + STREAM_SILENCE_S - 5)
    with pytest.raises(Lost):
        link.on_time(time.monotonic() + STREAM_SILENCE_S)
    link.close()


def test_a_stream_that_is_refused_is_the_end_of_the_connection(
    raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), selector)
    link.send([ServerCall(path="/event", tag="e", is_stream=True)])

    with pytest.raises(Lost):
        answers(link, selector)


def test_calls_that_are_never_answered_do_not_pile_up(
    raw: Callable[..., Raw], selector: selectors.BaseSelector
) -> None:
    link = linked(raw(b"", hangs_up=False), selector)

    with pytest.raises(Lost):
        link.send([ServerCall(path="/")] * (MOST_CALLS + 1))
    link.close()


def test_a_call_that_cannot_be_written_is_not_sent(raw: Callable[..., Raw], selector: selectors.BaseSelector) -> None:
    server = raw(b"")
    link = linked(server, selector)

    with pytest.raises(Lost):
        link.send([ServerCall(path="/a b\r\nX: y")])
    link.close()
    assert server.asked in ([], [b""])


def test_a_port_that_nobody_listens_on_is_refused(selector: selectors.BaseSelector) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(OSError):
        HttpLink(ServerPlace(f"http://127.0.0.1:{port}"), selector, "owner")
