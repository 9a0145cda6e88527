"""Where a session stands: derived from its evidence and the clock by one ranked table, with the reason.

The table, first match wins:

1. the process is gone, or the conversation was ended           -> ended
2. a request is open                                            -> needs approval, needs answer
3. the agent says it waits                                      -> needs approval, needs answer; your turn for a menu
4. the agent says a turn runs, or a subagent of it runs          -> working
5. the agent says only a background task runs                   -> scheduled
6. the last turn failed                                         -> failed
7. the agent rests: nobody looked yet, and files changed         -> needs review
8.                  nobody looked yet                            -> your turn
9.                  somebody looked, or no turn was ever taken   -> idle
10. nothing credible is known, or sources contradict one another -> unknown

Live state that the agent itself keeps outranks a hook or a transcript line that is older than it; that it rests it has
to say again soon after a turn began.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from desktop.domain.record import dataclass
from desktop.domain.requests import RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Launch, Session, Source


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


# Without live state, a turn of which nothing was heard for this long is not known to run: models think for minutes,
# builds take more, but a session that died without a trace must not be "working" for ever.
SILENCE_LIMIT = timedelta(minutes=10)
# A tool call without a result is a hint that somebody is asked, no more: most calls that take longer simply run.
MAYBE_WAITING_AFTER = timedelta(seconds=15)
# Where the record of a call hints that somebody is asked: long enough for a call that needs nobody after all to end.
HINT_SETTLES = timedelta(seconds=0.5)
# For its first 0.2 s an agent's live state says nothing yet, and its process is found within a second; on two
# processors with seven agents at work both took three.
STARTING = timedelta(seconds=5)
# An agent that tells of its start is heard of once its prompt is there: after 2 to 8 s, on a busy machine 25.
STARTING_UNHEARD = timedelta(seconds=30)

# An agent that loads much as it takes its first prompt said for 2 to 5 s after it that it rests.
REST_SAID_AGAIN_WITHIN = timedelta(seconds=5)

# What a reason ends in where the agent itself does not keep word of where it stands.
_AS_WRITTEN = " (as far as its conversation file tells)"

# Between our answer and the agent's next word in its live state: 0.1 to 0.3 s were seen.
ANSWER_SETTLES = timedelta(seconds=3)


def is_just_answered(session: Session, waiting: Evidence, now: datetime) -> bool:
    """Whether *waiting* is an old word about a dialog that was answered from here a moment ago."""
    answered_at = session.answered_at
    return answered_at is not None and waiting.at <= answered_at and now < answered_at + ANSWER_SETTLES


def resolve(session: Session, now: datetime) -> Standing:
    """Say where *session* stands at *now*."""
    if session.ended_at is not None:
        return Standing(Phase.ENDED, session.ended_why or "its process ended", session.ended_at)
    if session.requests:
        return _asking(session)
    live = _live(session, now)
    if live is None:
        return _without_live_state(session, now)
    if live.claim.is_waiting and is_just_answered(session, live, now) and session.answered_at is not None:
        return Standing(
            Phase.WORKING, "it was just answered", session.answered_at, session.answered_at + ANSWER_SETTLES
        )
    match live.claim:
        case Claim.WAITING_ANSWER:
            return Standing(Phase.NEEDS_ANSWER, _waits_for(Phase.NEEDS_ANSWER), live.at)
        case Claim.WAITING_APPROVAL:
            return Standing(Phase.NEEDS_APPROVAL, _waits_for(Phase.NEEDS_APPROVAL), live.at)
        case Claim.WAITING:
            # A menu, opened there by the person: it blocks the agent, but whoever opened it knows.
            return Standing(Phase.YOUR_TURN, "a menu or a dialog is open in its terminal", live.at)
        case Claim.WORKING:
            return Standing(Phase.WORKING, "a turn is running", _turn_start(session) or live.at)
        case Claim.BACKGROUND if not session.subagents:
            return Standing(
                Phase.SCHEDULED, "the turn is over, a background task of it still runs", _turn_end(session) or live.at
            )
        case _ if session.subagents:
            helper = session.subagents[0]
            return Standing(Phase.WORKING, f"its subagent still runs: {helper.role or helper.id}", helper.started_at)
        case _:
            return _begun_since(session, live, now) or _at_rest(session, live)


def _begun_since(session: Session, resting: Evidence, now: datetime) -> Standing | None:
    """The turn that began just now, of which the agent's own word is not yet there; None for any other."""
    turn = session.turn
    if turn is None or turn.finished_at is not None or turn.started_at <= resting.at:
        return None
    until = turn.started_at + REST_SAID_AGAIN_WITHIN
    return Standing(Phase.WORKING, f"a turn is running{_AS_WRITTEN}", turn.started_at, until) if now < until else None


def _asking(session: Session) -> Standing:
    request = session.requests[0]
    where = "here or in its terminal" if request.is_answerable else "in its terminal"
    if request.is_answerable and request.hides_prompt and not request.subagent_id:
        where = "here; its terminal asks only once it is let go, which is soon"
    if request.is_answerable and session.launch is Launch.HERE:
        where = "here"
    who = f"its subagent {request.subagent}" if request.subagent else "it"
    wants = request.summary or "waits"
    opened = min(item.opened_at for item in session.requests)
    is_question = request.kind in (RequestKind.QUESTION, RequestKind.ELICITATION)
    phase = Phase.NEEDS_ANSWER if is_question else Phase.NEEDS_APPROVAL
    return Standing(phase, f"{who} {wants}; can be answered {where}", opened)


# Several processes may carry one conversation; the most urgent word counts.
_URGENCY_OF_CLAIM = {
    Claim.WAITING_APPROVAL: 0,
    Claim.WAITING: 1,
    Claim.WAITING_ANSWER: 2,
    Claim.WORKING: 3,
    Claim.BACKGROUND: 4,
    Claim.RESTING: 5,
}


def _live(session: Session, now: datetime) -> Evidence | None:
    said = [item for item in session.live_words if item.is_fresh(now) and item.claim in _URGENCY_OF_CLAIM]
    return min(said, key=lambda item: _URGENCY_OF_CLAIM[item.claim], default=None)


def _at_rest(session: Session, live: Evidence | None) -> Standing:
    turn = session.turn
    if turn is None:
        since = live.at if live is not None else session.seen_first_at
        return Standing(Phase.IDLE, "no prompt was given yet", since)
    finished_at = turn.finished_at or (max(live.at, turn.started_at) if live is not None else turn.started_at)
    if turn.ending is Ending.FAILED:
        return Standing(Phase.FAILED, turn.error or "the turn failed", finished_at)
    if turn.ending is Ending.INTERRUPTED:
        return Standing(Phase.IDLE, "the turn was interrupted by the person", finished_at)
    if session.seen_at is not None and session.seen_at >= finished_at:
        return Standing(Phase.IDLE, "the turn is over, and you have looked", finished_at)
    if turn.changed_files:
        count = len(turn.changed_files)
        files = "1 file" if count == 1 else f"{count} files"
        return Standing(Phase.NEEDS_REVIEW, f"the turn is over and changed {files}", finished_at)
    return Standing(Phase.YOUR_TURN, "the turn is over and changed no file", finished_at)


def _without_live_state(session: Session, now: datetime) -> Standing:
    """Hooks, transcript and process are all there is; the reason says so."""
    fresh = [item for item in session.evidence if item.is_fresh(now)]
    hook = max((item for item in fresh if item.source is Source.HOOK), key=lambda item: item.at, default=None)
    alive = any(item.source in (Source.PROCESS, Source.LIVE_STATE) and item.claim is not Claim.GONE for item in fresh)
    # A word of the agent's about waiting holds until something happens after it.
    if hook is not None and hook.claim.is_waiting and (session.active_at is None or session.active_at <= hook.at):
        phase = Phase.NEEDS_ANSWER if hook.claim is Claim.WAITING_ANSWER else Phase.NEEDS_APPROVAL
        again = hook.at + hook.ttl if hook.ttl is not None else None
        return Standing(phase, _waits_for(phase), hook.at, again)
    if not session.evidence and now < session.seen_first_at + STARTING:
        return _announced(session)
    if not alive and hook is None:
        return Standing(Phase.UNKNOWN, "no running process of it was found", session.active_at or session.seen_first_at)
    lost = next((item for item in fresh if item.source is Source.SERVER), None)
    if lost is not None and (session.turn is None or session.turn.finished_at is None):
        return Standing(Phase.UNKNOWN, lost.detail, lost.at)
    if session.turn is None:
        resting = next((item for item in fresh if item.claim is Claim.RESTING), None)
        if resting is not None:
            return Standing(Phase.IDLE, resting.detail, session.seen_first_at)
        started_by = max((_started_by(item) for item in fresh if item.claim is Claim.SILENT), default=None)
        if started_by is not None and now < started_by:
            return Standing(Phase.IDLE, "it is starting", session.seen_first_at, started_by)
        return Standing(Phase.UNKNOWN, "its process runs, but nothing tells what it does", session.seen_first_at)
    if session.turn.finished_at is not None:
        standing = _at_rest(session, None)
        return Standing(standing.phase, f"{standing.reason}{_AS_WRITTEN}", standing.since)
    would_ask = hook is not None and hook.claim is Claim.WORKING and hook.at >= session.turn.started_at
    return _in_turn(session, session.turn.started_at, now, is_guessing=not would_ask)


def _started_by(silence: Evidence) -> datetime:
    return silence.at + (STARTING_UNHEARD if silence.source is Source.PROCESS else STARTING)


def _waits_for(phase: Phase) -> str:
    return "it asks you something" if phase is Phase.NEEDS_ANSWER else "it asks for your approval"


def _announced(session: Session) -> Standing:
    """Its hook told of it before its process was found."""
    again = session.seen_first_at + STARTING
    turn = session.turn
    if turn is not None and turn.finished_at is None:
        return Standing(Phase.WORKING, "a turn is running (its process was not found yet)", turn.started_at, again)
    return Standing(Phase.IDLE, "it is starting", session.seen_first_at, again)


def _in_turn(session: Session, started_at: datetime, now: datetime, *, is_guessing: bool) -> Standing:
    """*is_guessing*: nothing but the log would tell that a call waits for the person."""
    active_at = max(session.active_at or started_at, started_at)
    open_call = next(iter(session.calls), None) if is_guessing else None
    suspect_at = None
    if open_call is not None:
        is_answered = session.answered_at is not None and session.answered_at >= open_call.at
        is_hinted = bool(open_call.hint) and not is_answered
        suspect_at = open_call.at + (HINT_SETTLES if is_hinted else MAYBE_WAITING_AFTER)
        if now >= suspect_at:
            what = open_call.hint if is_hinted else f"its use of {open_call.tool} has no result yet"
            return Standing(Phase.UNKNOWN, f"it may be waiting for you: {what}{_AS_WRITTEN}", open_call.at)
    silent_at = active_at + SILENCE_LIMIT
    if now >= silent_at:
        return Standing(Phase.UNKNOWN, "a turn began and nothing was heard of it since", active_at)
    again = silent_at if suspect_at is None else min(silent_at, suspect_at)
    return Standing(Phase.WORKING, f"a turn is running{_AS_WRITTEN}", started_at, again)


def _turn_start(session: Session) -> datetime | None:
    turn = session.turn
    return turn.started_at if turn is not None and turn.finished_at is None else None


def _turn_end(session: Session) -> datetime | None:
    return session.turn.finished_at if session.turn is not None else None
