"""Chooses what shows notifications: the first backend that starts, and the next one when it breaks."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

from PySide6.QtCore import QObject

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Capabilities, Notice, NoticeActed
from desktop.domain.ports import Notifier
from desktop.domain.settings import Backend
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.notify_call import APPLICATION_ID
from desktop.notifications.null import NullNotifier
from desktop.notifications.on_screen import ScreenMemory
from desktop.notifications.plyer_basic import PlyerNotifier
from desktop.notifications.server_watch import NOBODY_THERE

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Candidate:
    """A backend that may serve, best first; *refusal* says why it does not."""

    name: str
    make: Callable[[], Notifier]
    notifier: Notifier | None = None
    # It speaks to the same service as the best: where nobody is, its words would reach nobody, or come late, from a
    # service that has just come back, and could not be taken back any more.
    leans_on_service: bool = False
    refusal: str = ""
    is_listening: bool = field(default=False)


def candidates(
    platform: str, preference: Backend, icon: str = "", memory: ScreenMemory | None = None
) -> tuple[Candidate, ...]:
    """What to try on *platform* (as sys.platform has it), in order; *icon* is a file, for where none is installed."""
    best: tuple[Candidate, ...]
    is_freedesktop = platform not in ("darwin", "win32")
    if is_freedesktop:
        best = (Candidate("freedesktop", partial(FreedesktopNotifier, icon=icon or APPLICATION_ID, memory=memory)),)
    else:
        best = (Candidate("desktop-notifier", _desktop_notifier),)
    basic = Candidate("plyer", PlyerNotifier, leans_on_service=is_freedesktop)
    none = Candidate("none", NullNotifier)
    match preference:
        case Backend.AUTOMATIC:
            return (*best, basic, none)
        case Backend.BASIC:
            return (basic, none)
        case Backend.NONE:
            return (none,)
        case _:
            assert_never(preference)


def _desktop_notifier() -> Notifier:
    from desktop.notifications.desktop_notifier import DesktopNotifierBackend  # with asyncio, for 20 ms

    return DesktopNotifierBackend()


def _nothing_acted(_acted: NoticeActed) -> None:
    pass


def _nothing_changed(_reason: str) -> None:
    pass


class ChosenNotifier(QObject):
    """One notifier made of several: says through ``changed("")`` when what is owed has to be raised again."""

    def __init__(self, order: Sequence[Candidate], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._order = tuple(order)
        self._current: Candidate | None = None
        self._acted: Callable[[NoticeActed], None] = _nothing_acted
        self._changed: Callable[[str], None] = _nothing_changed

    @property
    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Every backend that was tried and does not serve now, and why."""
        return tuple((candidate.name, candidate.refusal) for candidate in self._order if candidate.refusal)

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Start backends in order until one works."""
        self._acted, self._changed = acted, changed
        self._settle()
        return "" if self._current else "; ".join(f"{name}: {reason}" for name, reason in self.refusals)

    def stop(self) -> None:
        """Stop all of them."""
        self._acted, self._changed = _nothing_acted, _nothing_changed
        for candidate in self._order:
            self._let_go(candidate)
            candidate.refusal = ""
        self._current = None

    def prefer(self, order: Sequence[Candidate]) -> None:
        """Begin anew with another order, as the person has just set it."""
        acted, changed = self._acted, self._changed
        self.stop()
        self._order = tuple(order)
        reason = self.start(acted, changed)
        changed(reason)

    def capabilities(self) -> Capabilities:
        """Those of the backend that serves."""
        notifier = self._serving()
        return notifier.capabilities() if notifier else Capabilities("none", max_buttons=0, body_limit=0)

    def raise_notice(self, notice: Notice) -> None:
        """Show by the backend that serves."""
        if notifier := self._serving():
            notifier.raise_notice(notice)

    def withdraw(self, key: NoticeKey) -> None:
        """Take back, wherever it may be shown."""
        for candidate in self._order:
            if candidate.notifier is not None and candidate.is_listening:
                candidate.notifier.withdraw(key)

    def _serving(self) -> Notifier | None:
        return self._current.notifier if self._current else None

    def _settle(self) -> None:
        """Find the first that works; those before it keep listening for better days."""
        self._current = None
        for candidate in self._order:
            if candidate.refusal and candidate.is_listening:
                continue
            if candidate.leans_on_service and not self._is_anybody_there():
                candidate.refusal = "it would speak to the same service"
                continue
            if not candidate.is_listening:
                candidate.notifier = candidate.notifier or candidate.make()
                candidate.is_listening = True
                candidate.refusal = candidate.notifier.start(self._on_acted, partial(self._on_changed, candidate))
            if not candidate.refusal:
                self._current = candidate
                log.info("notifications by %s", candidate.name)
                return
            log.info("no notifications by %s: %s", candidate.name, candidate.refusal)

    def _is_anybody_there(self) -> bool:
        return not any(candidate.refusal in NOBODY_THERE for candidate in self._order)

    def _on_acted(self, acted: NoticeActed) -> None:
        self._acted(acted)

    def _on_changed(self, candidate: Candidate, reason: str) -> None:
        candidate.refusal = reason
        for other in self._order:
            if other.leans_on_service and not other.is_listening:
                other.refusal = ""
        serving = self._current
        if reason and candidate is not serving:
            return
        if reason:
            self._settle()
            self._changed("" if self._current else reason)
            return
        if serving is not None and candidate is not serving:
            if self._order.index(candidate) > self._order.index(serving):
                return
            self._let_go(serving)
        self._current = candidate
        self._changed("")

    def _let_go(self, candidate: Candidate) -> None:
        if candidate.notifier is not None and candidate.is_listening:
            candidate.notifier.stop()
        candidate.is_listening = False
