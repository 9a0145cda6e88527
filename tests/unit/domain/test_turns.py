"""Turns as they begin, go on and end, folded in event by event."""

from dataclasses import replace

from desktop.domain.events import ActivitySeen, EvidenceGiven, FilesChanged, ToolCallStarted, TurnFinished, TurnStarted
from desktop.domain.session import Claim, Ending, Evidence, Session, Source, ToolCall, Turn
from tests.helpers.story import SESSION, at
from tests.unit.domain.test_reducer import after, session


def test_both_tellings_of_one_turn_are_one_turn() -> None:
    known = after(session(), TurnStarted(SESSION, at(10), "go"), TurnStarted(SESSION, at(10.05), "go"))

    assert known.turn == Turn(at(10))


def test_the_start_of_a_turn_that_is_over_is_old_news() -> None:
    known = session(turn=Turn(at(10), at(20), Ending.FINISHED))

    assert after(known, TurnStarted(SESSION, at(15), "go")) == known


def test_a_machine_made_turn_keeps_what_nobody_has_reviewed() -> None:
    unseen = session(turn=Turn(at(10), at(20), Ending.FINISHED, "", ("a.py",)))

    goes_on = Turn(at(30), changed_files=("a.py",), earlier_files=("a.py",))
    assert after(unseen, TurnStarted(SESSION, at(30))).turn == goes_on
    assert after(replace(unseen, seen_at=at(21)), TurnStarted(SESSION, at(30))).turn == Turn(at(30))
    assert after(unseen, TurnStarted(SESSION, at(30), "next")).turn == Turn(at(30))


def test_the_end_of_a_turn_before_its_start_is_old_news() -> None:
    known = session(turn=Turn(at(10)))

    assert after(known, TurnFinished(SESSION, at(9))) == known


def test_an_end_without_a_start_makes_a_turn_and_a_worse_end_stays() -> None:
    known = after(
        session(),
        TurnFinished(SESSION, at(10), Ending.FAILED, "quota"),
        TurnFinished(SESSION, at(11), last_words="Done."),
    )

    assert known.turn == Turn(at(10), at(10), Ending.FAILED, "quota")
    assert known.last_words == "Done."


def test_files_of_an_earlier_turn_are_not_this_turns() -> None:
    known = after(session(), FilesChanged(SESSION, at(5), ("a",)), FilesChanged(SESSION, at(6), ("a", "b")))

    assert known.turn is not None
    assert known.turn.changed_files == ("a", "b")
    assert after(known, FilesChanged(SESSION, at(1), ("z",))) == known


def test_an_empty_sign_of_life_keeps_the_last_words_of_activity() -> None:
    known = after(session(), ActivitySeen(SESSION, at(5), "editing a.py"), ActivitySeen(SESSION, at(4)))

    assert (known.activity, known.active_at) == ("editing a.py", at(5))


def test_a_call_after_words_that_seemed_the_last_takes_the_turn_up_again() -> None:
    ended = after(session(), TurnStarted(SESSION, at(0), "go"), TurnFinished(SESSION, at(5), last_words="Now I test."))

    went_on = after(ended, ToolCallStarted(SESSION, ToolCall("c1", "Bash", "k", at(6))))
    late = after(ended, ToolCallStarted(SESSION, ToolCall("c1", "Bash", "k", at(4))))

    assert went_on.turn is not None
    assert (went_on.turn.started_at, went_on.turn.finished_at, went_on.turn.ending) == (at(0), None, None)
    assert late.turn == ended.turn


def test_a_failed_turn_is_not_taken_up_again_by_a_call() -> None:
    failed = after(session(), TurnStarted(SESSION, at(0), "go"), TurnFinished(SESSION, at(5), Ending.FAILED, "no"))

    assert after(failed, ToolCallStarted(SESSION, ToolCall("c1", "Bash", "k", at(6)))).turn == failed.turn


def test_an_end_of_which_a_hook_tells_too_was_broken_off_unless_the_hook_tells_of_it() -> None:
    ended = TurnFinished(SESSION, at(5), last_words="so", hook_tells_too=True)
    unheard = after(session(), TurnStarted(SESSION, at(0), "go"))
    heard = after(unheard, EvidenceGiven(SESSION, Evidence(Source.HOOK, Claim.WORKING, at(0))))

    alone, broken_off = after(unheard, ended), after(heard, ended)
    told = after(broken_off, TurnFinished(SESSION, at(4.9)))
    told_first = after(heard, TurnFinished(SESSION, at(4.9)), ended)

    assert [_ending(each) for each in (alone, broken_off, told, told_first)] == [
        Ending.FINISHED, Ending.INTERRUPTED, Ending.FINISHED, Ending.FINISHED,
    ]  # fmt: skip
    assert told.seen_at == at(0)
    assert _ending(after(broken_off, replace(ended, at=at(6)))) is Ending.INTERRUPTED


def _ending(known: Session) -> Ending | None:
    return known.turn.ending if known.turn is not None else None


def test_files_of_an_unseen_turn_go_along_only_while_nobody_is_known_to_have_prompted() -> None:
    unseen = after(
        session(),
        TurnStarted(SESSION, at(0)),
        FilesChanged(SESSION, at(1), ("old",)),
        TurnFinished(SESSION, at(2)),
        TurnStarted(SESSION, at(9)),
        FilesChanged(SESSION, at(9.2), ("new",)),
    )

    assert unseen.turn is not None
    assert unseen.turn.changed_files == ("old", "new")
    for prompt, files in (("", ("old", "new")), ("go on", ("new",))):
        told_again = after(unseen, TurnStarted(SESSION, at(9.5), prompt))
        assert told_again.turn is not None
        assert told_again.turn.changed_files == files
        assert told_again.turn.started_at == at(9)
