"""What the shell must provide. Implementations live in their own packages and are strangers to one another."""

from collections.abc import Callable
from typing import Protocol

from desktop.domain.events import Event
from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Capabilities, Notice, NoticeActed

Sink = Callable[[Event], None]
"""Takes an event from any thread and returns at once."""


class Watcher(Protocol):
    """Sees a part of the machine from a thread of its own and puts events into a sink."""

    def start(self) -> None: ...

    def stop(self, deadline_s: float) -> None:
        """End the thread; return when it has ended or the deadline has passed."""


class Notifier(Protocol):
    """Shows notifications. All calls come from the main thread and return at once; so do the callbacks."""

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Begin; return "" when it works, else the reason in words why it cannot serve here.

        *changed* is called when the backend breaks (with the reason) or comes back or is replaced (with ""):
        then every notice that is still owed is to be raised again.
        """

    def stop(self) -> None:
        """Withdraw what is shown and let go of everything."""

    def capabilities(self) -> Capabilities: ...

    def raise_notice(self, notice: Notice) -> None:
        """Show, in place of the last one with the same key."""

    def withdraw(self, key: NoticeKey) -> None:
        """Take back; nothing happens when it is not shown."""
