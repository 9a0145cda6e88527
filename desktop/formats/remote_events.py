"""What the hooks of another host tell, made such that nothing of it is taken for something of this one.

Its sessions have ids of their own; its processes, panes, sockets and files are nothing here, and are left out.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from desktop.domain.events import (
    CommandStarted,
    Event,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    RecordsSkipped,
    RequestOpened,
    SessionDescribed,
    TerminalSeen,
)
from desktop.domain.ids import SessionId
from desktop.domain.session import Claim, Evidence, Source

# No process of it can be seen end from here. Whoever leaves a session alone for longer finds it as not known.
BELIEVED_FOR = timedelta(hours=12)

# What a remote can be called: it becomes part of a path, and is shown beside its sessions.
HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")


def session_on(session: SessionId, host: str) -> SessionId:
    """The id under which a session of *host* is known here."""
    return SessionId(f"{session}@{host}")


def from_host(events: Iterable[Event], host: str) -> list[Event]:
    """Make *events* those of *host*."""
    made: list[Event] = []
    for event in events:
        match event:
            case HealthReported() | ProcessEnded() | CommandStarted() | RecordsSkipped() | TerminalSeen():
                continue  # of this machine alone
            case RequestOpened(request=request):
                made.append(RequestOpened(replace(request, session=session_on(request.session, host))))
            case SessionDescribed(session=session, at=at):
                there = session_on(session, host)
                made.append(
                    replace(
                        event, session=there, host=host, pid=None, home=None, transcript=None, pane=None, inbox=None
                    )
                )
                said = f"its hook on {host} said so"
                alive = Evidence(Source.PROCESS, Claim.ALIVE, at, said, origin=f"@{host}", ttl=BELIEVED_FOR)
                made.append(EvidenceGiven(there, alive))
            case _:
                moved: Any = replace(event, session=session_on(event.session, host))
                made.append(moved)
    return made
