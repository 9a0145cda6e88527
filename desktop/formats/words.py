"""What the surfaces say in words: ages, counts and headings. Ours alone: agent-supplied text never passes here."""

from datetime import datetime, timedelta
from typing import assert_never

from desktop.domain.board import Board, Row
from desktop.domain.phase import Phase
from desktop.domain.session import Source

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# Seconds are told one by one only while they matter; a clock that ticks beside the work is a distraction.
_EXACT_SECONDS = 15
_SECOND_STEP = 5

SEPARATOR = " · "
# More do not fit beside the buttons of a window 420 wide.
_SUBLINE_PARTS = 3


def age(delta: timedelta) -> str:
    """How long, as people say it: "12 s", "4 min", "2 h", "yesterday", "3 days"."""
    if delta < _MINUTE:
        seconds = max(0, int(delta.total_seconds()))
        return f"{seconds if seconds < _EXACT_SECONDS else seconds - seconds % _SECOND_STEP} s"
    return _long_age(delta)


def coarse_age(delta: timedelta) -> str:
    """The same without seconds, for what is read rarely and changes at most once a minute."""
    return "under 1 min" if delta < _MINUTE else _long_age(delta)


def moment(at: datetime, today: datetime) -> str:
    """When it was, both in the person's own time: "12:04", or "5 May, 12:04" on another day."""
    return f"{at:%H:%M}" if at.date() == today.date() else f"{at.day} {at:%b}, {at:%H:%M}"


def until_next_age(delta: timedelta) -> timedelta:
    """How long `age` stays as it is."""
    if delta < timedelta(0):
        return timedelta(seconds=1)
    if delta < timedelta(seconds=_EXACT_SECONDS):
        return _rest(delta, timedelta(seconds=1))
    if delta < _MINUTE:
        return _rest(delta, timedelta(seconds=_SECOND_STEP))
    return until_next_coarse_age(delta)


def until_next_coarse_age(delta: timedelta) -> timedelta:
    """How long `coarse_age` stays as it is."""
    return _rest(max(delta, timedelta(0)), _MINUTE if delta < _HOUR else _HOUR)


def headline(board: Board) -> str:
    """Whether anyone needs the person."""
    match board.needs_you:
        case 0:
            return "Nothing needs you" if board.counts else "No sessions"
        case 1:
            return "1 session needs you"
        case many:
            return f"{many} sessions need you"


def subline(board: Board, now: datetime) -> str:
    """Since when, and what the rest does, as far as a line holds it; empty when there is nothing to say."""
    waits = () if board.oldest_wait is None else (f"oldest {age(now - board.oldest_wait)}",)
    return SEPARATOR.join((*waits, *_other_counts(board))[:_SUBLINE_PARTS])


def tooltip(board: Board, now: datetime) -> str:
    """The state of everything in one line, ages to the minute."""
    if not board.counts:
        return "No sessions"
    need = (
        f"{board.needs_you} need{'s' if board.needs_you == 1 else ''} you" if board.needs_you else "Nothing needs you"
    )
    if board.needs_you and board.oldest_wait is not None:
        need += f", oldest {coarse_age(now - board.oldest_wait)}"
    return "; ".join((need, *_other_counts(board)))


def phase_word(phase: Phase) -> str:
    """The phase as a row or a screen reader tells it."""
    return phase.value[0].upper() + phase.value[1:]


def phase_count(phase: Phase, count: int) -> str:
    """So many sessions in a phase: "3 working"."""
    match phase:
        case Phase.NEEDS_APPROVAL:
            return f"{count} need{'s' if count == 1 else ''} approval"
        case Phase.NEEDS_ANSWER:
            return f"{count} need{'s' if count == 1 else ''} an answer"
        case Phase.FAILED:
            return f"{count} failed"
        case Phase.WASTING_TIME:
            return f"{count} likely wasting time"
        case Phase.NEEDS_REVIEW:
            return f"{count} to review"
        case Phase.YOUR_TURN:
            return f"{count} your turn"
        case Phase.WORKING:
            return f"{count} working"
        case Phase.SCHEDULED:
            return f"{count} scheduled"
        case Phase.UNKNOWN:
            return f"{count} unknown"
        case Phase.IDLE:
            return f"{count} idle"
        case Phase.ENDED:
            return f"{count} ended"
        case _:
            assert_never(phase)


def place(row: Row) -> str:
    """Where a session works: its project, and on which machine if that is another."""
    if not row.host:
        return row.project
    return f"{row.project} on {row.host}" if row.project else f"on {row.host}"


def group_title(phase: Phase) -> str:
    """The heading that sessions in *phase* stand under."""
    if phase.needs_person:  # what the headline, the icon and the tooltip count
        return "Needs you"
    match phase:
        case Phase.WASTING_TIME:
            return "Likely wasting time"
        case Phase.NEEDS_REVIEW:
            return "To review"
        case _:
            return phase_word(phase)


_SOURCES = {
    Source.PROCESS: "its process",
    Source.LIVE_STATE: "its own status file",
    Source.HOOK: "what it reported",
    Source.TRANSCRIPT: "its conversation file",
    Source.PERSON: "you",
}


def source_words(source: Source) -> str:
    """Who says so, as a person who never read our code would call it."""
    return _SOURCES.get(source, source.value)


def _other_counts(board: Board) -> tuple[str, ...]:
    # Working first, as in every headline: what runs is the good news; idle and ended are no news at all.
    told = [phase for phase, _ in board.counts if not phase.needs_person and phase not in (Phase.IDLE, Phase.ENDED)]
    counts = dict(board.counts)
    ordered = sorted(told, key=lambda phase: phase is not Phase.WORKING)
    if ordered or board.needs_you:
        return tuple(phase_count(phase, counts[phase]) for phase in ordered)
    return tuple(phase_count(phase, count) for phase, count in board.counts if phase is Phase.IDLE)


def _long_age(delta: timedelta) -> str:
    if delta < _HOUR:
        return f"{delta // _MINUTE} min"
    if delta < _DAY:
        return f"{delta // _HOUR} h"
    return "yesterday" if delta < 2 * _DAY else f"{delta // _DAY} days"


def _rest(delta: timedelta, step: timedelta) -> timedelta:
    return step - delta % step


def today(blocked: timedelta, interruptions: int) -> str:
    """What the day cost so far; empty while it cost nothing."""
    if not interruptions and blocked < timedelta(minutes=1):
        return ""
    shown = "1 interruption" if interruptions == 1 else f"{interruptions} interruptions"
    minutes = int(blocked.total_seconds() // 60)
    stood = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
    return f"Today  {stood} blocked · {shown}"
