"""Logs of agents that a person described: what each line means, by the person's own expressions.

The expressions are RE2's, which needs no backtracking: no expression and no line can make it hang, and what would need
backtracking is refused when it is read.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from desktop.domain.events import ActivitySeen, Event, RequestClosed, RequestOpened, TurnFinished, TurnStarted
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.record import dataclass
from desktop.domain.requests import Request, RequestKind
from desktop.domain.session import Ending
from desktop.domain.settings import DescribedAgent
from desktop.formats import text
from desktop.formats.foreign_json import parse_object

# What a line means is said at its beginning; the rest may be a whole file.
LONGEST_LINE = 64 * 1024
LONGEST_EXPRESSION = 500
MOST_EXPRESSIONS = 50
# Enough for any expression a person writes; RE2 refuses what would need more.
_MOST_MEMORY = 1 << 20
_TEXT_LIMIT = 4000
_STAMP = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?")
ANSWER_THERE = "Answer it in its terminal: only its log is known."


class Sort(StrEnum):
    """What a line tells, the most urgent first: of several that fit, the first is meant."""

    FAILED = "failed"
    QUESTION = "question"
    WAITING = "waiting"
    DONE = "done"
    WORKING = "working"


class BadDescription(Exception):
    """A description cannot be used; the text says which part, why, and what helps."""


class Expression(Protocol):
    """A compiled expression."""

    def search(self, text: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """A description, ready for use."""

    json_field: tuple[str, ...]
    text_field: tuple[str, ...]
    expressions: tuple[tuple[Sort, Expression], ...]


def rules_of(described: DescribedAgent) -> Rules:
    """Make a description ready, or raise BadDescription."""
    compiled = []
    for sort in Sort:
        expressions: Sequence[str] = getattr(described, sort)
        if len(expressions) > MOST_EXPRESSIONS:
            raise BadDescription(f"{sort}: more than {MOST_EXPRESSIONS} expressions. Put some together with |.")
        compiled += [(sort, _compiled(expression, sort)) for expression in expressions]
    return Rules(_path(described.json_field), _path(described.text_field), tuple(compiled))


def _compiled(expression: str, sort: Sort) -> Expression:
    import re2  # 25 ms and 6 MB, and only who describes an agent needs it

    shown = text.one_line(expression, 60)
    if not expression.strip():
        raise BadDescription(f"{sort}: an empty expression fits every line. Remove it.")
    if len(expression) > LONGEST_EXPRESSION:
        raise BadDescription(f"{sort}: {shown!r} is longer than {LONGEST_EXPRESSION} letters. Shorten it.")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        made: Expression = re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        why = text.one_line(said.decode(errors="replace") if isinstance(said, bytes) else str(said), 200)
        raise BadDescription(
            f"{sort}: {shown!r} is refused ({why}). Look-around and back references are not possible: they can hang."
        ) from None
    if made.search("") is not None:
        raise BadDescription(f"{sort}: {shown!r} fits every line, even an empty one. Say more of what it must hold.")
    return made


def _path(field: str) -> tuple[str, ...]:
    return tuple(part for part in field.split(".") if part)


def recognised(rules: Rules, line: bytes) -> tuple[Sort | None, str]:
    """What *line* tells, if anything, and the text to show of it (not cleaned)."""
    if rules.json_field or rules.text_field:
        fields = parse_object(line)
        if fields is None:
            return None, ""
        whole = line[:LONGEST_LINE].decode(errors="replace")
        said = _value(fields, rules.json_field) if rules.json_field else whole
        shown = _value(fields, rules.text_field) if rules.text_field else said
    else:
        said = shown = line[:LONGEST_LINE].decode(errors="replace")
    said = said[:LONGEST_LINE]
    for sort, expression in rules.expressions:
        if said and expression.search(said) is not None:
            return sort, shown[:_TEXT_LIMIT]
    return None, shown[:_TEXT_LIMIT]


def _value(fields: object, path: tuple[str, ...]) -> str:
    found: object = fields
    for part in path:
        match found:
            case dict():
                found = found.get(part)
            case list() if part.isascii() and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            case _:
                return ""
    match found:
        case str():
            return found
        case bool():
            return "true" if found else "false"
        case int() | float():
            return str(found)
        case _:
            return ""


class DescribedLog:
    """Reads one log of an agent that a person described."""

    def __init__(self, session: SessionId, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._rules = rules
        self._clock = clock
        self._open: RequestId | None = None
        self._is_working = False
        self._is_decided = False
        self._count = 0

    @property
    def is_decided(self) -> bool:
        """Whether a line that means something was read."""
        return self._is_decided

    @property
    def skipped(self) -> int:
        """None: a line that means nothing to the person's expressions is no fault."""
        return 0

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log."""
        events = [event for line in log[top:].split(b"\n") if line for event in self.feed(line)]
        return events if self._is_decided or is_last_try else None

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        self._count += 1
        sort, shown = recognised(self._rules, line)
        if sort is None:
            return []
        self._is_decided = True
        return list(self._news(sort, shown, _stamp(line) or self._clock(), line))

    def _news(self, sort: Sort, shown: str, at: datetime, line: bytes) -> Iterator[Event]:
        if self._open is not None:
            yield RequestClosed(self._session, self._open, at, "it went on")
            self._open = None
        if sort in (Sort.DONE, Sort.FAILED):
            self._is_working = False
            if sort is Sort.FAILED:
                yield TurnFinished(self._session, at, Ending.FAILED, error=text.one_line(shown))
            else:
                yield TurnFinished(self._session, at, last_words=text.clean(shown))
            return
        if not self._is_working:
            self._is_working = True
            yield TurnStarted(self._session, at)
        if sort is Sort.WORKING:
            yield ActivitySeen(self._session, at, text.one_line(shown))
            return
        request = self._request(sort, shown, at, line)
        self._open = request.id
        yield RequestOpened(request)

    def _request(self, sort: Sort, shown: str, at: datetime, line: bytes) -> Request:
        digest = hashlib.sha256(f"{self._session}\0{self._count}\0".encode(errors="replace") + line).hexdigest()
        is_question = sort is Sort.QUESTION
        return Request(
            id=RequestId(digest[:32]),
            session=self._session,
            kind=RequestKind.ELICITATION if is_question else RequestKind.PERMISSION,
            opened_at=at,
            text=shown,
            summary="asks a question" if is_question else "waits for your approval",
            digest=digest,
            why_not=ANSWER_THERE,
        )


def _stamp(line: bytes) -> datetime | None:
    """The first date and time in a line; one without zone is local time, as people's logs have it."""
    found = _STAMP.search(line[:500])
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[0].decode().replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
