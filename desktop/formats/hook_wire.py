"""What is said on our socket: one header line and a payload in, short lines out.

No verb of this language answers a request: a reply goes only down the connection that asked, and begins in the tray.
"""

import hashlib
import re
from enum import StrEnum

from desktop.domain.record import dataclass

LONGEST_HEADER = 128
LARGEST_CALL = 1 << 20  # as in the relay
LARGEST_PROPOSAL = 64 << 10  # a prompt that a person typed
LARGEST_QUERY = 4096  # all else carries nothing of size

HOLD = b"hold\n"  # a person may answer this call: stay
DONE = b"done\n"  # nothing is to be printed: go
BEAT = b"\n"  # we live, and the person can still answer
SAID = b"said\n"  # the relay printed what we said

_HEADER = re.compile(rb"AT1 ([a-z]{1,16}) ([A-Za-z0-9_.:@-]{1,80}) ([0-9]{1,8})")


class Verb(StrEnum):
    """What a client may ask for."""

    HOOK = "hook"
    STATUS = "status"
    WATCH = "watch"
    RAISE = "raise"
    HELLO = "hello"
    PROPOSE = "propose"  # a session to begin: shown to the person, who begins it or not


_LARGEST = {Verb.HOOK: LARGEST_CALL, Verb.PROPOSE: LARGEST_PROPOSAL}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a client; *argument* is ``-`` where the verb takes none."""

    verb: Verb
    argument: str
    length: int


def parse_header(line: bytes) -> Header | None:
    """Read a header line without its newline; None for anything that is not ours to serve."""
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    try:
        verb = Verb(match[1].decode("ascii"))
    except ValueError:
        return None
    length = int(match[3])
    if length > _LARGEST.get(verb, LARGEST_QUERY):
        return None
    return Header(verb, match[2].decode("ascii"), length)


def header(verb: Verb, argument: str = "-", length: int = 0) -> bytes:
    """Write a header line."""
    return f"AT1 {verb} {argument} {length}\n".encode("ascii")


def say(payload: bytes, stdout: bytes) -> bytes:
    """Tell the relay what to print, if its own input is *payload*."""
    return b"say %s %d\n%s" % (hashlib.sha256(payload).hexdigest().encode(), len(stdout), stdout)
