"""Where a session stands: the ranked table, row by row, with its reasons."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from desktop.domain.phase import (
    ANSWER_SETTLES,
    HINT_SETTLES,
    MAYBE_WAITING_AFTER,
    REST_SAID_AGAIN_WITHIN,
    SILENCE_LIMIT,
    STARTING,
    STARTING_UNHEARD,
    Phase,
    Standing,
    resolve,
)
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Launch, Session, Source, Subagent, ToolCall, Turn
from tests.helpers.story import KIND, SESSION, at, permission

NOW = at(100)


def live(claim: Claim, seconds: float = 50, origin: str = "1", ttl: timedelta | None = None) -> Evidence:
    return Evidence(Source.LIVE_STATE, claim, at(seconds), claim.value, origin, ttl)


def hook(claim: Claim, seconds: float = 50) -> Evidence:
    return Evidence(Source.HOOK, claim, at(seconds), claim.value, ttl=timedelta(minutes=1))


ALIVE = Evidence(Source.PROCESS, Claim.ALIVE, at(0), origin="1")


def session(*evidence: Evidence, turn: Turn | None = None) -> Session:
    return Session(SESSION, KIND, at(0), evidence=evidence, turn=turn)


def stand(known: Session, now: datetime = NOW) -> Standing:
    return resolve(known, now)


def test_phases_are_ordered_by_urgency_and_know_who_needs_the_person() -> None:
    assert [phase.rank for phase in Phase] == list(range(len(Phase)))
    assert [phase for phase in Phase if phase.needs_person] == [Phase.NEEDS_APPROVAL, Phase.NEEDS_ANSWER, Phase.FAILED]


def test_an_ended_session_is_ended_whatever_else_is_said() -> None:
    ended = replace(session(live(Claim.WORKING)), ended_at=at(60), ended_why="cleared")

    assert stand(ended) == Standing(Phase.ENDED, "cleared", at(60))
    assert stand(replace(ended, ended_why="")).reason == "its process ended"


def test_an_open_request_outranks_the_live_state_and_counts_from_the_oldest() -> None:
    asked = replace(
        session(live(Claim.WORKING)),
        requests=(permission("b", 80), permission("a", 70, subagent_id="x", reach=Reach.TERMINAL)),
    )

    standing = stand(asked)

    assert standing.phase is Phase.NEEDS_APPROVAL
    assert standing.since == at(70)
    assert standing.reason == "it wants to run a command; can be answered here or in its terminal"


def test_what_was_begun_here_has_no_terminal_to_answer_it_in() -> None:
    asked = permission("a", 70, reach=Reach.SERVER)

    standing = stand(replace(session(), requests=(asked,), launch=Launch.HERE))

    assert standing.reason == "it wants to run a command; can be answered here"


def test_the_connection_tells_before_the_files_of_the_same_agent() -> None:
    said = Evidence(Source.SERVER, Claim.RESTING, at(60))

    assert stand(session(live(Claim.WAITING_APPROVAL, 61), said)).phase is Phase.IDLE
    assert stand(session(live(Claim.WAITING_APPROVAL, 61), replace(said, claim=Claim.SILENT))).phase is (
        Phase.NEEDS_APPROVAL
    )


def test_a_subagents_question_in_the_terminal_says_whose_and_where() -> None:
    request = permission("a", 70, subagent_id="x", reach=Reach.TERMINAL, kind=RequestKind.QUESTION)

    standing = stand(replace(session(), requests=(replace(request, summary=""),)))

    assert standing.phase is Phase.NEEDS_ANSWER
    assert standing.reason == "its subagent explorer waits; can be answered in its terminal"


@pytest.mark.parametrize(
    ("claim", "phase"),
    [
        (Claim.WAITING_ANSWER, Phase.NEEDS_ANSWER),
        (Claim.WAITING_APPROVAL, Phase.NEEDS_APPROVAL),
        (Claim.WAITING, Phase.YOUR_TURN),
        (Claim.WORKING, Phase.WORKING),
        (Claim.BACKGROUND, Phase.SCHEDULED),
        (Claim.RESTING, Phase.IDLE),
        (Claim.SILENT, Phase.UNKNOWN),
    ],
)
def test_the_live_state_alone_decides(claim: Claim, phase: Phase) -> None:
    assert stand(session(live(claim))).phase is phase


def test_of_two_processes_the_more_urgent_word_counts() -> None:
    twins = session(live(Claim.RESTING, 90, "1"), live(Claim.WAITING_APPROVAL, 60, "2"))

    assert stand(twins).phase is Phase.NEEDS_APPROVAL


def test_a_stale_word_is_not_believed() -> None:
    stale = session(live(Claim.WORKING, 10, ttl=timedelta(seconds=5)))

    assert stand(stale).phase is Phase.UNKNOWN


def test_a_turn_dates_what_runs_in_it_and_after_it() -> None:
    runs = Turn(at(30))
    over = Turn(at(30), at(40), Ending.FINISHED)

    assert stand(session(live(Claim.WORKING), turn=runs)).since == at(30)
    assert stand(session(live(Claim.WORKING), turn=over)).since == at(50)
    assert stand(session(live(Claim.BACKGROUND), turn=over)).since == at(40)
    assert stand(session(live(Claim.BACKGROUND))).since == at(50)


@pytest.mark.parametrize("claim", [Claim.RESTING, Claim.BACKGROUND])
def test_a_running_subagent_keeps_its_parent_working(claim: Claim) -> None:
    helped = replace(session(live(claim)), subagents=(Subagent("a1", "", at(45)),))

    assert stand(helped) == Standing(Phase.WORKING, "its subagent still runs: a1", at(45))


def test_a_just_answered_dialog_is_not_shown_again_until_it_stands_too_long() -> None:
    answered = replace(session(live(Claim.WAITING_APPROVAL, 99)), answered_at=at(99.5))

    soon = stand(answered)
    assert soon.phase is Phase.WORKING
    assert soon.look_again_at == at(99.5) + ANSWER_SETTLES
    assert stand(answered, at(99.5) + ANSWER_SETTLES).phase is Phase.NEEDS_APPROVAL


@pytest.mark.parametrize(
    ("turn", "seen", "phase", "reason"),
    [
        (Turn(at(1), at(2), Ending.FAILED, "API Error: 529"), 3, Phase.FAILED, "API Error: 529"),
        (Turn(at(1), at(2), Ending.FAILED), None, Phase.FAILED, "the turn failed"),
        (Turn(at(1), at(2), Ending.INTERRUPTED), None, Phase.IDLE, "the turn was interrupted by the person"),
        (Turn(at(1), at(2), Ending.FINISHED, "", ("a",)), 2, Phase.IDLE, "the turn is over, and you have looked"),
        (Turn(at(1), at(2), Ending.FINISHED, "", ("a",)), 1, Phase.NEEDS_REVIEW, "the turn is over and changed 1 file"),
        (Turn(at(1), None, None, "", ("a", "b")), None, Phase.NEEDS_REVIEW, "the turn is over and changed 2 files"),
        (Turn(at(1), at(2), Ending.FINISHED), None, Phase.YOUR_TURN, "the turn is over and changed no file"),
    ],
)
def test_at_rest_the_last_turn_and_the_persons_look_decide(
    turn: Turn, seen: float | None, phase: Phase, reason: str
) -> None:
    known = session(live(Claim.RESTING, 50), turn=turn)
    if seen is not None:
        known = replace(known, seen_at=at(seen))

    assert (stand(known).phase, stand(known).reason) == (phase, reason)


def test_a_session_that_starts_is_idle_for_a_moment_and_then_unknown() -> None:
    starts = session(live(Claim.SILENT, 99))

    assert stand(starts) == Standing(Phase.IDLE, "it is starting", at(0), at(99) + STARTING)
    assert stand(starts, at(99) + STARTING).phase is Phase.UNKNOWN


def test_a_turn_that_began_since_the_agent_rested_runs_unless_it_says_so_again() -> None:
    began = session(live(Claim.RESTING, 90), turn=Turn(at(96)))
    why = "a turn is running (as far as its conversation file tells)"

    assert stand(began, at(97)) == Standing(Phase.WORKING, why, at(96), at(96) + REST_SAID_AGAIN_WITHIN)
    assert stand(began, at(96) + REST_SAID_AGAIN_WITHIN).phase is Phase.YOUR_TURN
    assert stand(session(live(Claim.RESTING, 96), turn=Turn(at(96))), at(97)).phase is Phase.YOUR_TURN
    assert stand(session(live(Claim.RESTING, 90), turn=Turn(at(96), at(97))), at(98)).phase is Phase.YOUR_TURN


def test_an_agent_that_will_tell_of_its_start_is_given_longer_until_it_does() -> None:
    process = Evidence(Source.PROCESS, Claim.SILENT, at(99), "no log yet", "12")
    starts = session(process)

    assert stand(starts) == Standing(Phase.IDLE, "it is starting", at(0), at(99) + STARTING_UNHEARD)
    assert stand(starts, at(99) + STARTING_UNHEARD).phase is Phase.UNKNOWN
    told = session(process, Evidence(Source.HOOK, Claim.RESTING, at(99), "no prompt was given yet"))
    assert stand(told) == Standing(Phase.IDLE, "no prompt was given yet", at(0))


def test_a_session_told_of_by_its_hook_alone_is_starting_until_its_process_should_be_found() -> None:
    told = Session(SESSION, KIND, at(99))

    assert stand(told) == Standing(Phase.IDLE, "it is starting", at(99), at(99) + STARTING)
    assert stand(told, at(99) + STARTING).reason == "no running process of it was found"
    prompted = replace(told, turn=Turn(at(99.5)))
    why = "a turn is running (its process was not found yet)"
    assert stand(prompted) == Standing(Phase.WORKING, why, at(99.5), at(99) + STARTING)
    assert stand(prompted, at(99) + STARTING).phase is Phase.UNKNOWN


def test_nothing_known_is_unknown_with_the_reason() -> None:
    assert stand(session()).reason == "no running process of it was found"
    assert stand(session(ALIVE)).reason == "its process runs, but nothing tells what it does"
    assert stand(replace(session(), active_at=at(7))).since == at(7)


def test_without_live_state_a_hook_that_says_waiting_is_believed_until_something_happens() -> None:
    waits = session(ALIVE, hook(Claim.WAITING_APPROVAL))
    asked = session(ALIVE, hook(Claim.WAITING_ANSWER))

    assert stand(waits).phase is Phase.NEEDS_APPROVAL
    assert stand(waits).look_again_at == at(50) + timedelta(minutes=1)
    assert stand(asked).phase is Phase.NEEDS_ANSWER
    assert stand(replace(waits, active_at=at(51), turn=Turn(at(20)))).phase is Phase.WORKING
    lasting = replace(waits.evidence[1], ttl=None)
    assert stand(session(ALIVE, lasting)).look_again_at is None


def test_without_live_state_a_turn_is_told_from_the_transcript_and_says_so() -> None:
    over = session(ALIVE, turn=Turn(at(1), at(2), Ending.FINISHED))
    runs = session(ALIVE, turn=Turn(at(90)))

    assert stand(over).phase is Phase.YOUR_TURN
    assert stand(over).reason.endswith("(as far as its conversation file tells)")
    assert stand(session(hook(Claim.RESTING), turn=over.turn)).phase is Phase.YOUR_TURN
    assert stand(runs).phase is Phase.WORKING
    assert stand(runs).look_again_at == at(90) + SILENCE_LIMIT


def test_a_turn_of_which_nothing_is_heard_is_not_called_working_for_ever() -> None:
    silent = session(ALIVE, turn=Turn(at(0)))

    assert stand(silent, at(0) + SILENCE_LIMIT).phase is Phase.UNKNOWN


def test_a_call_without_a_result_is_maybe_waiting_and_never_more() -> None:
    called = replace(session(ALIVE, turn=Turn(at(80))), calls=(ToolCall("c", "Bash", "k", at(95)),), active_at=at(95))

    early = stand(called)
    late = stand(called, at(95) + MAYBE_WAITING_AFTER)

    assert (early.phase, early.look_again_at) == (Phase.WORKING, at(95) + MAYBE_WAITING_AFTER)
    assert late.phase is Phase.UNKNOWN
    assert late.reason.startswith("it may be waiting for you: its use of Bash has no result yet")


def test_a_session_whose_process_is_gone_without_a_word_is_unknown() -> None:
    gone = Evidence(Source.PROCESS, Claim.GONE, at(60), origin="1")

    assert stand(session(gone)).phase is Phase.UNKNOWN


JARGON = ("live state", "hook", "busy", "transcript", "registry", "ttl", "prompt:", "claim")


@pytest.mark.parametrize("claim", list(Claim))
@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("turn", [None, Turn(at(30)), Turn(at(30), finished_at=at(40), ending=Ending.FINISHED)])
def test_every_reason_is_in_plain_words(claim: Claim, source: Source, turn: Turn | None) -> None:
    told = Evidence(source, claim, at(95), "permission prompt", "1")

    reason = stand(session(told, ALIVE, turn=turn)).reason

    assert not [word for word in JARGON if word in reason]
    assert reason == reason.strip()
    assert "::" not in reason


def test_a_prompt_that_its_terminal_hides_is_said_to_be_hidden() -> None:
    asked = replace(permission("a", 70), hides_prompt=True)

    here = stand(replace(session(ALIVE), requests=(asked,)))
    there = stand(replace(session(ALIVE), requests=(replace(asked, reach=Reach.TERMINAL),)))

    assert here.reason.endswith("can be answered here; its terminal asks only once it is let go, which is soon")
    assert there.reason.endswith("can be answered in its terminal")


def test_a_process_that_has_begun_no_log_is_idle() -> None:
    known = session(Evidence(Source.PROCESS, Claim.RESTING, at(0), "no prompt was given yet", "1"))

    assert stand(known) == Standing(Phase.IDLE, "no prompt was given yet", at(0))


def in_call(*evidence: Evidence, hint: str = "it wants to run a command") -> Session:
    call = ToolCall("c", "Bash", "key", at(50), hint=hint)
    return replace(session(ALIVE, *evidence, turn=Turn(at(40))), calls=(call,), active_at=at(50))


def test_a_call_whose_record_hints_that_it_waits_may_be_waiting_after_a_moment() -> None:
    early, late = stand(in_call(), at(50.4)), stand(in_call(), at(50) + HINT_SETTLES)

    assert (early.phase, early.look_again_at) == (Phase.WORKING, at(50) + HINT_SETTLES)
    assert late.phase is Phase.UNKNOWN
    assert late.reason.startswith("it may be waiting for you: it wants to run a command")


def test_a_call_that_was_answered_from_here_waits_no_more_whatever_its_record_hints() -> None:
    answered = replace(in_call(), answered_at=at(55))

    assert stand(answered, at(60)).phase is Phase.WORKING
    assert stand(answered, at(50) + MAYBE_WAITING_AFTER).phase is Phase.UNKNOWN


def test_nothing_is_guessed_where_a_hook_tells_of_the_turn_and_would_have_asked() -> None:
    told = Evidence(Source.HOOK, Claim.WORKING, at(41), "its hook tells")
    before = Evidence(Source.HOOK, Claim.WORKING, at(30), "its hook told of the turn before")

    assert stand(in_call(told), at(90)).phase is Phase.WORKING
    assert stand(in_call(before), at(90)).phase is Phase.UNKNOWN
