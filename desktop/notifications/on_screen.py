"""Which notifications of ours stand on the screen, kept for a run after this one: a killed tray takes nothing back."""

from collections.abc import Callable

from desktop.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class OnScreen:
    """Numbers of notifications, and the server that gave them; under another server they mean nothing."""

    server: str = ""
    ids: frozenset[int] = frozenset()


def _keep_nothing(_now: OnScreen) -> None:
    pass


class ScreenMemory:
    """Says what was left, and passes on every change to *keep*, which returns at once."""

    def __init__(self, left: OnScreen | None = None, keep: Callable[[OnScreen], None] = _keep_nothing) -> None:
        self._known = left or OnScreen()
        self._keep = keep

    def left_on(self, server: str) -> frozenset[int]:
        """What stands on *server* as far as we remember, whoever of us put it there."""
        return self._known.ids if server and server == self._known.server else frozenset()

    def note(self, server: str, ids: frozenset[int]) -> None:
        """Take what stands on *server* now; without a server nothing can be known."""
        if not server:
            return
        now = OnScreen(server, ids) if ids else OnScreen()
        if now != self._known:
            self._known = now
            self._keep(now)
