"""Looks at the tray as a person and as a program would, and measures how late it is."""

import re
import time

from desktop.domain.phase import Phase
from desktop.formats.palette import LIGHT, phase_colour
from tests.journeys.real_agent import Registered, until
from tests.journeys.stage import Stage
from tests.journeys.table import ROWS, Measured

WITHIN_S = 1.0
LATE_S = 8.0  # what is later than this did not come
REDRAWN_S = 0.6  # the icon is drawn at most four times a second, and its host asks for it afterwards
SCENE = {
    Phase.WORKING: r"{} working",
    Phase.NEEDS_REVIEW: r"{} to review",
    Phase.YOUR_TURN: r"{} your turn",
    Phase.SCHEDULED: r"{} scheduled",
}


def see(
    stage: Stage, agent: Registered, journey: str, phase: Phase, says: str, after: float = 0.0
) -> dict[str, object]:
    """Check that *phase* is told within a second of the agent's own word *says*, changed later than *after*."""
    stamp = agent.wait_status(says, after)
    return see_since(stage, agent.session, journey, phase, stamp)


def see_since(
    stage: Stage, session: str, journey: str, phase: Phase, since: float, *, in_window: bool = True
) -> dict[str, object]:
    """Check that one second after *since* the tray tells *phase* of *session*, and shows it everywhere.

    Not *in_window* where rows of whatever else runs on this machine may have pushed the session's out of sight.
    """
    follower = stage.follower
    # Not as soon as it is right: what flickers is wrong.
    until(lambda: time.time() >= since + WITHIN_S, "a second to pass")
    is_right = follower.phase(session) == phase
    if not is_right:
        try:
            until(lambda: follower.phase(session) == phase, "", LATE_S)
        except AssertionError:
            told = [(round(each.at - since, 3), each.phase, each.row["reason"]) for each in follower.of(session)[-6:]]
            raise AssertionError(f"{journey}: never {phase}; told since the change: {told}") from None
    latency = follower.since(session) - since
    ROWS.append(Measured(journey, str(phase), latency, _shown(stage, phase, in_window) if is_right else "TOO LATE"))
    assert is_right, f"{journey}: {phase} was told {latency:.2f} s after the change"
    return follower.of(session)[-1].row


def _shown(stage: Stage, phase: Phase, in_window: bool) -> str:
    """Check icon and window against what the program tells; say what was looked at."""
    seen = ["status"]
    if stage.icon():
        until(
            lambda: _icon_agrees(stage), lambda: f"the icon: {stage.icon()} for {stage.status()['counts']}", REDRAWN_S
        )
        seen.append("icon")
    if in_window and stage.pixels() and phase is not Phase.ENDED:
        until(lambda: _has_colour(stage.pixels(), phase), f"the window to show the colour of {phase}", REDRAWN_S)
        seen.append("window")
    return ", ".join(seen)


def _icon_agrees(stage: Stage) -> bool:
    status, icon = stage.status(), stage.icon()
    counts = status["counts"]
    assert isinstance(counts, dict)
    tooltip, colours = str(icon["tooltip"]), icon["colours"]
    assert isinstance(colours, dict)
    need = status["needs_you"]
    is_told = bool(re.match(rf"{need} needs? you", tooltip)) == bool(need)
    for phase, words in SCENE.items():
        if phase in counts:
            is_told = is_told and words.format(counts[phase]) in tooltip
    urgent = next((Phase(phase) for phase in counts), Phase.IDLE)
    return is_told and phase_colour(urgent, LIGHT).lower() in colours


def _has_colour(pixels: bytes, phase: Phase) -> bool:
    red, green, blue = bytes.fromhex(phase_colour(phase, LIGHT).removeprefix("#"))
    wanted = bytes((blue, green, red))
    at = pixels.find(wanted)
    while at >= 0 and at % 4:
        at = pixels.find(wanted, at + 1)
    return at >= 0
