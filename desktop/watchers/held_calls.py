"""The calls that a person may answer now, and for a while those that were answerable."""

import threading
from collections import OrderedDict

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.requests import Request
from desktop.watchers.hook_connection import Connection

MOST_REMEMBERED = 1024


class HeldCalls:
    """Held connections by request. Written by the socket's thread alone; ``payload_of`` is for any."""

    def __init__(self) -> None:
        self._connection_by_request: dict[RequestId, Connection] = {}
        self._session_by_past_request: OrderedDict[RequestId, SessionId] = OrderedDict()
        self._guard = threading.Lock()

    def add(self, request: RequestId, connection: Connection) -> None:
        """Hold *connection*: a person may answer *request*."""
        with self._guard:
            self._connection_by_request[request] = connection

    def discard(self, request: Request) -> None:
        """Hold no more; a late answer is still known for what it is."""
        with self._guard:
            self._connection_by_request.pop(request.id, None)
        self._session_by_past_request[request.id] = request.session
        while len(self._session_by_past_request) > MOST_REMEMBERED:
            self._session_by_past_request.popitem(last=False)

    def get(self, request: RequestId) -> Connection | None:
        """The connection that waits for an answer to *request*."""
        return self._connection_by_request.get(request)

    def past_session(self, request: RequestId) -> SessionId | None:
        """Which session once asked *request*, if that was not too long ago."""
        return self._session_by_past_request.get(request)

    def all(self) -> tuple[Connection, ...]:
        """Every connection held now."""
        return tuple(self._connection_by_request.values())

    def payload_of(self, request: RequestId) -> bytes | None:
        """The very bytes that the agent asked with, while its hook waits."""
        with self._guard:
            connection = self._connection_by_request.get(request)
        return connection.call.payload if connection is not None and connection.call is not None else None
