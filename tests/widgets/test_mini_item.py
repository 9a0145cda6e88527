"""What the mini window takes from the board."""

from datetime import timedelta

from desktop.domain.phase import Phase
from desktop.windows.mini_item import waiting
from tests.widgets.boards import NOW, board, permission, question, row, sample


def test_the_oldest_waits_first_whatever_the_order_of_the_board() -> None:
    young = permission("robot:1", request="a", waited=timedelta(minutes=1))
    old = question("robot:2", request="b", waited=timedelta(hours=1))

    items = waiting(board(row(1, Phase.NEEDS_APPROVAL, "x", young), row(2, Phase.NEEDS_ANSWER, "y", old)))

    assert [item.request.id for item in items if item.request] == ["b", "a"]


def test_who_does_not_need_the_person_is_not_there() -> None:
    assert len(waiting(sample(5))) == 2


def test_a_failed_session_waits_without_a_request() -> None:
    (item,) = waiting(board(row(1, Phase.FAILED, since=NOW - timedelta(minutes=3))))

    assert item.request is None
    assert item.since == NOW - timedelta(minutes=3)
    assert not item.can_deny
    assert item.options == ()


def test_a_question_of_many_takes_text_but_no_single_button() -> None:
    (item,) = waiting(board(row(2, Phase.NEEDS_ANSWER, "n", question(is_multiple=True))))

    assert item.can_reply
    assert item.options == ()


def test_who_asks_comes_before_who_failed_long_ago() -> None:
    asks = permission("robot:1", request="a", waited=timedelta(minutes=1))

    items = waiting(board(row(1, Phase.NEEDS_APPROVAL, "x", asks), row(2, Phase.FAILED, since=NOW - timedelta(days=1))))

    assert [item.row.name for item in items] == ["x", "Cart totals"]
