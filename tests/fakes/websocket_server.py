"""A small WebSocket server on a unix socket: remembers what it hears, says what it is told, answers by method."""

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, unix_serve

# The library calls it an error of its own when a client hangs up in the middle of a message.
_QUIET = logging.getLogger(__name__)
_QUIET.setLevel(logging.CRITICAL)

Message = dict[str, object]


class WebSocketServer:
    """Serves any number of clients until it is stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[Message] = []
        self.answers: dict[str, Callable[[Message], object]] = {}
        self.on_answer: Callable[[Message], None] = lambda _: None
        self._changed = threading.Condition()
        self._clients: list[ServerConnection] = []
        self._server = unix_serve(self._serve, str(path), logger=_QUIET)
        self._thread = threading.Thread(target=self._server.serve_forever, name="websocket-server")
        self._thread.start()

    def wait_for(self, fits: Callable[[Message], bool], deadline_s: float = 10.0) -> Message:
        """The first message heard that fits."""
        with self._changed:
            found = self._changed.wait_for(lambda: any(map(fits, self.heard)), deadline_s)
            assert found, f"never heard; only {self.heard}"
            return next(message for message in self.heard if fits(message))

    def wait_for_clients(self, count: int, deadline_s: float = 10.0) -> None:
        """Until so many are connected."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._clients) == count, deadline_s), f"{len(self._clients)}"

    def say(self, *messages: Message) -> None:
        """Tell every client."""
        for message in messages:
            self.say_raw(json.dumps(message))

    def say_raw(self, message: str | bytes | list[str]) -> None:
        """Tell every client these very bytes; a list goes out in fragments."""
        for client in self._connected():
            with contextlib.suppress(ConnectionClosed):
                client.send(message)

    def hang_up(self) -> None:
        """Drop every client without a word."""
        for client in self._connected():
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self.hang_up()
        self._server.shutdown()
        self._thread.join(10)
        self.path.unlink(missing_ok=True)

    def _connected(self) -> list[ServerConnection]:
        with self._changed:
            return list(self._clients)

    def _serve(self, client: ServerConnection) -> None:
        with self._changed:
            self._clients.append(client)
            self._changed.notify_all()
        try:
            for raw in client:
                self._hear(client, json.loads(raw))
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._clients.remove(client)
                self._changed.notify_all()

    def _hear(self, client: ServerConnection, message: Message) -> None:
        with self._changed:
            self.heard.append(message)
            self._changed.notify_all()
        answer = self.answers.get(str(message.get("method")))
        if answer is not None and "id" in message:
            client.send(json.dumps({"id": message["id"], "result": answer(message)}))
        if "result" in message:
            self.on_answer(message)
