"""Who may speak for which session: asked of the system, and not of what a caller says of itself.

A socket that the person gave to another machine is believed as that machine: nothing more can be asked of it.
"""

from collections import OrderedDict
from collections.abc import Callable

from desktop.domain.agent import Agent
from desktop.domain.ids import SessionId
from desktop.formats import proc_stat
from desktop.watchers import hook_peer, process_scan
from desktop.watchers.hook_connection import Connection
from desktop.watchers.process_scan import ProcessTable
from desktop.watchers.runner import is_session

MOST_CALLERS = 1024  # sessions of which we remember who called


class Callers:
    """Knows whose process called for which session. Lives on the socket's thread."""

    def __init__(self, owners_of: Callable[[SessionId], tuple[int, ...]]) -> None:
        self._owners_of = owners_of
        self._known: OrderedDict[SessionId, tuple[int, int]] = OrderedDict()  # process and its start
        self._table: ProcessTable | None = None

    def may_call(self, agent: Agent, connection: Connection) -> bool:
        """Whether this process may speak for *agent*; who names a session in its call is looked at later."""
        if connection.host or not agent.is_hook_inside:
            return True  # it is a relay, and the session's process is above it
        if self._table is None:
            self._table = process_scan.process_table()
        process = self._table.look(connection.peer.pid)
        return process is not None and is_session(agent, process)

    def owners(self, session: SessionId, connection: Connection) -> tuple[int, ...]:
        """The processes that own *session*; what is only guessed of them counts less than who called for it first."""
        pid = connection.call.agent_pid if connection.call is not None else 0
        if not pid:
            return self._owners_of(session)
        known = self._known.get(session)
        alive = hook_peer.look_up(known[0]) if known is not None else None
        if known is None or alive is None or alive.started != known[1]:
            found = hook_peer.look_up(pid)
            known = (pid, found.started if found is not None else 0)
            self._known[session] = known
            if len(self._known) > MOST_CALLERS:
                self._known.popitem(last=False)
        return (known[0],)

    def is_own(self, session: SessionId, connection: Connection) -> bool | None:
        """Whether a request of *session* came from that session; None while nobody is known to own it."""
        if connection.host:
            return True
        owners = self.owners(session, connection)  # once: they may become known at any moment
        return self._descends(connection, owners) if owners else None

    def is_stranger(self, session: SessionId, connection: Connection) -> bool:
        """Whether somebody else's process speaks of *session*, whose own process lives."""
        if connection.host:
            return False
        living = [pid for pid in self.owners(session, connection) if hook_peer.look_up(pid) is not None]
        return bool(living) and not self._descends(connection, tuple(living))

    def _descends(self, connection: Connection, owners: tuple[int, ...]) -> bool:
        return proc_stat.descends(connection.peer.pid, owners, hook_peer.look_up)
