"""Lines that agents keep open for a person's words to their sessions: a prompt, or the wish to break a turn off.

A line sleeps: no sign of life is sent down it, and nothing but its end is heard. The session's own process opens it and
is told one thing on it; the next line is a new call. Lives on the hook socket's thread, but for ``carries``.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from desktop.domain.events import LineSeen
from desktop.domain.ids import SessionId
from desktop.domain.ports import Sink
from desktop.formats import hook_wire
from desktop.watchers.hook_callers import Callers
from desktop.watchers.hook_connection import Connection, Stage
from desktop.watchers.hook_switchboard import Switchboard

MOST_LINES = 64
SAID_S = 10.0  # for the agent to take the words in: a busy one took five to serve anything
NO_LINE = "The session no longer listens; use its terminal."
NOT_TAKEN = "The session did not say that it took this; look at its terminal."

Otherwise = Callable[[str], None]
"""Called, on the socket's thread, with the reason why the words did not arrive."""


class SessionLines:
    """Holds one line a session and says things on it."""

    def __init__(self, switchboard: Switchboard, callers: Callers, sink: Sink) -> None:
        self._switchboard = switchboard
        self._callers = callers
        self._sink = sink
        self._lines: dict[SessionId, Connection] = {}
        self._saying: dict[Connection, Otherwise] = {}
        self._sessions: frozenset[SessionId] = frozenset()

    def carries(self, session: SessionId) -> bool:
        """Whether *session* listens; from any thread."""
        return session in self._sessions

    def open(self, connection: Connection, session: SessionId) -> None:
        """Keep *connection* for words to *session*, if it is that session's own; it may ask again."""
        earlier = self._lines.get(session)
        is_own = not connection.host and self._callers.is_own(session, connection)
        if not is_own or (earlier is None and len(self._lines) >= MOST_LINES):
            self._switchboard.finish(connection, hook_wire.DONE)
            return
        connection.line, connection.stage = session, Stage.LISTENING
        connection.received.clear()
        connection.send(hook_wire.HOLD)
        self._lines[session] = connection
        if earlier is not None:
            self._switchboard.finish(earlier, hook_wire.DONE)
            self._switchboard.settle(earlier)
        else:
            self._tell(session, is_open=True)

    def say(self, session: SessionId, words: bytes, otherwise: Otherwise) -> None:
        """Send *words* down the line of *session*."""
        connection = self._lines.get(session)
        if connection is None or connection.call is None:
            otherwise(NO_LINE)
            return
        self._take_away(connection)
        connection.stage = Stage.SAYING
        connection.received.clear()
        connection.deadline = time.monotonic() + SAID_S
        self._saying[connection] = otherwise
        connection.send(hook_wire.say(connection.call.payload, words))
        self._switchboard.settle(connection)

    def said(self, connection: Connection) -> None:
        """The words were taken."""
        self._saying.pop(connection, None)
        self._switchboard.forget(connection)

    def forgotten(self, connection: Connection) -> None:
        """The connection is over, however that came."""
        otherwise = self._saying.pop(connection, None)
        if otherwise is not None:
            otherwise(NOT_TAKEN)
        self._take_away(connection)

    def _take_away(self, connection: Connection) -> None:
        session = connection.line
        if session is not None and self._lines.get(session) is connection:
            del self._lines[session]
            self._tell(session, is_open=False)

    def _tell(self, session: SessionId, *, is_open: bool) -> None:
        self._sessions = frozenset(self._lines)
        self._sink(LineSeen(session, datetime.now(UTC), is_open))
