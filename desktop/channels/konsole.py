"""A session in a tab of Konsole: which tab, and in front of the others."""

import re

from desktop.channels.panes import Reached
from desktop.channels.refusal import Refused
from desktop.channels.session_bus import SessionBus
from desktop.channels.whereabouts import Whereabouts

_CHILD = re.compile(r'<node name="([0-9]{1,9})"')
_SESSION, _WINDOW = "org.kde.konsole.Session", "org.kde.konsole.Window"


def bring_forward(place: Whereabouts) -> Reached | None:
    """Put the tab of *place* in front of its window; None when Konsole does not hold its terminal."""
    service = place.variable("KONSOLE_DBUS_SERVICE")
    if not service:
        return None
    with SessionBus() as bus:
        if bus.process_of(service) != place.host:  # inherited through another terminal
            return None
        session = next((each for each in _children(bus, service, "/Sessions") if _leads(bus, service, each, place)), "")
        for window in _children(bus, service, "/Windows") if session else ():
            listed = bus.ask(service, f"/Windows/{window}", _WINDOW, "sessionList")
            if isinstance(listed, list) and session in listed:
                bus.ask(service, f"/Windows/{window}", _WINDOW, "setCurrentSession", "i", int(session))
                return Reached("its Konsole tab")
    raise Refused("Konsole does not know the tab of this session any more.")


def _children(bus: SessionBus, service: str, path: str) -> list[str]:
    told = bus.ask(service, path, "org.freedesktop.DBus.Introspectable", "Introspect")
    return _CHILD.findall(told) if isinstance(told, str) else []


def _leads(bus: SessionBus, service: str, session: str, place: Whereabouts) -> bool:
    """Whether the first process of a Konsole session leads the terminal of *place*."""
    return bus.ask(service, f"/Sessions/{session}", _SESSION, "processId") == place.leader
