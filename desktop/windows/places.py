"""Directories and files as a person reads them."""

from pathlib import Path

from desktop.formats import text


def short_path(path: str) -> str:
    """Give *path* with ~ for the home directory, cleaned and fenced off from our own words."""
    home = str(Path.home())
    shown = "~" + path[len(home) :] if path == home or path.startswith(home + "/") else path
    return text.isolate(text.one_line(shown, 120))
