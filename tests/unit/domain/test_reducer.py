"""Single transitions that no story tells; the stories are in tests/unit/hub."""

from dataclasses import replace
from datetime import timedelta

from desktop.domain import reducer
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    EvidenceGiven,
    FilesChanged,
    LineSeen,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.requests import Reach
from desktop.domain.session import Claim, Ending, Evidence, Launch, NameSource, Session, Source, ToolCall, Turn
from tests.helpers.story import KIND, SESSION, at, permission


def session(**facts: object) -> Session:
    return replace(reducer.new_session(SESSION, at(0)), **facts)  # type: ignore[arg-type]


def live(claim: Claim, seconds: float, origin: str = "1") -> EvidenceGiven:
    return EvidenceGiven(SESSION, Evidence(Source.LIVE_STATE, claim, at(seconds), claim.value, origin))


def after(known: Session, *events: object) -> Session:
    for event in events:
        known = reducer.reduce(known, event).session  # type: ignore[arg-type]
    return known


def test_a_new_session_takes_its_agent_from_its_id() -> None:
    made = reducer.new_session(SessionId("other:42"), at(3))

    assert (made.agent, made.seen_first_at) == (AgentKind("other"), at(3))


def test_a_description_keeps_what_it_does_not_say_and_replaces_a_name_of_its_own_kind() -> None:
    known = after(
        session(),
        SessionDescribed(SESSION, KIND, at(1), cwd="/home/dev/shop", name=(NameSource.REGISTRY, "shop-a0")),
        SessionDescribed(SESSION, KIND, at(2), branch="main", name=(NameSource.TITLE, "Refunds")),
        SessionDescribed(SESSION, KIND, at(2), repository="/home/dev/shop"),
        SessionDescribed(SESSION, KIND, at(3), name=(NameSource.REGISTRY, "shop-b1")),
    )

    assert (known.cwd, known.branch, known.name) == ("/home/dev/shop", "main", "Refunds")
    assert known.repository == "/home/dev/shop"
    assert dict(known.names)[NameSource.REGISTRY] == "shop-b1"


def test_a_session_that_is_resumed_lives_again() -> None:
    ended = session(ended_at=at(5), ended_why="its process ended")

    assert after(ended, SessionDescribed(SESSION, KIND, at(6), pid=9)).ended_at is None
    assert after(ended, SessionDescribed(SESSION, KIND, at(4), pid=9)).ended_at == at(5)
    assert after(ended, live(Claim.RESTING, 6)).ended_at is None
    assert after(ended, live(Claim.RESTING, 4)).ended_at == at(5)


def test_an_older_word_that_comes_late_changes_nothing() -> None:
    known = after(session(), live(Claim.WORKING, 10))

    assert after(known, live(Claim.RESTING, 9)) == known


def test_a_hooks_word_is_kept_beside_the_live_state() -> None:
    word = EvidenceGiven(SESSION, Evidence(Source.HOOK, Claim.WAITING, at(2), "prompt"))

    assert len(after(session(), live(Claim.WORKING, 1), word).evidence) == 2


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


def test_without_live_state_a_new_prompt_closes_what_was_asked_before() -> None:
    asked = session(requests=(permission("old", 5), permission("helper", 5, subagent_id="x")))

    change = reducer.reduce(asked, TurnStarted(SESSION, at(10), "go"))

    assert [closure.request.id for closure in change.closures] == ["old"]


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


def test_a_result_closes_the_request_of_its_call_and_no_other() -> None:
    request = permission("r", 5, call_key="k")
    known = session(
        requests=(request, permission("s", 5, call_key="other")), calls=(ToolCall("c", "Bash", "k", at(4)),)
    )

    change = reducer.reduce(known, ToolCallEnded(SESSION, "c", at(9)))

    assert [closure.request.id for closure in change.closures] == ["r"]
    assert change.session.calls == ()
    assert reducer.reduce(known, ToolCallEnded(SESSION, "unheard of", at(9))).closures == ()


def test_a_result_from_before_the_request_closes_nothing() -> None:
    known = session(requests=(permission("r", 50, call_key="k"),), calls=(ToolCall("c", "Bash", "k", at(4)),))

    assert reducer.reduce(known, ToolCallEnded(SESSION, "c", at(9))).closures == ()


def test_the_same_call_told_twice_is_one_call() -> None:
    call = ToolCall("c", "Bash", "k", at(4))

    assert after(session(), ToolCallStarted(SESSION, call), ToolCallStarted(SESSION, call)).calls == (call,)


def test_a_subagent_that_ends_takes_its_request_along() -> None:
    known = after(
        session(), SubagentStarted(SESSION, "a", "explorer", at(1)), SubagentStarted(SESSION, "a", "x", at(2))
    )
    known = replace(known, requests=(permission("r", 3, subagent_id="a"), permission("own", 3)))

    change = reducer.reduce(known, SubagentStopped(SESSION, "a", at(4)))

    assert [helper.role for helper in known.subagents] == ["x"]
    assert [(closure.request.id, closure.how) for closure in change.closures] == [("r", "the subagent ended")]


def test_a_subagents_model_stays_known_when_another_source_tells_of_it_without() -> None:
    known = after(
        session(),
        SubagentStarted(SESSION, "a", "explorer", at(1), "small"),
        SubagentStarted(SESSION, "b", "reviewer", at(2)),
        SubagentStarted(SESSION, "a", "explorer", at(3)),
        SubagentStarted(SESSION, "b", "reviewer", at(4), "large"),
    )

    assert [(helper.id, helper.model) for helper in known.subagents] == [("a", "small"), ("b", "large")]


def test_leaving_the_dialog_closes_the_sessions_request_and_leaves_the_hidden_one() -> None:
    known = after(session(), live(Claim.WAITING_APPROVAL, 10))
    known = after(known, RequestOpened(permission("own", 10.1)), RequestOpened(permission("sub", 9, subagent_id="a")))

    change = reducer.reduce(known, live(Claim.WORKING, 20))

    assert [closure.request.id for closure in change.closures] == ["own"]


def test_a_subagents_dialog_that_the_terminal_showed_closes_when_it_goes() -> None:
    known = after(session(), RequestOpened(permission("sub", 9, subagent_id="a")), live(Claim.WAITING_APPROVAL, 10))

    assert [closure.request.id for closure in reducer.reduce(known, live(Claim.WORKING, 20)).closures] == ["sub"]


def test_the_hooks_request_replaces_what_was_made_of_the_live_state() -> None:
    known = after(session(), live(Claim.WAITING_APPROVAL, 10))
    assert [request.reach for request in known.requests] == [Reach.TERMINAL]

    known = after(known, RequestOpened(permission("r", 10.1)))

    assert [request.id for request in known.requests] == ["r"]


def test_a_menu_that_the_person_opened_asks_nothing() -> None:
    assert after(session(), live(Claim.WAITING, 10)).requests == ()


def test_an_unnamed_dialog_gets_its_name_once() -> None:
    known = after(session(), live(Claim.WAITING_ANSWER, 10))
    draft = permission("call", 9, reach=Reach.TERMINAL, call_key="k")
    named = ToolCallStarted(SESSION, ToolCall("c", "Bash", "k", at(9), draft))

    first = reducer.reduce(known, named)
    second = reducer.reduce(first.session, named)

    assert [closure.how for closure in first.closures] == ["known better now"]
    assert second.closures == ()
    assert [request.text for request in second.session.requests] == ["touch a"]


def test_a_request_let_go_is_confirmed_by_the_terminal_or_closed() -> None:
    known = after(session(), RequestOpened(permission("r", 5, subagent_id="a")), RequestOpened(permission("s", 5)))
    released = after(known, RequestReleased(SESSION, RequestId("r"), at(8), "It waited."))

    assert [request.confirm_by for request in released.requests] == [at(8) + reducer.CONFIRM_WITHIN, None]
    confirmed = after(released, live(Claim.WAITING_APPROVAL, 8.5))
    assert [request.confirm_by for request in confirmed.requests] == [None, None]
    closed = reducer.confirmations_passed(released, at(20))
    assert [closure.request.id for closure in closed.closures] == ["r"]


def test_a_request_let_go_stays_where_nothing_but_the_end_of_its_call_could_confirm_it() -> None:
    hidden = replace(permission("r", 5, call_key="k"), hides_prompt=True)
    call = ToolCallStarted(SESSION, ToolCall("c", "Bash", "k", at(4)))
    known = after(session(), call, RequestOpened(hidden))

    released = after(known, RequestReleased(SESSION, RequestId("r"), at(8), "It waited."))

    assert [(request.reach, request.confirm_by) for request in released.requests] == [(Reach.TERMINAL, None)]
    assert after(released, ToolCallEnded(SESSION, "c", at(60))).requests == ()


def test_a_failed_delivery_names_its_own_request_only() -> None:
    known = session(requests=(permission("r", 5), permission("s", 5, subagent_id="x")))

    known = after(known, DeliveryFailed(SESSION, RequestId("r"), at(6), "no"))

    assert [request.trouble for request in known.requests] == ["no", ""]


def test_an_overdue_answer_opens_only_its_own_request_again() -> None:
    late = replace(permission("r", 5), is_answering=True, answer_by=at(10))
    known = session(requests=(late, permission("s", 5, subagent_id="x")))

    assert reducer.answers_overdue(known, at(9)) is known
    assert [request.is_answering for request in reducer.answers_overdue(known, at(10)).requests] == [False, False]


def test_one_of_two_processes_may_end_without_ending_the_session() -> None:
    known = after(session(), live(Claim.RESTING, 1, "1"), live(Claim.RESTING, 1, "2"))

    first = reducer.process_ended(known, 1, at(5)).session
    second = reducer.process_ended(first, 2, at(6)).session

    assert first.ended_at is None
    assert (second.ended_at, second.ended_why) == (at(6), "its process ended")


def test_live_claims_can_be_asked_for_the_credible_ones() -> None:
    stale = Evidence(Source.LIVE_STATE, Claim.WORKING, at(1), ttl=timedelta(seconds=1))

    assert reducer.live_claims(session(evidence=(stale,))) == (stale,)
    assert reducer.live_claims(session(evidence=(stale,)), at(5)) == ()


def served(claim: Claim, seconds: float) -> EvidenceGiven:
    return EvidenceGiven(SESSION, Evidence(Source.SERVER, claim, at(seconds), claim.value))


def test_what_it_says_over_its_connection_counts_before_what_its_files_say() -> None:
    known = after(session(), live(Claim.RESTING, 1), served(Claim.WORKING, 2))

    late = after(known, live(Claim.WAITING_APPROVAL, 3))

    assert [item.source for item in reducer.live_claims(late)] == [Source.SERVER]
    assert late.requests == (), "what it asks comes over the connection alone"
    lost = after(late, served(Claim.SILENT, 4), live(Claim.WAITING_APPROVAL, 5))
    assert [request.reach for request in lost.requests] == [Reach.TERMINAL]


def test_a_session_begun_here_stays_one_while_it_lives_whatever_its_files_call_it() -> None:
    def described(seconds: float, launch: Launch) -> SessionDescribed:
        return SessionDescribed(SESSION, KIND, at(seconds), pid=7, launch=launch)

    begun = after(session(), described(1, Launch.HEADLESS), described(2, Launch.HERE), described(3, Launch.HEADLESS))
    resumed = after(begun, SessionEnded(SESSION, at(4), "it ended"), described(5, Launch.INTERACTIVE))

    assert begun.launch is Launch.HERE
    assert (resumed.launch, resumed.ended_at) == (Launch.INTERACTIVE, None)


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


def test_a_session_listens_from_word_to_word() -> None:
    listening = after(session(), LineSeen(SESSION, at(1), is_open=True))

    assert listening.has_line
    assert not after(listening, LineSeen(SESSION, at(2), is_open=False)).has_line


def test_the_end_of_a_turn_closes_what_the_session_asked_unless_live_state_knows_better() -> None:
    asked = permission("r1", 3)
    known = after(session(), TurnStarted(SESSION, at(0), "go"), RequestOpened(asked))

    change = reducer.reduce(known, TurnFinished(SESSION, at(5), Ending.INTERRUPTED))

    assert [closure.request.id for closure in change.closures] == ["r1"]
    assert reducer.reduce(known, TurnFinished(SESSION, at(2))).closures == ()
    assert reducer.reduce(after(known, live(Claim.WAITING, 4)), TurnFinished(SESSION, at(5))).closures == ()
