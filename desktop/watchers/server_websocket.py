"""A WebSocket over a unix socket: the protocol is the library's, the socket ours."""

import logging
import selectors
import socket
import time
from collections.abc import Sequence

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from desktop.domain.agent import ServerCall, ServerPlace, ServerWord
from desktop.watchers.server_link import MOST_BYTES, OPEN_WITHIN_S, SILENCE_S, Lost, Wire, unix_socket

# The library tells of every frame at the level "debug", with its content: that is nobody's business.
_MUTE = logging.getLogger(f"{__name__}.frames")
_MUTE.setLevel(logging.CRITICAL)


class WebSocketLink:
    """One connection that carries whole messages both ways."""

    def __init__(self, place: ServerPlace, selector: selectors.BaseSelector, owner: object) -> None:
        self._wire = Wire(unix_socket(place.address), selector, owner)
        self._protocol = ClientProtocol(parse_uri("ws://localhost/"), max_size=MOST_BYTES, logger=_MUTE)
        self._parts: list[bytes] = []
        self._open_by = time.monotonic() + OPEN_WITHIN_S
        self._asked_at: float | None = None
        self._wire.register()
        self._protocol.send_request(self._protocol.connect())
        try:
            self._flush()
        except Lost:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        return self._protocol.state is State.OPEN

    def ready(self, sock: socket.socket, mask: int) -> list[ServerWord]:
        if mask & selectors.EVENT_WRITE:
            self._wire.flush()
        if not mask & selectors.EVENT_READ:
            return []
        chunk = self._wire.receive()
        if chunk is None:
            return []
        if not chunk:
            raise Lost("it hung up")
        self._asked_at = None
        self._protocol.receive_data(chunk)
        words = [word for event in self._protocol.events_received() for word in self._heard(event)]
        self._flush()
        if self._protocol.handshake_exc is not None:
            raise Lost("it does not speak as expected")
        if self._protocol.state in (State.CLOSING, State.CLOSED):
            raise Lost("it ended the talk, or broke its rules")
        return words

    def send(self, calls: Sequence[ServerCall]) -> None:
        try:
            for call in calls:
                self._protocol.send_text(call.body)
        except (InvalidState, ProtocolError):
            raise Lost("it ended the talk") from None
        self._flush()

    def on_time(self, now: float) -> list[ServerWord]:
        if not self.is_open:
            if now >= self._open_by:
                raise Lost("it does not answer")
            return []
        if self._asked_at is not None and now >= self._asked_at + SILENCE_S:
            raise Lost("it does not answer any more")
        if self._asked_at is None and now >= self._wire.heard_at + SILENCE_S:
            self._asked_at = now
            self._protocol.send_ping(b"")
            self._flush()
        return []

    def due(self) -> float:
        if not self.is_open:
            return self._open_by
        return (self._wire.heard_at if self._asked_at is None else self._asked_at) + SILENCE_S

    def close(self) -> None:
        self._wire.close()

    def _heard(self, event: object) -> list[ServerWord]:
        match event:
            case Frame(opcode=Opcode.TEXT | Opcode.BINARY | Opcode.CONT, data=data, fin=fin):
                if data:
                    self._parts.append(bytes(data))
                if not fin:
                    return []
                body, self._parts = b"".join(self._parts), []
                return [ServerWord(body)]
            case _:
                return []  # the answer to our opening, pings and pongs

    def _flush(self) -> None:
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._wire.send(chunk)
