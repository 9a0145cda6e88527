"""Whether the desktop holds notifications back, as far as its server tells. Only read, never worked around."""

from jeepney import DBusAddress

from desktop.notifications.session_bus import Reply, SessionBus

_PROPERTIES = "org.freedesktop.DBus.Properties"
_PATH = "/org/freedesktop/Notifications"
_NAME = "org.freedesktop.Notifications"
_PLACES = (
    (_NAME, "Inhibited"),  # Plasma
    ("org.dunstproject.cmd0", "paused"),
)
_LIMIT_MS = 300


def is_do_not_disturb(bus: SessionBus) -> bool | None:
    """Ask the server, for at most 300 ms; None when it does not say."""
    replies: list[Reply] = []
    said: list[bool] = []

    def hear(reply: Reply) -> None:
        replies.append(reply)
        match reply:
            case Reply(error="", body=(("b", bool(value)),)):
                said.append(value)

    if not bus.pump(lambda: bus.is_ready, _LIMIT_MS):
        return None
    for interface, name in _PLACES:
        address = DBusAddress(_PATH, bus_name=_NAME, interface=_PROPERTIES)
        bus.call(address, "Get", "ss", (interface, name), hear, timeout_ms=_LIMIT_MS)
    bus.pump(lambda: len(replies) == len(_PLACES), _LIMIT_MS)
    return any(said) if said else None
