"""Bring forward the very terminal of a session: window, tab and pane, as far as what holds it allows.

Terminals hold terminals: from the innermost to the desktop, each shows the one within. How far that went is told.
"""

import sys
from collections.abc import Callable

from desktop.channels import (
    apple_terminal,
    desktop_window,
    gnome_terminal,
    konsole,
    terminal,
    whereabouts,
    win32_window,
)
from desktop.channels.panes import Pane, Reached
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.session import Terminal

_DEEPEST = 4  # terminals within terminals
NO_TERMINAL = "It runs in no terminal."


def look(session_pid: int, started: str = "") -> Terminal:
    """See what the terminal of a session is good for, without moving anything."""
    try:
        place = whereabouts.of(session_pid, started)
    except Refused as refusal:
        return Terminal(why_no_text=str(refusal))
    try:
        pane = terminal.pane_at(place)
        why_not = terminal.NO_PANE
    except Refused as refusal:
        pane, why_not = None, str(refusal)
    if pane is not None:
        return Terminal(
            program=pane.program,
            takes_keys=True,
            takes_text=not pane.why_no_typing,
            why_no_text=pane.why_no_typing,
            can_jump=True,
        )
    why_no_jump = desktop_window.why_not(place)
    if why_no_jump and not place.tty and sys.platform != "win32":
        why_no_jump = NO_TERMINAL
    return Terminal(why_no_text=why_not, can_jump=not why_no_jump, why_no_jump=why_no_jump)


def to_session(session_pid: int, hint: str = "", started: str = "") -> str:
    """Bring the terminal of a session forward; how far that went, as one or two sentences."""
    place = whereabouts.of(session_pid, started)
    steps: list[Reached] = []
    for _ in range(_DEEPEST):
        pane = _pane(place, hint if not steps else "")
        if pane is None:
            steps += _outermost(place)
            break
        steps.append(pane.bring_forward())
        if steps[-1].raises_window:
            break
        viewers = pane.viewers()
        if viewers is None:
            steps += _outermost(place)
            break
        if not viewers:
            steps.append(Reached(why_not=f"No terminal was found that shows this {pane.program} session."))
            break
        place = whereabouts.of(viewers[0])
    return told(steps)


def told(steps: list[Reached]) -> str:
    """What was reached, as sentences."""
    done = [step.what for step in steps if step.what]
    left = [step.why_not for step in steps if step.why_not]
    if not done:
        return " ".join(left) or NO_TERMINAL
    listed = done[0] if len(done) == 1 else f"{', '.join(done[:-1])} and {done[-1]}"
    return " ".join([f"Brought forward: {listed}.", *left])


def _pane(place: Whereabouts, hint: str) -> Pane | None:
    try:
        return terminal.pane_at(place, hint)
    except Refused:  # what cannot be spoken to can still be shown by its window
        return None


def _outermost(place: Whereabouts) -> list[Reached]:
    """The tab by whoever knows it, then the window by the desktop."""
    asks: tuple[Callable[[Whereabouts], Reached | None], ...] = (
        konsole.bring_forward,
        gnome_terminal.bring_forward,
        apple_terminal.bring_forward,
        win32_window.bring_forward,
    )
    for ask in asks:
        try:
            reached = ask(place)
        except Refused as refusal:
            return [Reached(why_not=str(refusal)), desktop_window.bring_forward(place)]
        if reached is not None and (reached.raises_window or reached.why_not):
            return [reached]
        if reached is not None:
            return [reached, desktop_window.bring_forward(place, knows_tab=True)]
    return [desktop_window.bring_forward(place)]
