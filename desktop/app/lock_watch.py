"""Whether the screen is locked, as far as this desktop tells: its screen saver over the session bus, logind beside it.

Nothing is polled, and a desktop that tells nothing is never locked to us.
"""

import logging
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jeepney import DBusAddress
from PySide6.QtCore import QObject, Signal

from desktop.notifications.session_bus import Reply, SessionBus

log = logging.getLogger(__name__)

# Who says it, and where; all speak the same two words.
_SCREEN_SAVERS = (
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
)
_LOGIND = "org.freedesktop.login1"
_MANAGER = DBusAddress("/org/freedesktop/login1", bus_name=_LOGIND, interface=f"{_LOGIND}.Manager")
_PROPERTIES = "org.freedesktop.DBus.Properties"
_SYSTEM_BUS = Path("/run/dbus/system_bus_socket")


class LockWatch(QObject):
    """Tells when the screen is locked and when it is open again. Lives on the main thread."""

    changed = Signal(bool)

    def __init__(
        self, session_bus: str | None = None, system_bus: str | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session_bus = SessionBus(session_bus, self)
        address = system_bus if system_bus is not None else _system_address()
        self._system_bus = SessionBus(address, self) if address else None
        self._locked_by: set[str] = set()
        self._logind_path = ""

    @property
    def is_locked(self) -> bool:
        """Whether anybody says that it is."""
        return bool(self._locked_by)

    def start(self) -> None:
        """Begin to listen."""
        bus = self._session_bus
        for name, path in _SCREEN_SAVERS:
            bus.watch_name(name, partial(self._on_saver_owner, name, path))
            bus.subscribe(name, path, name, "ActiveChanged", partial(self._on_saver_changed, name))
        _open(bus, "session")
        if self._system_bus is not None:
            self._system_bus.watch_name(_LOGIND, self._on_logind_owner)
            _open(self._system_bus, "system")

    def stop(self) -> None:
        """Hear nothing more."""
        self._session_bus.close()
        if self._system_bus is not None:
            self._system_bus.close()

    def _on_saver_owner(self, name: str, path: str, owner: str) -> None:
        if not owner:
            self._set(name, is_locked=False)  # with it went the cover of the screen
            return

        def learn(reply: Reply) -> None:
            if not reply.error:
                self._on_saver_changed(name, reply.body)

        self._session_bus.call(DBusAddress(path, bus_name=name, interface=name), "GetActive", on_reply=learn)

    def _on_saver_changed(self, name: str, body: tuple[object, ...]) -> None:
        match body:
            case (bool(is_active),):
                self._set(name, is_locked=is_active)
                if not is_active:
                    self._set(_LOGIND, is_locked=False)  # it only asks for a lock; who carries it out knows better

    def _on_logind_owner(self, owner: str) -> None:
        if not owner or self._system_bus is None:
            return
        session = os.environ.get("XDG_SESSION_ID", "")
        if session:
            self._system_bus.call(_MANAGER, "GetSession", "s", (session,), self._on_logind_session)
        else:
            self._system_bus.call(_MANAGER, "GetSessionByPID", "u", (os.getpid(),), self._on_logind_session)

    def _on_logind_session(self, reply: Reply) -> None:
        match reply:
            case Reply(body=(str(path),), error="") if self._system_bus is not None and path != self._logind_path:
                self._logind_path = path
                bus, interface = self._system_bus, f"{_LOGIND}.Session"
                hear: tuple[tuple[str, str, Callable[[tuple[object, ...]], None]], ...] = (
                    (interface, "Lock", lambda _: self._set(_LOGIND, is_locked=True)),
                    (interface, "Unlock", lambda _: self._set(_LOGIND, is_locked=False)),
                    (_PROPERTIES, "PropertiesChanged", self._on_logind_properties),
                )
                for spoken, member, on_signal in hear:
                    bus.subscribe(_LOGIND, path, spoken, member, on_signal)
                properties = DBusAddress(path, bus_name=_LOGIND, interface=_PROPERTIES)
                bus.call(properties, "Get", "ss", (interface, "LockedHint"), self._on_logind_hint)

    def _on_logind_properties(self, body: tuple[object, ...]) -> None:
        match body:
            case (_, {"LockedHint": (_, bool(is_locked))}, *_):
                self._set(_LOGIND, is_locked=is_locked)

    def _on_logind_hint(self, reply: Reply) -> None:
        match reply.body:
            case ((_, bool(is_locked)),):
                self._set(_LOGIND, is_locked=is_locked)

    def _set(self, who: str, *, is_locked: bool) -> None:
        before = self.is_locked
        if is_locked:
            self._locked_by.add(who)
        else:
            self._locked_by.discard(who)
        if self.is_locked != before:
            log.info("the screen is %s", "locked" if is_locked else "open")
            self.changed.emit(self.is_locked)


def _open(bus: SessionBus, kind: str) -> None:
    reason = bus.open(lambda why: log.info("the %s bus is lost: %s", kind, why))
    if reason:
        log.info("whether the screen is locked is not told: %s", reason)


def _system_address() -> str:
    """Where the system bus is; "" where there is none, and then nobody is to be asked again and again."""
    named = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    if named:
        return named
    try:
        is_there = stat.S_ISSOCK(_SYSTEM_BUS.stat().st_mode)
    except OSError:
        return ""
    return f"unix:path={_SYSTEM_BUS}" if is_there else ""
