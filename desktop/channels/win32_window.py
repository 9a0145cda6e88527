"""Bring forward the window of the program that a session runs under, on Microsoft's system. It was not run.

Windows Terminal offers no way to a tab of a window that exists.
"""

import sys

from desktop.channels import whereabouts
from desktop.channels.panes import Reached
from desktop.channels.whereabouts import Whereabouts

NO_WINDOW = "No window on this desktop belongs to the terminal of this session."


def bring_forward(place: Whereabouts) -> Reached | None:
    """Show the nearest window above *place*; None on other systems."""
    return show(place) if sys.platform == "win32" else None


def show(place: Whereabouts) -> Reached:
    """Show the nearest window above *place*."""
    windows = _windows_by_process()
    for pid in place.ancestors:
        for window in windows.get(pid, ()):
            program = whereabouts.program_of(pid) or "the terminal"
            if not _show(window):
                return Reached(f"the window of {program} was asked to come forward", "The system did not let it.")
            return Reached(f"the window of {program}", f"Which of its tabs it is, {program} does not tell.")
    return Reached(why_not=NO_WINDOW)


def _windows_by_process() -> dict[int, list[int]]:
    if sys.platform != "win32":
        return {}
    import ctypes
    from ctypes import wintypes

    user32 = ctypes.WinDLL("user32", use_last_error=True)
    found: dict[int, list[int]] = {}

    @ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
    def note(window: int, _: int) -> bool:
        if user32.IsWindowVisible(window):
            pid = wintypes.DWORD()
            user32.GetWindowThreadProcessId(window, ctypes.byref(pid))
            found.setdefault(pid.value, []).append(window)
        return True

    user32.EnumWindows(note, 0)
    return found


def _show(window: int) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    user32 = ctypes.WinDLL("user32", use_last_error=True)
    restore = 9
    if user32.IsIconic(window):
        user32.ShowWindow(window, restore)
    return bool(user32.SetForegroundWindow(window))
