"""Keep None, True and False alive where a library gives away references that it does not own.

WORKAROUND PySide6 6.12 on Python 3.11: every method of Qt that returns nothing gives one reference to None away, and
after a few thousand calls the interpreter aborts ("none_dealloc"). From Python 3.12 on these objects are immortal.
"""

import ctypes
import sys

# As many as no program gives away in years, and far from overflow.
_REFERENCES = 1 << 40


def keep_singletons() -> None:
    """Give None, True and False references to spare; to be called once, before Qt is used."""
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 12):
        return
    for singleton in (None, True, False):
        # The count is the first word of every object in these versions.
        ctypes.c_ssize_t.from_address(id(singleton)).value += _REFERENCES
