"""What the tray's first picture needs, and no more: the sessions as they stand, and the socket that agents call.

Windows, notifications and answers are built behind that picture: reading their modules alone takes as long again.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from desktop.app import clock
from desktop.app.agents import load_agents, with_described
from desktop.app.front import SocketFront
from desktop.app.inbox import Inbox
from desktop.app.ledger_start import open_ledger
from desktop.app.preferences import Preferences
from desktop.app.remembered import ForgetfulCursors, LedgerCursors, screen_memory
from desktop.app.scribe import Scribe
from desktop.domain.board import Board
from desktop.domain.events import Event
from desktop.domain.ids import SessionId
from desktop.hub.effects import Effect, Raise, Withdraw
from desktop.hub.hub import Hub
from desktop.storage.ledger import Ledger
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.hook_socket import HookSocket
from desktop.watchers.process_scan import ChildrenOf, ProcessTable, process_table
from desktop.watchers.repository import Located
from desktop.watchers.sight import Sight

DEMO_VARIABLE = "AGENT_TRAY_DEMO"
"""Set by the demo for its tray: the process whose children are all there is to see."""
# A machine at rest has been looked over in a tenth of this; a home on a network that stalls must not hold the tray up.
FIRST_LOOK_S = 0.5


class Beginning:
    """The seeing part of the tray program. Lives on the main thread; its workers run from *start* on."""

    def __init__(self, runtime: Path) -> None:
        self.raised: Callable[[str], None] = _nobody_raised
        self.proposed: Callable[[str, str, str], None] = _nobody_asked
        self.begun_here: Callable[[SessionId], bool] = _none_begun
        self.inbox = Inbox(self._take, _nothing_drawn)
        self.preferences = Preferences(self.inbox.put)
        self.agents = with_described(load_agents(), self.preferences.settings, self.inbox.put)
        self.hub = Hub(self.agents, self.preferences.settings, clock.now())
        ledger = open_ledger(self.inbox.put)
        self.scribe = Scribe(ledger, self.inbox.put, clock.now)
        cursors = LedgerCursors(ledger, self.scribe) if ledger is not None else ForgetfulCursors()
        self.screen = screen_memory(ledger, self.scribe)
        if ledger is not None:
            self._remember(ledger)
        self.front = SocketFront(self.inbox, self._beat, self._raise_window, self._propose)
        self.servers = AgentServers(Located(self.inbox.put))
        remotes = [remote.name for remote in self.preferences.settings.remotes]
        self.hooks = HookSocket(self.agents, self.inbox.put, runtime, self.front, self._is_served, remotes)
        self.sight = Sight(
            self.agents,
            Located(self.inbox.put),
            store=cursors,
            table=_table(),
            told=self.front.told_by,
            servers=self.servers,
        )
        self.taken: list[tuple[Event, list[Effect]]] = []
        """What was folded in before there was anybody to carry anything out."""

    def start(self) -> None:
        """Begin to watch."""
        self.scribe.start()
        self.hooks.start()
        self.servers.start()
        self.sight.start()

    def first_board(self) -> Board:
        """Every session there is, once all was looked at; after a while whatever was seen until then."""
        self.sight.wait_for_first_look(FIRST_LOOK_S)
        self.inbox.take_all()
        return self.hub.board(clock.now())

    def _take(self, event: Event) -> None:
        effects = self.hub.observe(event, clock.now())
        # What is owed is raised again as soon as there is something to raise it with.
        self.taken.append((event, [effect for effect in effects if not isinstance(effect, Raise | Withdraw)]))

    def _is_served(self, session: SessionId) -> bool:
        """Whether what *session* asks comes by another way than its hook; from any thread."""
        return self.servers.serves(session) or self.begun_here(session)

    def _beat(self) -> None:
        self.hooks.beat()

    def _raise_window(self, token: str) -> None:
        self.raised(token)

    def _propose(self, kind: str, directory: str, prompt: str) -> None:
        self.proposed(kind, directory, prompt)

    def _remember(self, ledger: Ledger) -> None:
        ledger.close_left_open(clock.now())
        names: Mapping[SessionId, str] = {SessionId(key): name for key, name in ledger.names().items()}
        seen: Mapping[SessionId, datetime] = {SessionId(key): at.astimezone(UTC) for key, at in ledger.seen().items()}
        tasks = {SessionId(key): task for key, task in ledger.tasks().items()}
        self.hub.remember(names, seen, tasks)


def _nothing_drawn() -> None:
    """There is nothing to draw on yet."""


def _none_begun(_session: SessionId) -> bool:
    """There is nothing yet to begin a session from."""
    return False


def _nobody_asked(_kind: str, _directory: str, _prompt: str) -> None:
    """There is no window yet."""


def _nobody_raised(_token: str) -> None:
    """There is no window yet."""


def _table() -> ProcessTable | None:
    """The processes to see: all of this person's, but in a demo only those it started."""
    parent = os.environ.get(DEMO_VARIABLE, "")
    return ChildrenOf(process_table(), int(parent)) if parent.isdigit() else None
