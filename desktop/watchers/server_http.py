"""HTTP calls to a port of this machine, each on a connection of its own; one of them may be a stream of events."""

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import h11

from desktop.domain.agent import ServerCall, ServerPlace, ServerWord
from desktop.watchers import server_peer
from desktop.watchers.event_stream import EventStream, TooLong
from desktop.watchers.server_link import MOST_BYTES, Lost, Wire

# Servers of agents send a sign of life every ten seconds.
STREAM_SILENCE_S = 45.0
MOST_CALLS = 32  # at once; an agent is asked a handful of things
FAILED = -1


@dataclass(slots=True)
class _Exchange:
    call: ServerCall
    wire: Wire
    deadline: float
    talk: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    events: EventStream = field(default_factory=EventStream)


class HttpLink:
    """Calls to one server. A refused connection or the end of its stream is the end of it all."""

    def __init__(self, place: ServerPlace, selector: selectors.BaseSelector, owner: object) -> None:
        self._host, self._port = server_peer.loopback_port(place.address)
        server_peer.check_port(self._port)
        self._headers = place.headers
        self._selector = selector
        self._owner = owner
        self._exchanges: dict[socket.socket, _Exchange] = {}

    @property
    def is_open(self) -> bool:
        return True

    def send(self, calls: Sequence[ServerCall]) -> None:
        for call in calls:
            if len(self._exchanges) >= MOST_CALLS:
                raise Lost("it leaves too many calls without an answer")
            self._begin(call)

    def ready(self, sock: socket.socket, mask: int) -> list[ServerWord]:
        exchange = self._exchanges.get(sock)
        if exchange is None:
            return []
        if mask & selectors.EVENT_WRITE:
            self._check_connected(sock)
            exchange.wire.flush()
        if not mask & selectors.EVENT_READ:
            return []
        chunk = exchange.wire.receive()
        if chunk is None:
            return []
        try:
            exchange.talk.receive_data(chunk)
            return self._heard(exchange)
        except (h11.RemoteProtocolError, TooLong):
            return self._failed(exchange, "it does not speak as expected")

    def on_time(self, now: float) -> list[ServerWord]:
        words: list[ServerWord] = []
        for exchange in list(self._exchanges.values()):
            if now >= self._deadline(exchange):
                words += self._failed(exchange, "it does not answer any more")
        return words

    def due(self) -> float:
        return min(map(self._deadline, self._exchanges.values()), default=float("inf"))

    def close(self) -> None:
        for exchange in self._exchanges.values():
            exchange.wire.close()
        self._exchanges.clear()

    def _begin(self, call: ServerCall) -> None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        wire = Wire(sock, self._selector, self._owner)
        exchange = _Exchange(call, wire, time.monotonic() + call.timeout_s)
        sock.connect_ex((self._host, self._port))  # what comes of it is told when it can be written to
        wire.register()
        self._exchanges[sock] = exchange
        headers = [("Host", f"{self._host}:{self._port}"), ("Connection", "close"), *self._headers]
        if call.is_stream:
            headers.append(("Accept", "text/event-stream"))
        if call.body or call.method != "GET":
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(call.body)))]
        try:
            sent = exchange.talk.send(h11.Request(method=call.method, target=call.path, headers=headers))
            sent = (sent or b"") + (exchange.talk.send(h11.Data(data=call.body)) or b"" if call.body else b"")
            sent += exchange.talk.send(h11.EndOfMessage()) or b""
        except h11.LocalProtocolError:
            raise Lost("a call to it could not be written") from None
        wire.send(sent)

    def _check_connected(self, sock: socket.socket) -> None:
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise Lost("nobody listens there any more")

    def _heard(self, exchange: _Exchange) -> list[ServerWord]:
        words: list[ServerWord] = []
        call = exchange.call
        while True:
            match exchange.talk.next_event():
                case h11.Response(status_code=status):
                    exchange.status = status
                    if call.is_stream and status == 200:
                        words.append(ServerWord(b"", call.tag, status))
                case h11.Data(data=data) if call.is_stream and exchange.status == 200:
                    words += [ServerWord(event, call.tag) for event in exchange.events.feed(bytes(data))]
                case h11.Data(data=data):
                    exchange.body += data
                    if len(exchange.body) > MOST_BYTES:
                        return [*words, *self._failed(exchange, "its answer never ends")]
                case h11.EndOfMessage() | h11.ConnectionClosed():
                    self._end(exchange)
                    if call.is_stream:
                        raise Lost("it hung up")
                    return [*words, ServerWord(bytes(exchange.body), call.tag, exchange.status or FAILED)]
                case h11.InformationalResponse():
                    pass
                case _:
                    return words  # NEED_DATA or PAUSED

    def _deadline(self, exchange: _Exchange) -> float:
        is_streaming = exchange.call.is_stream and exchange.status == 200
        return exchange.wire.heard_at + STREAM_SILENCE_S if is_streaming else exchange.deadline

    def _failed(self, exchange: _Exchange, why: str) -> list[ServerWord]:
        self._end(exchange)
        if exchange.call.is_stream:
            raise Lost(why)
        return [ServerWord(b"", exchange.call.tag, FAILED)]

    def _end(self, exchange: _Exchange) -> None:
        self._exchanges.pop(exchange.wire.sock, None)
        exchange.wire.close()
