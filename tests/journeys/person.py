"""A person before the tray's window: presses keys on a real display, and sees what a screenshot shows."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journeys.real_agent import RealAgent, until
from tests.journeys.stage import Shown, Stage

TITLE = "^Agent Tray$"
FIRST_ASK_S = 60.0
READ_CLIPBOARD = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
print(app.clipboard().text(), end="")
"""
needs_keys = pytest.mark.skipif(
    not all(map(shutil.which, ("Xvfb", "xfwm4", "xdotool"))), reason="real keys need Xvfb, xfwm4 and xdotool"
)


class Person:
    """Uses the window by its keys alone; knows nothing but what is on the screen and in ``status --json``."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def request(self, agent: RealAgent) -> dict[str, object]:
        """What ``status --json`` says *agent* asks; empty when it asks nothing."""
        found = self._stage.row(agent).get("request")
        return found if isinstance(found, dict) else {}

    def wait_asked(self, agent: RealAgent, words: str = "", *, answerable: bool = True) -> dict[str, object]:
        """Wait until *agent* is shown to ask something that holds *words*."""

        def asked() -> dict[str, object]:
            found = self.request(agent)
            fits = found and found["answerable"] is answerable and words in f"{found['text']} {found['options']}"
            return found if fits else {}

        # The first turn of the first agent on a cold machine took more than 20 s.
        return until(asked, f"a request with {words!r}; shown: {self.request(agent)}\n{agent.screen()}", FIRST_ASK_S)

    def wait_answered(self, agent: RealAgent, since: float, within_s: float = 1.0) -> float:
        """Wait until the request, its dialog and its notification are gone; return how long that took."""
        until(lambda: not self.request(agent), "the request to be gone", 5)
        until(lambda: not dialog_is_open(agent), f"the agent's dialog to be gone:\n{agent.screen()}", 5)
        until(lambda: not self.notices(agent), "the notification to be withdrawn", 5)
        took = time.time() - since
        assert took < within_s, f"it took {took:.2f} s"
        return took

    def notices(self, agent: RealAgent) -> list[Shown]:
        """The notifications about *agent*; others run on this machine, and are watched too."""
        name = str(self._stage.row(agent).get("name"))
        return [notice for notice in self._stage.notices() if notice.title.startswith(name)]

    def look(self) -> None:
        """Bring the window forward, as a click on the tray's icon does."""
        if not self._window():
            until(self._stage.icon, "an icon to click")
            self._stage.click_icon()
            until(self._window, "the window to be shown")
        self._stage.x("xdotool", "windowactivate", "--sync", self._window())
        until(lambda: self._active() == self._window(), "the window to come forward", 10)

    def open(self, agent: RealAgent, phase: str = "") -> None:
        """Open the row of *agent* by the keys that a person would use."""
        if phase:
            until(lambda: self._stage.row(agent)["phase"] == phase, f"the tray to say {phase}")
        self.open_first(str(self._stage.row(agent)["name"]))

    def open_first(self, words: str) -> None:
        """Show only the rows that hold *words*, and open the first."""
        self.look()
        self.press("Escape")
        self.look()
        self.press("slash")
        self.type(words)
        self.press("Return", "k", "k", "Return")  # of several of one name, the most urgent

    def press(self, *keys: str) -> float:
        """Press keys by the names X gives them; return when."""
        at = time.time()
        self._stage.x("xdotool", "key", "--clearmodifiers", *keys)
        return at

    def type(self, text: str) -> None:
        self._stage.x("xdotool", "type", "--delay", "8", "--", text)

    def allow(self, agent: RealAgent) -> float:
        """Press Ctrl+Return until it is taken: nothing can be allowed before it was there to be read."""
        request = self.request(agent).get("id")
        pressed: list[float] = []

        def pressed_and_gone() -> bool:
            if self.request(agent).get("id") == request:
                pressed.append(self.press("ctrl+Return"))
            return self.request(agent).get("id") != request

        until(pressed_and_gone, "the window to let one allow", 6)
        return pressed[-1]

    def clipboard(self) -> str:
        """What a paste would give."""
        done = subprocess.run(
            [sys.executable, "-c", READ_CLIPBOARD], env=self._stage.environment, capture_output=True, text=True,
            timeout=20, check=True,
        )  # fmt: skip
        return done.stdout

    def _window(self) -> str:
        """The window as X names it; empty while it is put away."""
        try:
            return self._stage.x("xdotool", "search", "--onlyvisible", "--name", TITLE).split()[-1]
        except AssertionError:
            return ""

    def _active(self) -> str:
        try:
            return self._stage.x("xdotool", "getactivewindow").strip()
        except AssertionError:
            return ""


def dialog_is_open(agent: RealAgent) -> bool:
    """Whether the agent's terminal shows a dialog of its own."""
    shown = agent.screen()
    return any(words in shown for words in ("Esc to cancel", "Would you like to proceed?", "Exit plan mode?"))


def relays(home: Path) -> list[int]:
    """The relays that run for agents of this home."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if str(home).encode() in line and b"relay.py" in line and not line.startswith((b"/bin/sh", b"sh")):
            found.append(int(entry.name))
    return found
