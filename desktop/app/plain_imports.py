"""Gives the import statement back its own speed once Qt is there."""

import builtins

import PySide6.QtCore  # noqa: F401  # whose first import takes that speed


def restore_imports() -> None:
    """Import as Python does; to be called once, before anything else is read.

    WORKAROUND PySide6 6.12 (packaging/bench, G12, G13): it puts a function of its own in place of ``__import__``, which
    reads the source of every module imported from then on to see whether it says "PySide6", and leaves all of it in
    ``linecache``: 85,000 lines. It serves ``from __feature__ import`` alone, which nothing here uses.
    """
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
