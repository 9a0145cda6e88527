"""Type into the terminal pane of a session, never into a guess.

The last resort among channels. Everything is looked at again right before a key is sent, and whatever does not look as
it should is a refusal with a sentence. The functions block (each call to a terminal at most 2 s) and belong in a worker
thread.
"""

import threading
import time
from collections.abc import Callable

from desktop.channels import gnu_screen, kitty, prompt_line, tmux, wezterm, whereabouts, zellij
from desktop.channels.panes import Pane
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.agent import Agent

SHOWN_S = 4.0  # for a typed text to appear, and to leave the input again; a busy machine takes one or two
_LOOK_S = 0.05
LONGEST_PROMPT = 100_000
NO_PANE = (
    "This session runs in no terminal that can be spoken to (tmux, GNU screen, kitty with remote control, WezTerm), "
    "so nothing can be typed into it from here."
)


def find(session_pid: int, hint: str = "", started: str = "") -> Pane:
    """Find the pane of a session from its process; *hint* is the agent's own word for a pane of tmux."""
    pane = pane_at(whereabouts.of(session_pid, started), hint)
    if pane is None:
        raise Refused(NO_PANE)
    return pane


def pane_at(place: Whereabouts, hint: str = "") -> Pane | None:
    """The pane that *place* is in; None when nothing that can be asked holds its terminal."""
    if not place.tty or not place.host:
        return None
    looks: tuple[Callable[[], Pane | None], ...] = (
        lambda: tmux.find(place, hint),
        lambda: gnu_screen.find(place),
        lambda: zellij.find(place),
        lambda: kitty.find(place),
        lambda: wezterm.find(place),
    )
    refused: Refused | None = None
    for look in looks:
        try:
            found = look()
        except Refused as refusal:  # one whose variable was only inherited may be gone
            refused = refused or refusal
            continue
        if found is not None:
            return found
    if refused is not None:
        raise refused
    return None


def send_prompt(pane: Pane, text: str, agent: Agent) -> None:
    """Type *text* into the waiting prompt of *pane* and send it; return when the input is empty again."""
    written = prompt_line.plain(text)
    if not written.strip():
        raise Refused("There is nothing to send.")
    if len(written) > LONGEST_PROMPT:
        raise Refused("The text is too long to be typed into a terminal.")
    if not agent.prompt_marks:
        raise Refused(f"Nobody knows what the prompt of {agent.label} looks like, so nothing is typed into it.")
    if pane.why_no_typing:
        raise Refused(pane.why_no_typing)
    pane.check()
    shown = pane.screen()
    typed = prompt_line.typed_in(shown, agent.prompt_marks)
    if typed is None:
        raise Refused("The terminal does not show an empty prompt: a dialog or something else is open there.")
    if typed and not shown.has_colours:
        raise Refused(
            f"At the prompt stands a text or a hint ({pane.program} does not tell which), so nothing was typed."
        )
    if typed:
        raise Refused("Something is already typed at the prompt in the terminal.")
    pane.paste(written)
    if not _comes_true(lambda: bool(_typed(pane, agent))):
        raise Refused("The text did not appear at the prompt, so it was not sent. Look at the terminal.")
    pane.check()
    # A program that knows no bracketed paste shows the brackets, and would take each line for a prompt of its own.
    if (_typed(pane, agent) or "").lstrip("^[").startswith("200~"):
        raise Refused("The program at that prompt takes no pasted text, so it was not sent. Look at the terminal.")
    before = _typed(pane, agent)
    pane.press(["Enter"])
    if not _comes_true(lambda: not _typed(pane, agent)):
        # Some take an Enter that comes soon after a text for a part of what was pasted; one that comes late is one.
        pane.check()
        if before and (_typed(pane, agent) or "").strip() == before.strip():
            pane.press(["Enter"])
    if not _comes_true(lambda: not _typed(pane, agent)):
        raise Refused("The text stands at the prompt but was not taken. Look at the terminal.")


def interrupt(pane: Pane, agent: Agent) -> None:
    """Press the keys that break off a turn."""
    if not agent.interrupt_keys:
        raise Refused(f"Nobody knows how to interrupt {agent.label} from its terminal.")
    pane.check()
    pane.press(agent.interrupt_keys)


def _typed(pane: Pane, agent: Agent) -> str | None:
    return prompt_line.typed_in(pane.screen(), agent.prompt_marks)


def _comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SHOWN_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(_LOOK_S)
    return True
