"""Who shows notifications on this desktop: found, asked what it can do, and missed when it goes."""

import logging
import time
from collections.abc import Callable
from functools import partial

from jeepney import DBusAddress
from PySide6.QtCore import QObject, QTimer, Slot

from desktop.domain.record import dataclass
from desktop.formats import text
from desktop.notifications.notify_call import Server
from desktop.notifications.session_bus import Reply, SessionBus

log = logging.getLogger(__name__)

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
ADDRESS = DBusAddress(PATH, bus_name=NAME, interface=NAME)

_NONE_RUNS = "no notification service runs"
_SILENT = "the notification service does not answer"
_WENT_AWAY = "the notification service went away"
NOBODY_THERE = frozenset({_NONE_RUNS, _SILENT, _WENT_AWAY})
"""Reasons that leave nobody to show anything, whoever asks and however."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in milliseconds."""

    start: int = 300  # of the whole start: the person waits for the tray icon
    notify: int = 2000
    absence: int = 1000  # a daemon that restarts is back within this
    excess: int = 1500
    first_retry: int = 2000  # a service may take its name before it listens; twice as long each time
    retry: int = 30_000  # and so long at most
    timeouts: int = 3  # a number, not a time: so many, and the server counts as hung


def _nothing_changed(_reason: str) -> None:
    pass


class ServerWatch(QObject):
    """Keeps looking for a server until it is stopped."""

    def __init__(
        self,
        bus: SessionBus,
        on_found: Callable[[], None],
        on_other: Callable[[], None],
        patience: Patience,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bus = bus
        self._on_found = on_found  # before anybody may speak to the one that was found
        self._on_other = on_other  # the last one is gone, and its numbers mean nothing any more
        self._patience = patience
        self._changed: Callable[[str], None] = _nothing_changed
        self._server: Server | None = None
        self._reason = ""
        self._is_starting = False
        self._is_stopped = True
        self._summoned_at = float("-inf")
        self._epoch = 0
        self._retry_ms = patience.retry
        self._absence = QTimer(self, singleShot=True)
        self._absence.timeout.connect(self._on_absence_timeout)
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._on_retry_timeout)

    @property
    def server(self) -> Server | None:
        """The one that may be asked to show something."""
        return self._server

    @property
    def epoch(self) -> int:
        """Grows with every server, so that an answer of the last one means nothing."""
        return self._epoch

    def start(self, changed: Callable[[str], None]) -> str:
        """Connect and look; return "" or why there is none yet. *changed* hears the same whenever it changes."""
        self._changed = changed
        self._is_stopped, self._is_starting = False, True
        self._reason = ""
        self._bus.watch_name(NAME, self._on_owner)
        reason = self._bus.open(self._on_bus_lost)
        if not reason:
            self._bus.pump(lambda: self._server is not None or bool(self._reason), self._patience.start)
            reason = "" if self._server else self._reason or "the notification service does not answer yet"
        self._is_starting = False
        return reason

    def stop(self) -> None:
        """Look no more."""
        self._is_stopped = True
        self._absence.stop()
        self._retry.stop()
        self._server = None
        self._changed = _nothing_changed

    def give_up(self, reason: str) -> None:
        """Note that nobody shows notifications now, and say so once."""
        is_news = not self._reason
        self._server, self._reason = None, reason
        if self._is_stopped:
            return
        if not self._retry.isActive():
            self._retry.start(self._retry_ms)
            self._retry_ms = min(self._retry_ms * 2, self._patience.retry)
        if is_news and not self._is_starting and not self._absence.isActive():
            log.warning("notifications: %s", reason)
            self._changed(reason)

    def _on_owner(self, owner: str) -> None:
        was_serving = self._server is not None
        self._forget()
        if self._is_stopped:
            return
        if owner:
            self._retry.stop()
            self._retry_ms = min(self._patience.first_retry, self._patience.retry)
            self._probe()
            return
        if was_serving:
            self._absence.start(self._patience.absence)
        self._retry.start(self._patience.retry)
        # A call to a name without owner makes the bus start the service, where it knows how. Not too often: one that
        # dies at once would otherwise be started for ever.
        now = time.monotonic()
        if now - self._summoned_at > self._patience.retry / 1000:
            self._summoned_at = now
            self._probe()

    def _probe(self) -> None:
        heard = partial(self._on_server_information, self._epoch)
        self._bus.call(
            ADDRESS, "GetServerInformation", None, (), heard, on_late=heard, timeout_ms=self._patience.notify
        )

    def _on_server_information(self, epoch: int, reply: Reply) -> None:
        if epoch != self._epoch or self._server is not None:
            return
        match reply:
            case Reply(error="", body=(str(name), str(), str(version), *_)):
                server = Server(text.one_line(name, 60), text.one_line(version, 40))
                heard = partial(self._on_capabilities, epoch, server)
                self._bus.call(
                    ADDRESS, "GetCapabilities", None, (), heard, on_late=heard, timeout_ms=self._patience.notify
                )
            case _:
                self.give_up(in_words(reply))

    def _on_capabilities(self, epoch: int, server: Server, reply: Reply) -> None:
        if epoch != self._epoch or self._server is not None:
            return
        match reply:
            case Reply(error="", body=(list(names),)):
                known = frozenset(name for name in names if isinstance(name, str))
                self._serve(Server(server.name, server.version, known))
            case _:
                self.give_up(in_words(reply))

    def _serve(self, server: Server) -> None:
        if self._is_stopped:
            return
        self._absence.stop()
        self._retry.stop()
        self._on_found()
        self._epoch += 1
        self._server, self._reason = server, ""
        log.info("notifications are shown by %s %s", server.name, server.version)
        if not self._is_starting:
            self._changed("")

    def _forget(self) -> None:
        self._epoch += 1
        self._server = None
        self._on_other()

    def _on_bus_lost(self, reason: str) -> None:
        self._forget()
        self._absence.stop()
        self._retry.stop()
        self._reason = ""
        self.give_up(reason)

    @Slot()
    def _on_absence_timeout(self) -> None:
        if self._server is None:
            self._reason = ""
            self.give_up(_WENT_AWAY)

    @Slot()
    def _on_retry_timeout(self) -> None:
        if self._bus.is_ready and self._server is None:
            self._probe()


def in_words(reply: Reply) -> str:
    """Why the server cannot be had, from what came back."""
    match reply.error.rpartition(".")[2]:
        case "ServiceUnknown" | "NameHasNoOwner":
            return _NONE_RUNS
        case "TimedOut" | "NoReply" | "Timeout":
            return _SILENT
        case "Disconnected":
            return "not connected to the session bus"
        case "":
            return "the notification service answers with something else than it should"
        case error:
            return f"the notification service refuses: {text.one_line(error, 80)}"
