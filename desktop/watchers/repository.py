"""Which repository a directory belongs to, and which branch is checked out there: read from git's own small files.

git itself is not asked: it runs what a repository's configuration names, and takes milliseconds.
"""

import os
import re
import time
from collections import OrderedDict
from dataclasses import replace

from desktop.domain.events import Event, SessionDescribed
from desktop.domain.ports import Sink
from desktop.domain.record import dataclass

# Deeper than any working directory; and no link loop leads on for ever.
_MOST_LEVELS = 40
_LARGEST = 4096
_BRANCH = re.compile(r"ref: refs/heads/(\S{1,200})")
# A person changes a branch now and then; one look costs a dozen system calls.
_FRESH_S = 10.0
_MOST_KNOWN = 512


@dataclass(frozen=True, slots=True)
class Checkout:
    """One working tree."""

    repository: str  # the main working tree's directory, the same for all that hang on one repository
    worktree: str  # this one's directory
    branch: str  # empty when none is checked out


def find(directory: str) -> Checkout | None:
    """The working tree that *directory* lies in; None where there is none."""
    if not os.path.isabs(directory):
        return None
    place = os.path.normpath(directory)
    for _ in range(_MOST_LEVELS):
        mark = os.path.join(place, ".git")
        if os.path.isdir(mark):
            return Checkout(place, place, _branch(mark))
        if os.path.isfile(mark):
            return _linked(place, mark)
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above
    return None


def _linked(place: str, mark: str) -> Checkout | None:
    """A worktree or a submodule: a file that says where its own git directory is."""
    said = _read(mark)
    if not said.startswith("gitdir: "):
        return None
    own = os.path.normpath(os.path.join(place, said[len("gitdir: ") :].strip()))
    common = _read(os.path.join(own, "commondir")).strip()
    if not common:  # a submodule is a repository of its own
        return Checkout(place, place, _branch(own))
    shared = os.path.normpath(os.path.join(own, common))
    main = os.path.dirname(shared) if os.path.basename(shared) == ".git" else shared
    return Checkout(main, place, _branch(own))


def _branch(git_directory: str) -> str:
    found = _BRANCH.match(_read(os.path.join(git_directory, "HEAD")))
    return found[1] if found is not None else ""


def _read(path: str) -> str:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read(_LARGEST).decode(errors="replace")
    except OSError:
        return ""


class Located:
    """A sink before the sink: adds to what is said of a session where its directory belongs. For one thread."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._known: OrderedDict[str, tuple[float, Checkout | None]] = OrderedDict()

    def __call__(self, event: Event) -> None:
        """Hand *event* on."""
        if isinstance(event, SessionDescribed) and event.cwd:
            checkout = self._checkout(event.cwd)
            if checkout is not None:
                event = replace(event, repository=checkout.repository, branch=event.branch or checkout.branch or None)
        self._sink(event)

    def _checkout(self, directory: str) -> Checkout | None:
        now = time.monotonic()
        known = self._known.get(directory)
        if known is not None and now - known[0] < _FRESH_S:
            return known[1]
        found = find(directory)
        self._known[directory] = now, found
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found
