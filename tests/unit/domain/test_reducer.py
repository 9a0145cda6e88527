"""Single transitions that no story tells; the stories are in tests/unit/hub."""

from dataclasses import replace
from datetime import timedelta

from desktop.domain import reducer
from desktop.domain.events import (
    DeliveryFailed,
    EvidenceGiven,
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
from desktop.domain.session import Claim, Ending, Evidence, Launch, NameSource, Session, Source, ToolCall
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


def test_without_live_state_a_new_prompt_closes_what_was_asked_before() -> None:
    asked = session(requests=(permission("old", 5), permission("helper", 5, subagent_id="x")))

    change = reducer.reduce(asked, TurnStarted(SESSION, at(10), "go"))

    assert [closure.request.id for closure in change.closures] == ["old"]


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
