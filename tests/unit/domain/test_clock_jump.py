"""Every stamp of a record moves, however deep it lies, and nothing else."""

from dataclasses import replace
from datetime import timedelta

from desktop.domain.clock_jump import moved
from desktop.domain.session import Claim, Evidence, Session, Source, Turn
from tests.helpers.story import KIND, SESSION, at, permission

HOUR = timedelta(hours=1)


def test_every_time_in_a_session_moves() -> None:
    session = Session(
        SESSION,
        KIND,
        at(0),
        evidence=(Evidence(Source.HOOK, Claim.ALIVE, at(1), ttl=timedelta(seconds=5)),),
        requests=(replace(permission(seconds=2), answer_by=at(3)),),
        turn=Turn(at(4)),
        ended_at=at(5),
        cwd="/home/dev/shop",
    )

    after = moved(session, HOUR)

    assert after.seen_first_at == at(3600)
    assert (after.evidence[0].at, after.evidence[0].ttl) == (at(3601), timedelta(seconds=5))
    assert (after.requests[0].opened_at, after.requests[0].answer_by) == (at(3602), at(3603))
    assert after.turn == Turn(at(3604))
    assert after.ended_at == at(3605)
    assert moved(after, -HOUR) == session


def test_what_holds_no_time_is_the_same_object() -> None:
    question = permission().questions

    assert moved(question, HOUR) == ()
    assert moved(Session, HOUR) is Session
