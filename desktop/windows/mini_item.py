"""What the mini window shows of all that waits: one thing, the oldest request first, and that until it is gone."""

from datetime import datetime

from desktop.domain.board import Board, Row
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.domain.requests import Question, Request, RequestKind
from desktop.formats import text

# What fits in one line of the card beside "Reply…"; a label that is cut cannot be chosen by what it says.
MOST_OPTIONS = 3
LONGEST_OPTION = 18


@dataclass(frozen=True, slots=True)
class MiniItem:
    """A request, or a session that failed and asks for nothing in particular."""

    row: Row
    request: Request | None

    @property
    def key(self) -> tuple[SessionId, RequestId | None]:
        """What stays the same while the item waits."""
        return self.row.session, None if self.request is None else self.request.id

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return self.row.since if self.request is None else self.request.opened_at

    @property
    def can_deny(self) -> bool:
        """Whether a plain no is an answer to it."""
        return self.request is not None and self.request.kind in (RequestKind.PERMISSION, RequestKind.ELICITATION)

    @property
    def can_reply(self) -> bool:
        """Whether free text is an answer to it."""
        return self._single is not None

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a short single question; empty when they do not fit or are not what they seem."""
        question = self._single
        if question is None or question.is_multiple or not 0 < len(question.choices) <= MOST_OPTIONS:
            return ()
        labels = tuple(choice.label for choice in question.choices)
        are_clear = all(len(label) <= LONGEST_OPTION and text.is_plain(label) for label in labels)
        return labels if are_clear and text.is_plain(question.text) else ()

    @property
    def _single(self) -> Question | None:
        request = self.request
        if request is None or request.kind is not RequestKind.QUESTION or len(request.questions) != 1:
            return None
        return request.questions[0]


def waiting(board: Board) -> tuple[MiniItem, ...]:
    """All that waits for the person: who asks before who failed, and of each the oldest first."""
    items = [
        MiniItem(row, request) for row in board.rows if row.phase.needs_person for request in (row.requests or (None,))
    ]
    return tuple(sorted(items, key=lambda item: (item.row.phase is Phase.FAILED, item.since)))
