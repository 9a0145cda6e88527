"""An agent that asks several things at once, or is heard of by two ways."""

from dataclasses import replace

from desktop.domain import reducer
from desktop.domain.events import RequestClosed, RequestOpened
from desktop.domain.requests import Reach, Request
from desktop.domain.session import Session
from tests.helpers.story import SESSION, at, permission


def asked(*requests: Request) -> Session:
    known = reducer.new_session(SESSION, at(0))
    for request in requests:
        known = reducer.reduce(known, RequestOpened(request)).session
    return known


def parallel(name: str, seconds: float = 0.0, reach: Reach = Reach.HOOK) -> Request:
    return replace(permission(name, seconds, reach=reach), is_parallel=True)


def test_a_second_request_leaves_the_first_open() -> None:
    known = asked(parallel("r1"), parallel("r2", 1))

    assert [request.id for request in known.requests] == ["r1", "r2"]


def test_each_is_closed_by_its_own_name() -> None:
    known = asked(parallel("r1"), parallel("r2", 1))

    change = reducer.reduce(known, RequestClosed(SESSION, parallel("r1").id, at(2), "answered in the terminal"))

    assert [request.id for request in change.session.requests] == ["r2"]


def test_a_dialog_that_stands_alone_still_takes_the_place_of_the_last() -> None:
    known = asked(parallel("r1"), permission("r2", 1))

    assert [request.id for request in known.requests] == ["r2"]


def test_a_request_told_of_by_two_ways_keeps_the_way_it_came_first() -> None:
    known = asked(parallel("r1"), replace(parallel("r1", 1), digest="another way"))

    assert [request.digest for request in known.requests] == ["digest of r1"]


def test_a_request_that_can_be_answered_again_is_taken_up_again_and_not_closed() -> None:
    known = asked(parallel("r1", reach=Reach.TERMINAL))

    change = reducer.reduce(known, RequestOpened(parallel("r1", 1)))

    assert [request.reach for request in change.session.requests] == [Reach.HOOK]
    assert change.closures == ()
