"""A session in a tab of GNOME Terminal: in front, where its search provider can be asked for it."""

import re

from desktop.channels.panes import Reached
from desktop.channels.refusal import Refused
from desktop.channels.session_bus import SessionBus
from desktop.channels.whereabouts import Whereabouts

_SCREEN = re.compile(r"/org/gnome/Terminal/screen/([0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12})")
_PROVIDER = "org.gnome.Shell.SearchProvider2"


def bring_forward(place: Whereabouts) -> Reached | None:
    """Present the tab of *place*; None when GNOME Terminal does not hold its terminal, or cannot be asked for a tab.

    The one way to a tab that it offers is the one by which the overview of GNOME finds it. Not every build has it.
    """
    service, screen = (
        place.variable("GNOME_TERMINAL_SERVICE"),
        _SCREEN.fullmatch(place.variable("GNOME_TERMINAL_SCREEN")),
    )
    if not service or screen is None:
        return None
    with SessionBus() as bus:
        if bus.process_of(service) != place.host:
            return None
        identifier = screen[1].replace("_", "-")
        try:
            bus.ask(
                service, "/org/gnome/Terminal/SearchProvider", _PROVIDER, "ActivateResult", "sasu", identifier, [], 0
            )
        except Refused:
            return None
    return Reached("its GNOME Terminal tab")
