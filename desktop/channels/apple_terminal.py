"""A session in Terminal or iTerm2 on macOS, found by its terminal's name through AppleScript. It was not run."""

import sys

from desktop.channels import programs, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.whereabouts import Whereabouts

# The name of the terminal travels as an argument of the script, never as a part of it.
_TERMINAL = """
on run argv
  tell application "Terminal"
    repeat with aWindow in windows
      repeat with aTab in tabs of aWindow
        if tty of aTab is item 1 of argv then
          set selected of aTab to true
          set index of aWindow to 1
          activate
          return "found"
        end if
      end repeat
    end repeat
  end tell
end run
"""
_ITERM = """
on run argv
  tell application "iTerm2"
    repeat with aWindow in windows
      repeat with aTab in tabs of aWindow
        repeat with aSession in sessions of aTab
          if tty of aSession is item 1 of argv then
            select aWindow
            select aTab
            select aSession
            activate
            return "found"
          end if
        end repeat
      end repeat
    end repeat
  end tell
end run
"""
_KNOWN = (("Terminal", _TERMINAL, "its Terminal window and tab"), ("iTerm", _ITERM, "its iTerm2 window, tab and pane"))


def bring_forward(place: Whereabouts) -> Reached | None:
    """Show the tab that has the terminal of *place*; None elsewhere, and when neither program is above it."""
    return show(place) if sys.platform == "darwin" and place.tty else None


def show(place: Whereabouts) -> Reached | None:
    """Ask whichever of them is above *place* for its tab."""
    above = {whereabouts.program_of(pid) for pid in place.ancestors}
    for program, script, what in _KNOWN:
        # iTerm2 keeps its terminals in a server of its own; only asking tells. What does not run is not asked: it
        # would be started.
        is_above = any(name.startswith(program) for name in above)
        if is_above and programs.run("osascript", "-", place.tty, given=script).strip() == "found":
            return Reached(what, raises_window=True)
    return None
