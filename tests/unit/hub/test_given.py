"""What a person gave to a session comes back with it; the stories of the hub tell how it is given."""

from desktop.domain import reducer
from desktop.domain.ids import SessionId
from desktop.hub.given import Given
from tests.helpers.story import SESSION, at

OTHER = SessionId("example:other")


def test_a_session_that_is_found_again_is_given_all_it_had() -> None:
    given = Given()
    given.remember({SESSION: "Refunds"}, {SESSION: at(5)}, {SESSION: "May"})

    found = given.to_new(reducer.new_session(SESSION, at(9)))

    assert (found.name, found.task, found.seen_at) == ("Refunds", "May", at(5))
    other = given.to_new(reducer.new_session(OTHER, at(9)))
    assert (other.names, other.task, other.seen_at) == ((), "", None)


def test_what_is_given_now_is_remembered() -> None:
    given, session = Given(), reducer.new_session(SESSION, at(0))

    given.see(given.assign(given.name(session, "Refunds"), "May"), at(7))

    again = given.to_new(reducer.new_session(SESSION, at(9)))
    assert (again.name, again.task, again.seen_at) == ("Refunds", "May", at(7))
    assert given.name(again, "").names == ()


def test_sessions_of_a_task_are_moved_whether_they_run_or_not() -> None:
    given = Given()
    given.remember({}, {}, {SESSION: "May", OTHER: "June"})

    assert given.in_task("May") == [SESSION]
    given.move(SESSION, "Spring")

    assert given.in_task("May") == []
    assert given.in_task("Spring") == [SESSION]
