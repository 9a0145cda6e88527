"""What sessions asked a while ago, so that a person who read it then need only read what is different now.

Kept in memory alone, and little of it.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import timedelta

from desktop.domain.board import Previous
from desktop.domain.clock_jump import moved
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.requests import Request, RequestKind
from desktop.domain.session import Session
from desktop.domain.turns import SAME_MOMENT
from desktop.formats import changes

REMEMBERED_SESSIONS = 64
REMEMBERED_REQUESTS = 8  # a session
# Below this half of the words are others, and a difference tells less than the text itself.
ALIKE = 0.5

_COMPARED = (RequestKind.PERMISSION, RequestKind.PLAN)


class Asked:
    """Remembers the last requests of each session."""

    def __init__(self) -> None:
        self._memories: OrderedDict[SessionId, _Memory] = OrderedDict()

    def before(self, session: Session) -> tuple[Previous, ...]:
        """What *session* asked before each of its requests, where there is something to compare it with."""
        requests = [request for request in session.requests if _can_be_compared(request)]
        if not requests:
            return ()
        memory = self._memories.setdefault(session.id, _Memory())
        self._memories.move_to_end(session.id)
        while len(self._memories) > REMEMBERED_SESSIONS:
            self._memories.popitem(last=False)
        return memory.before(requests)

    def move_clock(self, by: timedelta) -> None:
        """Go with a clock that was set."""
        for memory in self._memories.values():
            memory.move_clock(by)

    def forget(self, session: SessionId) -> None:
        """Forget what a session asked."""
        self._memories.pop(session, None)


class _Memory:
    def __init__(self) -> None:
        self._asked: deque[Request] = deque(maxlen=REMEMBERED_REQUESTS)
        self._previous: dict[RequestId, Previous | None] = {}

    def before(self, requests: Iterable[Request]) -> tuple[Previous, ...]:
        found = {}
        for request in requests:
            if request.id in self._previous:
                found[request.id] = self._previous[request.id]
            else:
                found[request.id] = self._find(request)
                self._asked.append(request)
        self._previous = found  # of what is closed nobody asks any more
        return tuple(previous for previous in found.values() if previous is not None)

    def move_clock(self, by: timedelta) -> None:
        self._asked = deque((moved(request, by) for request in self._asked), maxlen=REMEMBERED_REQUESTS)

    def _find(self, request: Request) -> Previous | None:
        best, likeness = None, ALIKE
        for known in list(self._asked):
            if (known.tool, known.kind) != (request.tool, request.kind):
                continue
            if known.text == request.text and abs(known.opened_at - request.opened_at) < SAME_MOMENT:
                # One dialog, seen in the transcript and then told of by the hook: it does not precede itself.
                self._asked.remove(known)
                continue
            alike = _likeness(known, request)
            if alike >= likeness:  # of equal ones the latest
                best, likeness = known, alike
        return Previous(request.id, best.text, best.opened_at) if best is not None else None


def _can_be_compared(request: Request) -> bool:
    return request.kind in _COMPARED and 0 < len(request.text) <= changes.LONGEST


def _likeness(known: Request, request: Request) -> float:
    if known.text == request.text:
        return 2.0
    # What writes shows a difference itself, and the difference of two differences is a riddle.
    return 0.0 if known.writes or request.writes else changes.likeness(known.text, request.text)
