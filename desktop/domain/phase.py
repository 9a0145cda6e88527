"""Where a session stands: derived from its evidence and the clock by one ranked table, with the reason.

The table, first match wins:

1. the process is gone, or the conversation was ended           -> ended
2. a request is open                                            -> needs approval, needs answer
3. the agent says it waits                                      -> needs approval, needs answer
4. the agent says a turn runs, or a subagent of it runs          -> working
5. the agent says only a background task runs                   -> scheduled
6. the last turn failed                                         -> failed
7. the agent rests: nobody looked yet, and files changed         -> needs review
8.                  nobody looked yet                            -> your turn
9.                  somebody looked, or no turn was ever taken   -> idle
10. nothing credible is known, or sources contradict one another -> unknown

Live state that the agent itself keeps outranks a hook or a transcript line that is older than it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from desktop.domain.requests import RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Session, Source


class Phase(StrEnum):
    """Where a session stands now, most urgent first."""

    NEEDS_APPROVAL = "needs approval"
    NEEDS_ANSWER = "needs answer"
    FAILED = "failed"
    WASTING_TIME = "wasting time"
    NEEDS_REVIEW = "needs review"
    YOUR_TURN = "your turn"
    WORKING = "working"
    SCHEDULED = "scheduled"
    UNKNOWN = "unknown"
    IDLE = "idle"
    ENDED = "ended"

    @property
    def needs_person(self) -> bool:
        """Whether the session stands still until a person acts."""
        return self in (Phase.NEEDS_APPROVAL, Phase.NEEDS_ANSWER, Phase.FAILED)

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _RANKS[self]


_RANKS = {phase: rank for rank, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A phase, why, since when, and when to look again without any news."""

    phase: Phase
    reason: str
    since: datetime
    look_again_at: datetime | None = None
