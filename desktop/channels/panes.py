"""A pane of a terminal that can be spoken to: what each kind of terminal has to provide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop.channels.prompt_line import Shown
from desktop.channels.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True)
class Reached:
    """How far something was brought forward: *what*, as in "its tmux pane"; or *why_not*, as a sentence."""

    what: str = ""
    why_not: str = ""
    raises_window: bool = False  # the window on the desktop came forward with it


class Pane(Protocol):
    """The very pane that a session runs in. Every method may refuse, and blocks for a few seconds at most."""

    @property
    def program(self) -> str:
        """What the terminal is called."""

    @property
    def place(self) -> Whereabouts:
        """The process of the session."""

    @property
    def why_no_typing(self) -> str:
        """Why no text can be typed into this kind of terminal, as a sentence; empty when it can."""

    def check(self) -> None:
        """Refuse unless the pane is the session's still and takes keys for itself alone."""

    def screen(self) -> Shown:
        """What the pane shows."""

    def paste(self, text: str) -> None:
        """Put *text* (cleaned, newlines possible) in as a paste, unsent."""

    def press(self, keys: Sequence[str]) -> None:
        """Press keys, as adapters name them."""

    def bring_forward(self) -> Reached:
        """Show this pane and no other, as far as this program has a say."""

    def viewers(self) -> tuple[int, ...] | None:
        """The processes through which a person looks at it, the last used first; None for one with its own windows."""
