"""Bring forward the window of the program that holds a terminal, where the desktop lets anybody do that (X11)."""

import os
import sys
import threading
import time
from collections.abc import Sequence

from desktop.channels import whereabouts
from desktop.channels.panes import Reached
from desktop.channels.whereabouts import Whereabouts
from desktop.channels.x11 import Display, NoDisplay, Window

FORWARD_S = 1.0
_LOOK_S = 0.02
_OWN_WAYS = ("KONSOLE_DBUS_SERVICE", "GNOME_TERMINAL_SERVICE")
WAYLAND = "This desktop (Wayland) lets no program bring another's window forward; find it yourself."
NO_DESKTOP = "There is no desktop here on which a window could be brought forward."
NO_WINDOW = (
    "No window on this desktop belongs to the terminal of this session; it may be on another machine or desktop."
)


def why_not(place: Whereabouts) -> str:
    """Why the window of *place* cannot be brought forward, as far as that is known before; empty when it may be."""
    if sys.platform in ("darwin", "win32"):
        return ""
    is_wayland = bool(os.environ.get("WAYLAND_DISPLAY"))
    has_own_way = any(map(place.variable, _OWN_WAYS))
    if place.tty and (has_own_way or (os.environ.get("DISPLAY") and not is_wayland)):
        return ""
    # Without a terminal it may be run by a program that has a window; and on a Wayland desktop some still speak X11.
    try:
        with Display(os.environ) as display:
            pids = {window.pid for window in display.windows()}
    except NoDisplay:
        return WAYLAND if is_wayland else NO_DESKTOP
    if pids & set(place.ancestors):
        return ""
    return WAYLAND if is_wayland else NO_WINDOW


def bring_forward(place: Whereabouts, *, knows_tab: bool = False) -> Reached:
    """Bring forward the window that shows *place*; *knows_tab*: its tab is in front already."""
    try:
        with Display(os.environ) as display:
            return _bring_forward(display, place, knows_tab=knows_tab)
    except NoDisplay:
        return Reached(why_not=WAYLAND if os.environ.get("WAYLAND_DISPLAY") else NO_DESKTOP)


def _bring_forward(display: Display, place: Whereabouts, *, knows_tab: bool) -> Reached:
    windows = display.windows()
    for pid in place.ancestors:
        own = [window for window in windows if window.pid == pid]
        if own:
            break
    else:
        return Reached(why_not=WAYLAND if os.environ.get("WAYLAND_DISPLAY") else NO_WINDOW)
    program = whereabouts.program_of(pid) or "the terminal"
    is_only = knows_tab or (pid == place.host and whereabouts.terminals_held_by(pid) == 1)
    window, is_sure = _choose(own, place)
    display.activate(window.id)
    if not _comes_forward(display, window.id):
        return Reached(f"the window of {program} was asked to come forward", "The window manager did not let it.")
    if not is_sure and not (is_only and len(own) == 1):
        return Reached(f"one of the {len(own)} windows of {program}", f"Which of them it is, {program} does not tell.")
    if is_only:
        return Reached(f"the window of {program}", raises_window=True)
    return Reached(f"the window of {program}", f"Which of its tabs it is, {program} does not tell.", raises_window=True)


def _choose(own: Sequence[Window], place: Whereabouts) -> tuple[Window, bool]:
    """The window, and whether it is surely that one."""
    if len(own) == 1:
        return own[0], True
    named = [window for window in own if str(window.id) == place.variable("WINDOWID")]
    if named:
        return named[0], True
    folder = place.cwd.rstrip("/").rpartition("/")[2]
    titled = [window for window in own if folder and folder in window.title]
    if len(titled) == 1:
        return titled[0], True
    return own[-1], False  # the one used last


def _comes_forward(display: Display, window: int) -> bool:
    deadline = time.monotonic() + FORWARD_S
    pause = threading.Event()
    while display.active() != window:
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK_S)
    return True
