"""The turns of a session: when one begins, goes on and ends, and what it changed. Requests are none of its business."""

from datetime import datetime, timedelta

from desktop.domain.events import FilesChanged, TurnFinished, TurnStarted
from desktop.domain.record import replace
from desktop.domain.session import Ending, Session, Source, Turn

# Hook and transcript tell of one moment up to this far apart: the transcript is written in batches.
SAME_MOMENT = timedelta(seconds=2)


def started(session: Session, event: TurnStarted) -> Session:
    """A turn begins, or is told of once more; old news changes nothing."""
    turn = session.turn
    if turn is not None and event.at - turn.started_at < SAME_MOMENT and turn.finished_at is None:
        return _told_again(active(session, event.at), turn, event)
    if turn is not None and event.at <= (turn.finished_at or turn.started_at):
        return session
    unseen = turn is not None and turn.finished_at is not None and not event.prompt and not is_seen(session)
    changed = turn.changed_files if unseen and turn is not None else ()
    return replace(
        active(session, event.at),
        turn=Turn(started_at=event.at, changed_files=changed, earlier_files=changed),
        seen_at=max(event.at, session.seen_at or event.at) if event.prompt else session.seen_at,
        calls=tuple(call for call in session.calls if call.at >= event.at),
        activity="",
        last_words="",
        notice="",
    )


def is_seen(session: Session) -> bool:
    """Whether the person looked at the session since its last turn ended."""
    finished = session.turn.finished_at if session.turn is not None else None
    return finished is None or (session.seen_at is not None and session.seen_at >= finished)


def _told_again(session: Session, turn: Turn, event: TurnStarted) -> Session:
    """Another source tells of the same begin; where that was a prompt, the person was there after what came before."""
    if not event.prompt or not turn.earlier_files:
        return session
    own = tuple(path for path in turn.changed_files if path not in turn.earlier_files)
    return replace(session, turn=replace(turn, changed_files=own, earlier_files=()))


def finished(session: Session, event: TurnFinished) -> Session:
    """A turn is over, as far as one source tells."""
    turn = session.turn or Turn(started_at=event.at)
    if event.at < turn.started_at:
        return session
    ending, error = event.ending, event.error
    finished_at, is_hook_awaited = event.at, False
    if turn.finished_at is not None and not turn.is_hook_awaited:
        finished_at = turn.finished_at
        if turn.ending in (Ending.FAILED, Ending.INTERRUPTED) and event.ending is Ending.FINISHED:
            ending, error = turn.ending, turn.error  # the plain end of a turn that we know more of
    elif event.hook_tells_too and _hook_told_of(session, turn):
        ending, is_hook_awaited = Ending.INTERRUPTED, True
    session = replace(
        active(session, event.at),
        turn=replace(
            turn,
            finished_at=finished_at,
            ending=ending,
            error=error or turn.error,
            is_hook_awaited=is_hook_awaited,
        ),
        calls=(),
        activity="",
        last_words=event.last_words or session.last_words,
    )
    if ending is Ending.INTERRUPTED and not is_hook_awaited:
        # Only a person interrupts, and that person sits before it.
        session = replace(session, seen_at=max(finished_at, session.seen_at or finished_at))
    return session


def _hook_told_of(session: Session, turn: Turn) -> bool:
    """Whether the agent's hook told of *turn*, and so would tell of its end."""
    since = turn.started_at - SAME_MOMENT
    return any(item.source is Source.HOOK and item.at >= since for item in session.evidence)


def at_work(session: Session, at: datetime) -> Session:
    """A call begins: where some words of the agent's were taken for its last, the turn goes on after all."""
    turn = session.turn
    if turn is not None and turn.ending is Ending.FINISHED and turn.finished_at is not None and turn.finished_at < at:
        session = replace(session, turn=replace(turn, finished_at=None, ending=None))
    return active(session, at)


def files_changed(session: Session, event: FilesChanged) -> Session:
    """The turn changed files; those of a turn before it are old news."""
    turn = session.turn or Turn(started_at=event.at)
    if event.at < turn.started_at - SAME_MOMENT:
        return session
    changed = dict.fromkeys((*turn.changed_files, *event.paths))
    return replace(active(session, event.at), turn=replace(turn, changed_files=tuple(changed)))


def active(session: Session, at: datetime, text: str = "") -> Session:
    """Something was heard of it."""
    latest = at if session.active_at is None else max(at, session.active_at)
    return replace(session, active_at=latest, activity=text or session.activity)
