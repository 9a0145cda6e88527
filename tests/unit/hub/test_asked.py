"""What a session asked before is kept to compare with, and only as much of it as is of use."""

from dataclasses import replace
from datetime import timedelta

from desktop.domain.board import Previous
from desktop.domain.events import RequestClosed, RequestOpened
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Session
from desktop.formats.changes import LONGEST
from desktop.hub.asked import REMEMBERED_REQUESTS, REMEMBERED_SESSIONS, Asked
from tests.helpers.story import KIND, SESSION, Story, at, permission


def asks(asked: Asked, *requests: Request, session: SessionId = SESSION) -> tuple[Previous, ...]:
    return asked.before(Session(session, KIND, at(0), requests=requests))


def test_a_similar_request_is_compared_with_the_last_one_of_its_tool() -> None:
    asked = Asked()
    assert asks(asked, permission("r1", 10, text="pytest -q tests")) == ()
    assert asks(asked) == ()

    previous = asks(asked, permission("r2", 20, text="pytest -x tests"))

    assert previous == (Previous(RequestId("r2"), "pytest -q tests", at(10)),)


def test_what_was_found_stays_while_the_request_is_open() -> None:
    asked = Asked()
    asks(asked, permission("r1", 10))
    first = asks(asked, permission("r2", 20))

    assert asks(asked, permission("r2", 20)) == first
    assert asks(asked, permission("r2", 20), permission("r3", 30)) == (
        *first,
        Previous(RequestId("r3"), "touch a", at(20)),
    )


def test_an_identical_one_is_preferred_to_a_later_similar_one() -> None:
    asked = Asked()
    asks(asked, permission("r1", 10, text="make all"))
    asks(asked, permission("r2", 20, text="make all fast"))

    assert [item.at for item in asks(asked, permission("r3", 30, text="make all"))] == [at(10)]


def test_other_commands_tools_and_sessions_are_not_compared_with() -> None:
    asked = Asked()
    asks(asked, permission("r1", 10, text="make all"))

    assert asks(asked, permission("r2", 20, text="ls -la /tmp")) == ()
    assert asks(asked, replace(permission("r3", 30, text="make all"), tool="Other")) == ()
    assert asks(asked, permission("r4", 40, text="make all", kind=RequestKind.PLAN)) == ()
    assert asks(asked, permission("r5", 50, text="make all"), session=SessionId("example:two")) == ()


def test_questions_empty_and_giant_texts_are_not_remembered() -> None:
    asked = Asked()
    for text, kind in (("", RequestKind.PERMISSION), ("x" * (LONGEST + 1), RequestKind.PERMISSION)):
        asks(asked, permission("r1", 10, text=text, kind=kind))
        assert asks(asked, permission("r2", 20, text=text, kind=kind)) == ()
    asks(asked, permission("r3", 30, kind=RequestKind.QUESTION))
    assert asks(asked, permission("r4", 40, kind=RequestKind.QUESTION)) == ()


def test_one_dialog_told_of_twice_does_not_precede_itself() -> None:
    asked = Asked()
    asks(asked, permission("older", 1))
    asks(asked, permission("drafted", 10, reach=Reach.TERMINAL))

    assert [item.at for item in asks(asked, permission("hook", 10.1))] == [at(1)]
    assert [item.at for item in asks(asked, permission("again", 60))] == [at(10.1)]


def test_what_writes_is_compared_with_the_identical_alone() -> None:
    asked = Asked()
    edit = replace(permission("w1", 10, text="a.py\n\n-old\n+new"), writes=("a.py",))
    asks(asked, edit)

    assert asks(asked, replace(edit, id=RequestId("w2"), text="a.py\n\n-old\n+newer", opened_at=at(20))) == ()
    assert [item.at for item in asks(asked, replace(edit, id=RequestId("w3"), opened_at=at(30)))] == [at(10)]


def test_no_more_than_so_many_are_remembered() -> None:
    asked = Asked()
    for number in range(REMEMBERED_REQUESTS + 1):
        asks(asked, permission(f"r{number}", 10 * number, text=f"w{number}"))
    assert asks(asked, permission("last", 500, text="w0")) == ()

    for number in range(REMEMBERED_SESSIONS):
        asks(asked, permission("other", 10), session=SessionId(f"example:{number}"))

    assert asks(asked, permission("later", 600, text=f"w{REMEMBERED_REQUESTS}")) == ()


def test_a_forgotten_session_asks_for_the_first_time() -> None:
    asked = Asked()
    asks(asked, permission("r1", 10))

    asked.forget(SESSION)
    asked.forget(SESSION)

    assert asks(asked, permission("r2", 20)) == ()


def test_a_clock_that_was_set_takes_the_memory_along() -> None:
    asked = Asked()
    asks(asked, permission("r1", 10))

    asked.move_clock(timedelta(seconds=-5))

    assert [item.at for item in asks(asked, permission("r2", 20))] == [at(5)]


def test_a_row_says_what_was_asked_before(story: Story) -> None:
    story.asks("r1", text="pytest -q")
    story.sees(RequestClosed(SESSION, RequestId("r1"), story.now, "answered"))
    story.waits(60)
    story.sees(RequestOpened(permission("r2", 200, text="pytest -x")))

    previous = story.row.previous_of(RequestId("r2"))

    assert previous is not None
    assert previous.text == "pytest -q"
    assert story.row.previous_of(RequestId("r1")) is None


def test_a_row_says_at_once_whether_its_agent_is_connected(story: Story) -> None:
    assert not story.row.is_connected

    story.hub.connect({KIND: True})
    story.hub.connect({KIND: True})

    assert story.row.is_connected
