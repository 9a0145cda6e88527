"""Runs something where hardly any stack is left, as input nested beyond reason would leave it."""

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

Result = TypeVar("Result")

SPARE_FRAMES = range(8, 90)


def with_little_stack(call: Callable[[], Result]) -> Iterator[Result]:
    """Give the results of *call* with ever more frames to spare; where it could not even begin there is none."""
    used = len(inspect.stack(0))
    for spare in SPARE_FRAMES:
        try:
            yield _deeper(call, sys.getrecursionlimit() - used - spare)
        except RecursionError:
            continue


def _deeper(call: Callable[[], Result], levels: int) -> Result:
    return call() if levels <= 0 else _deeper(call, levels - 1)
