"""What counts as right, and for how long it was wrong."""

import pytest

from tests.journeys.truth import Look, State, Truth, ghosts, judge, share, streaks, wrong_waits


def truth_of(*states: tuple[float, str], session: str = "a:1") -> Truth:
    return Truth("a", [State(since, since, session, phase, f"scene of {phase}") for since, phase in states])


def looks(*told: str, begin: float = 0.5, session: str = "a:1") -> list[Look]:
    """One look a second."""
    return [Look(begin + second, ((session, phase),) if phase else ()) for second, phase in enumerate(told)]


def test_each_second_in_which_the_one_row_tells_the_truth_is_right() -> None:
    truth = truth_of((0, "idle"), (3, "working"))

    found = list(judge(truth, looks("idle", "idle", "idle", "idle", "working")))

    assert [(each.is_counted, each.is_right) for each in found] == [
        (False, True), (True, True), (True, True), (False, False), (True, True)
    ]  # fmt: skip
    assert share(found) == (3, 3)
    assert streaks(found) == []


def test_a_second_counts_only_one_second_after_the_agent_was_seen_to_be_there() -> None:
    truth = Truth("a", [State(0, 2.0, "a:1", "idle", "starts")])

    assert share(judge(truth, looks("", "", "", "idle"))) == (1, 1)


def test_what_was_before_the_agent_began_is_not_looked_at() -> None:
    assert list(judge(truth_of((10, "idle")), looks("", "idle"))) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "nothing"),
        ((("a:1", "working"),), "working"),
        ((("a:1", "idle"), ("a:1", "idle")), "idle and idle"),
        ((("a:0", "ended"), ("a:1", "ended")), "ended"),
        ((("a:0", "idle"), ("a:1", "idle")), "idle and another one idle"),
    ],
)
def test_a_row_that_is_missing_or_doubled_or_of_a_session_that_is_gone_is_wrong(
    rows: tuple[tuple[str, str], ...], told: str
) -> None:
    truth = Truth("a", [State(0, 0, "a:0", "ended", "x"), State(1, 1, "a:1", "idle", "x")])

    (verdict,) = judge(truth, [Look(5.0, rows)])

    assert (verdict.told, verdict.is_right) == (told, False)


@pytest.mark.parametrize("rows", [(), (("a:0", "ended"),)])
def test_a_session_that_ended_may_stay_in_sight_or_not(rows: tuple[tuple[str, str], ...]) -> None:
    (verdict,) = judge(truth_of((0, "ended"), session="a:0"), [Look(5.0, rows)])

    assert verdict.is_right


def test_wrong_looks_in_a_row_are_one_streak_and_a_right_one_ends_it() -> None:
    truth = truth_of((0, "idle"), (2, "your turn"))

    found = streaks(judge(truth, looks("idle", "idle", "idle", "idle", "idle", "your turn", "idle")))

    assert [(each.looks, each.first.told, each.first.expected) for each in found] == [
        (2, "idle", "your turn"), (1, "idle", "your turn")
    ]  # fmt: skip
    assert "'idle' for 'your turn', 2 looks, 1.5 to 2.5 s after the change" in str(found[0])


def test_a_row_of_no_agent_is_a_ghost() -> None:
    assert ghosts([truth_of((0, "idle"))], looks("idle", session="b:1")) == {"b:1": [0.5]}
    assert ghosts([truth_of((0, "idle"))], looks("idle")) == {}


def test_a_wait_that_is_told_outlasts_the_truth_by_so_much() -> None:
    truth = truth_of((0, "working"), (10, "needs approval"), (20, "working"))
    told = {"a:1": [(0.0, "working"), (10.1, "needs approval"), (15, "needs approval"), (20.5, "working")]}

    assert wrong_waits(truth, told, 30) == [(20, 0.5, "a:1")]


def test_a_wait_that_is_told_while_the_agent_waits_is_not_wrong() -> None:
    truth = truth_of((0, "working"), (10, "needs approval"), (20, "working"), (21, "needs answer"))

    assert wrong_waits(truth, {"a:1": [(10.1, "needs approval"), (20, "working"), (22, "needs answer")]}, 30) == []


def test_a_wait_that_was_never_true_is_wrong_for_as_long_as_it_is_told() -> None:
    told = {"a:1": [(2.0, "needs approval"), (3.0, "needs approval"), (5.0, "idle")]}

    assert wrong_waits(truth_of((0, "idle")), told, 30) == [(2.0, 3.0, "a:1")]


def test_what_is_told_between_the_key_and_what_the_agent_does_is_not_wrong() -> None:
    states = [State(0, 0, "a:1", "needs approval", "x"), State(5, 6, "a:1", "working", "x")]

    assert wrong_waits(Truth("a", states), {"a:1": [(0.1, "needs approval"), (5.9, "working")]}, 9) == []
