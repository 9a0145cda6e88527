"""Stories: events and time in, effects out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desktop.domain.events import (
    DeliveryFailed,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    RecordsSkipped,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
    SubagentStarted,
    SubagentStopped,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.notices import Act, Capabilities, NoticeClass
from desktop.domain.phase import Phase
from desktop.domain.replies import (
    Allow,
    Answer,
    ApprovePlan,
    AssignTask,
    Deny,
    Interrupt,
    MarkSeen,
    OpenRequest,
    Prompt,
    Rename,
    Stop,
)
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Claim, Ending, Evidence, Source, ToolCall
from desktop.domain.settings import Answering, GroupBy, Look, Notifications, Settings, Task
from desktop.hub.effects import (
    Deliver,
    NoteClosed,
    NoteName,
    NoteOpened,
    NoteSeen,
    NoteTask,
    Raise,
    Release,
    Send,
    Withdraw,
)
from desktop.hub.hub import Hub
from tests.helpers.story import AGENT, KIND, PID, SESSION, Story, at, permission


def test_a_request_is_told_at_once_and_withdrawn_when_answered_in_the_terminal(story: Story) -> None:
    story.works()

    story.asks()

    assert story.phase is Phase.NEEDS_APPROVAL
    [raised] = story.effects(Raise)
    assert [button.act for button in raised.notice.buttons] == [Act.ALLOW, Act.DENY]
    story.waits(3)
    story.live(Claim.WORKING, "busy")
    assert [type(effect) for effect in story.last] == [Release, NoteClosed, Withdraw]
    assert story.hub.became_of(RequestId("r1")) == "answered in the terminal"
    assert story.phase is Phase.WORKING


def test_an_allow_is_delivered_once_and_a_second_one_says_why_not(story: Story) -> None:
    story.works()
    story.asks()

    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))

    assert [type(effect) for effect in story.last] == [Deliver]
    assert story.does(Allow(SESSION, RequestId("r1"), "digest of r1"), "notification") == []
    assert "already on its way" in story.row.notice


def test_a_delivered_answer_closes_the_request_and_does_not_bring_the_old_dialog_back(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))
    story.waits(0.05)

    story.sees(ReplyDelivered(SESSION, RequestId("r1"), story.now))

    assert story.phase is Phase.WORKING  # although the live state still says that it waits
    assert story.effects(Raise) == []
    assert story.does(Allow(SESSION, RequestId("r1"), "digest of r1")) == []
    assert "already answered" in story.row.notice


def test_a_dialog_that_stands_after_the_answer_is_shown_as_waiting_in_the_terminal(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))
    story.sees(ReplyDelivered(SESSION, RequestId("r1"), story.now))

    story.waits(4)

    assert story.phase is Phase.NEEDS_APPROVAL
    assert story.row.request is not None
    assert story.row.request.reach is Reach.TERMINAL


def test_a_stale_click_answers_nothing_and_says_what_became_of_the_request(story: Story) -> None:
    story.works()
    story.asks()
    story.live(Claim.RESTING, "idle")

    assert story.does(Deny(SESSION, RequestId("r1"), "digest of r1")) == []

    assert "already answered in the terminal" in story.row.notice


def test_a_reply_to_a_request_nobody_knows_is_refused(story: Story) -> None:
    assert story.does(Allow(SESSION, RequestId("forged"), "x")) == []
    assert "not known" in story.row.notice
    assert story.does(Allow(SessionId("example:none"), RequestId("forged"), "x")) == []


def test_a_reply_with_another_digest_than_what_stands_there_is_refused(story: Story) -> None:
    story.works()
    story.asks()

    assert story.does(Allow(SESSION, RequestId("r1"), "digest of something else")) == []

    assert "changed" in story.row.notice


def test_an_unverified_request_cannot_be_allowed(story: Story) -> None:
    story.works()
    forged = replace(permission("r1", 25.0), is_verified=False, why_not="It was not asked by the session's process.")
    story.sees(RequestOpened(forged))

    assert story.does(Allow(SESSION, RequestId("r1"), "digest of r1")) == []

    assert "not asked by the session's process" in story.row.notice


@pytest.mark.parametrize(
    "reply",
    [
        Answer(SESSION, RequestId("r1"), "digest of r1", (("yes",),)),
        ApprovePlan(SESSION, RequestId("r1"), "digest of r1"),
        Allow(SESSION, RequestId("r1"), "digest of r1", suggestions=(0,)),
    ],
)
def test_a_reply_of_the_wrong_kind_is_refused(story: Story, reply: Allow | Answer | ApprovePlan) -> None:
    story.works()
    story.asks()

    assert story.does(reply) == []
    assert "another kind of answer" in story.row.notice


def test_a_plan_takes_only_the_modes_it_offers(story: Story) -> None:
    story.works()
    plan = replace(permission("r1", 25.1, kind=RequestKind.PLAN), modes=("default", "edits"))
    story.sees(RequestOpened(plan))

    assert story.does(ApprovePlan(SESSION, RequestId("r1"), "digest of r1", "root")) == []
    assert [type(effect) for effect in story.does(ApprovePlan(SESSION, RequestId("r1"), "digest of r1", "edits"))] == [
        Deliver
    ]


def test_a_failed_delivery_leaves_the_request_with_its_trouble(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))

    story.sees(DeliveryFailed(SESSION, RequestId("r1"), story.now, "It cannot be recorded."))

    assert story.row.request is not None
    assert not story.row.request.is_answering
    assert story.row.request.trouble == "It cannot be recorded."


def test_an_answer_that_nobody_takes_is_reported_after_five_seconds(story: Story) -> None:
    story.works()
    story.asks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))

    story.waits(6)

    assert story.row.request is not None
    assert "did not take the answer" in story.row.request.trouble
    assert not story.row.request.is_answerable


def test_a_second_dialog_of_a_parallel_pair_replaces_the_first(story: Story) -> None:
    story.works()
    story.asks("first")
    story.waits(2)
    story.live(Claim.WAITING_APPROVAL, "permission prompt")  # the 90 ms of "busy" between them were missed
    story.waits(0.1)

    story.sees(RequestOpened(permission("second", 27.3)))

    assert [request.id for request in story.row.requests] == ["second"]
    assert story.hub.became_of(RequestId("first")) == "answered in the terminal"


def test_what_the_live_state_says_alone_is_shown_as_waiting_in_the_terminal_after_it_settled(story: Story) -> None:
    story.works()
    draft = permission("call-1", 25, reach=Reach.TERMINAL, call_key="k")
    story.sees(ToolCallStarted(SESSION, ToolCall("c1", "Bash", "k", story.now, draft)))

    assert story.live(Claim.WAITING_APPROVAL, "permission prompt") == []

    assert story.row.request is not None
    assert story.row.request.text == "touch a"
    assert not story.row.request.is_answerable
    [raised] = [effect for effect in story.waits(1) if isinstance(effect, Raise)]
    assert [button.act for button in raised.notice.buttons] == [Act.REVIEW]


def test_a_terminal_request_gets_its_text_when_the_transcript_comes_later(story: Story) -> None:
    story.works()
    story.live(Claim.WAITING_APPROVAL, "permission prompt")
    assert story.row.request is not None
    assert story.row.request.text == ""

    draft = permission("call-1", 25, reach=Reach.TERMINAL, call_key="k")
    story.sees(ToolCallStarted(SESSION, ToolCall("c1", "Bash", "k", story.now, draft)))

    assert [request.text for request in story.row.requests] == ["touch a"]


def test_a_background_subagent_is_let_go_after_its_hold_and_shown_in_the_terminal(story: Story) -> None:
    story.works()
    story.sees(SubagentStarted(SESSION, "a1", "explorer", story.now))
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))
    assert story.phase is Phase.NEEDS_APPROVAL

    released = [effect for effect in story.waits(21) if isinstance(effect, Release)]

    assert [effect.request for effect in released] == ["r1"]
    story.sees(RequestReleased(SESSION, RequestId("r1"), story.now, released[0].why))
    story.waits(0.1)
    story.live(Claim.WAITING_APPROVAL, "permission prompt")
    story.waits(5)
    assert story.row.request is not None
    assert story.row.request.reach is Reach.TERMINAL
    story.live(Claim.WORKING, "busy")
    assert story.row.requests == ()


@pytest.mark.parametrize(("agents", "settings", "held"), [(45, 20, 20), (10, 20, 10)])
def test_an_agent_that_hides_its_prompt_is_let_go_after_the_shorter_of_both_holds(
    agents: int, settings: int, held: int
) -> None:
    story = Story(Settings(answering=Answering(hidden_hold_s=settings)))
    story.hub = Hub([replace(AGENT, hook_hold_s=agents)], story.settings, story.now)
    story.sees(
        SessionDescribed(SESSION, KIND, story.now, pid=PID),
        EvidenceGiven(SESSION, Evidence(Source.PROCESS, Claim.ALIVE, story.now, origin=str(PID))),
        TurnStarted(SESSION, story.now, "build it"),
        RequestOpened(permission("r1", 0.0)),
    )
    assert story.row.reason.endswith("here; its terminal asks only once it is let go, which is soon")

    assert [effect for effect in story.waits(held - 1) if isinstance(effect, Release)] == []
    released = [effect for effect in story.waits(1) if isinstance(effect, Release)]

    assert [effect.request for effect in released] == ["r1"]
    story.sees(RequestReleased(SESSION, RequestId("r1"), story.now, released[0].why))
    story.waits(60)
    assert story.phase is Phase.NEEDS_APPROVAL
    assert story.row.request is not None
    assert story.row.request.reach is Reach.TERMINAL
    story.sees(TurnFinished(SESSION, story.now, Ending.INTERRUPTED))
    assert story.row.requests == ()


def test_a_hidden_prompt_is_held_longer_while_the_person_has_it_open(story: Story) -> None:
    story.works()
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))
    story.does(OpenRequest(RequestId("r1")))

    assert [effect for effect in story.waits(60) if isinstance(effect, Release)] == []

    story.does(OpenRequest(None))
    assert [effect for effect in story.waits(1) if isinstance(effect, Release)] != []


def test_a_subagent_whose_dialog_the_terminal_shows_is_held_until_answered(story: Story) -> None:
    story.works()
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))
    story.waits(0.2)
    story.live(Claim.WAITING_APPROVAL, "permission prompt")

    assert [effect for effect in story.waits(120) if isinstance(effect, Release)] == []


def test_a_request_that_its_hook_let_go_and_that_nobody_confirms_is_closed(story: Story) -> None:
    story.works()
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))

    story.sees(RequestReleased(SESSION, RequestId("r1"), story.now, "the hook ended"))
    story.waits(3)

    assert story.row.requests == ()
    assert story.hub.became_of(RequestId("r1")) == "the agent asks no more"


def test_a_dead_process_takes_its_request_and_its_notification_with_it(story: Story) -> None:
    story.works()
    story.asks()

    story.sees(ProcessEnded(PID, story.now))

    assert story.phase is Phase.ENDED
    assert "middle of a turn" in story.row.reason
    assert [type(effect) for effect in story.last] == [Release, NoteClosed, Withdraw]


def test_a_session_ended_by_a_hook_lives_on_while_its_live_state_says_so(story: Story) -> None:
    story.sees(SessionEnded(SESSION, story.now, "other", Source.HOOK))

    assert story.phase is not Phase.ENDED


def test_a_cleared_conversation_ends_and_leaves_no_live_state_behind(story: Story) -> None:
    story.sees(SessionEnded(SESSION, story.now, "cleared: the process goes on"))

    assert story.phase is Phase.ENDED
    assert story.row.reason == "cleared: the process goes on"


def test_a_turn_that_changed_files_is_to_review_and_seen_it_is_idle(story: Story) -> None:
    from desktop.domain.events import FilesChanged

    story.works()
    story.sees(FilesChanged(SESSION, story.now, ("a.py", "b.py")), TurnFinished(SESSION, story.now, last_words="Done."))
    story.live(Claim.RESTING, "idle")
    assert story.phase is Phase.NEEDS_REVIEW
    [raised] = [effect for effect in story.waits(1) if isinstance(effect, Raise)]
    assert raised.notice.kind is NoticeClass.REVIEW

    story.does(MarkSeen(SESSION))

    assert story.phase is Phase.IDLE
    assert [type(effect) for effect in story.last] == [NoteSeen, Withdraw]


def test_a_turn_without_changes_is_the_persons_turn_and_says_nothing_unless_asked(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now))
    story.live(Claim.RESTING, "idle")

    assert story.phase is Phase.YOUR_TURN
    assert story.waits(2) == []


def test_an_interrupted_turn_is_idle_because_the_person_sat_there(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now, Ending.INTERRUPTED))
    story.live(Claim.RESTING, "idle")

    assert story.phase is Phase.IDLE


def test_a_failed_turn_is_told_with_its_error(story: Story) -> None:
    story.works()
    story.live(Claim.RESTING, "idle")
    story.sees(TurnFinished(SESSION, story.now, Ending.FAILED, "API Error: 529"))

    assert story.phase is Phase.FAILED
    [raised] = [effect for effect in story.waits(1) if isinstance(effect, Raise)]
    assert raised.notice.body == "API Error: 529"


def test_what_ended_before_we_looked_raises_nothing() -> None:
    story = Story()
    story.session_starts()
    story.sees(TurnStarted(SESSION, at(-100), "x"), TurnFinished(SESSION, at(-50), Ending.FAILED, "quota"))

    assert story.phase is Phase.FAILED
    assert story.waits(5) == []


def test_what_waits_when_we_start_is_owed_whenever_it_began() -> None:
    story = Story()
    story.sees()
    story.session_starts()
    story.sees(EvidenceGiven(SESSION, Evidence(Source.LIVE_STATE, Claim.WAITING_APPROVAL, at(0), "prompt", str(PID))))

    assert [type(effect) for effect in story.waits(1)] == [Raise]


def test_a_lost_notification_server_has_everything_owed_raised_again(story: Story) -> None:
    story.works()
    story.asks()

    again = story.hub.equip(Capabilities("other"), story.now)

    assert [type(effect) for effect in again] == [Raise]


def test_settings_that_silence_decisions_take_the_notification_back(story: Story) -> None:
    story.works()
    story.asks()

    effects = story.hub.configure(Settings(notifications=Notifications(decisions=False)), story.now)

    assert [type(effect) for effect in effects] == [Withdraw]


def test_prompt_interrupt_and_stop_go_out_only_where_they_can(story: Story) -> None:
    assert [type(effect) for effect in story.does(Prompt(SESSION, "continue"))] == [Send]
    assert story.does(Interrupt(SESSION)) == []
    assert "Nothing was sent" in story.row.notice
    assert [type(effect) for effect in story.does(Stop(SESSION))] == [Send]
    story.works()
    assert story.does(Prompt(SESSION, "continue")) == []
    assert [type(effect) for effect in story.does(Interrupt(SESSION))] == [Send]
    assert story.does(Prompt(SessionId("example:none"), "x")) == []


def test_a_prompt_that_did_not_arrive_says_so_on_the_row(story: Story) -> None:
    story.sees(DeliveryFailed(SESSION, None, story.now, "The pane is in copy mode."))

    assert story.row.notice == "The pane is in copy mode."


def test_a_persons_name_wins_and_an_empty_one_gives_the_agents_back(story: Story) -> None:
    assert [type(effect) for effect in story.does(Rename(SESSION, "Refunds"))] == [NoteName]
    assert story.row.name == "Refunds"

    story.does(Rename(SESSION, ""))

    assert story.row.name == "shop"
    assert story.does(Rename(SessionId("example:none"), "x")) == []


def test_a_task_by_hand_wins_over_rules_and_without_it_they_hold_again() -> None:
    story = Story(settings=replace(Settings(), tasks=(Task("Shop", directories=("/home/dev/shop",)),)))
    story.session_starts()
    assert story.row.task == "Shop"

    assert [type(effect) for effect in story.does(AssignTask(SESSION, "Refunds"))] == [NoteTask]

    assert story.row.task == "Refunds"
    story.does(AssignTask(SESSION, ""))
    assert story.row.task == "Shop"
    assert story.does(AssignTask(SessionId("example:none"), "x")) == []


def test_sessions_stay_in_a_task_that_is_given_another_name() -> None:
    settings = replace(Settings(), tasks=(Task("May"), Task("June")))
    story = Story(settings=settings)
    away = SessionId("example:away")
    story.hub.remember({}, {}, {away: "May"})
    story.session_starts()
    story.does(AssignTask(SESSION, "May"))

    effects = story.hub.configure(replace(settings, tasks=(Task("Spring"), Task("June"))), story.now)

    noted = {(effect.session, effect.task) for effect in effects if isinstance(effect, NoteTask)}
    assert noted == {(away, "Spring"), (SESSION, "Spring")}
    assert story.row.task == "Spring"


def test_rows_are_arranged_as_the_person_chose() -> None:
    story = Story(settings=replace(Settings(), look=replace(Look(), group_by=GroupBy.AGENT)))
    story.session_starts()

    board = story.hub.board(story.now)

    assert [group.title for group in board.arranged] == [story.row.agent_label]
    assert [group.rows for group in board.arranged] == [group.rows for group in board.groups]


def test_what_the_ledger_remembers_comes_back_with_the_session() -> None:
    story = Story()
    story.hub.remember({SESSION: "Refunds"}, {SESSION: at(100)}, {SESSION: "May"})
    story.session_starts()
    story.sees(TurnStarted(SESSION, at(10), "x"), TurnFinished(SESSION, at(20)))

    assert (story.row.name, story.row.task) == ("Refunds", "May")
    assert story.phase is Phase.IDLE


def test_subagents_keep_their_parent_working(story: Story) -> None:
    story.works()
    story.sees(SubagentStarted(SESSION, "a1", "explorer", story.now), TurnFinished(SESSION, story.now))
    story.live(Claim.RESTING, "idle")
    assert story.phase is Phase.WORKING
    assert [helper.role for helper in story.row.subagents] == ["explorer"]

    story.sees(SubagentStopped(SESSION, "a1", story.now))

    assert story.phase is Phase.YOUR_TURN


def test_a_background_shell_is_scheduled(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now))
    story.live(Claim.BACKGROUND, "shell")

    assert story.phase is Phase.SCHEDULED


def test_troubles_are_on_the_board_until_they_are_over(story: Story) -> None:
    story.sees(HealthReported("hooks", story.now, "Hooks cannot reach us.", "Remove the file."))
    assert [trouble.part for trouble in story.hub.board(story.now).troubles] == ["hooks"]

    story.sees(HealthReported("hooks", story.now, ""))

    assert story.hub.board(story.now).troubles == ()


def test_records_nobody_could_read_are_counted(story: Story) -> None:
    story.sees(RecordsSkipped(KIND, "9.9", 2, story.now), RecordsSkipped(KIND, "9.9", 3, story.now))

    assert story.hub.skipped_records() == {(KIND, "9.9"): 5}
    assert story.hub.board(story.now).skipped == ((KIND, "9.9", 5),)


def test_events_of_a_session_nobody_described_are_dropped(story: Story) -> None:
    assert story.sees(TurnStarted(SessionId("example:ghost"), story.now, "x")) == []
    assert story.hub.session(SessionId("example:ghost")) is None


def test_a_request_opens_its_session_and_is_noted(story: Story) -> None:
    stranger = SessionId("example:older")

    story.sees(RequestOpened(permission("r9", 21, session=stranger)))

    assert NoteOpened in [type(effect) for effect in story.last]
    assert story.hub.request(RequestId("r9")) is not None
    assert stranger in [session.id for session in story.hub.sessions()]


def test_an_ended_session_leaves_the_board_and_then_the_memory() -> None:
    story = Story(Settings(look=Look(show_ended_minutes=10)))
    story.session_starts()
    story.sees(ProcessEnded(PID, story.now))
    assert story.hub.board(story.now).row(SESSION) is not None

    story.waits(601)
    assert story.hub.board(story.now).row(SESSION) is None

    story.waits(timedelta(hours=24).total_seconds())
    assert story.hub.session(SESSION) is None
    assert story.hub.next_deadline() is None


def test_a_request_closed_by_name_is_gone(story: Story) -> None:
    story.works()
    story.asks()

    story.sees(RequestClosed(SESSION, RequestId("r1"), story.now, "the hook was refused"))

    assert story.row.requests == ()


def test_the_hub_wakes_for_nothing_while_nothing_waits(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now))
    story.live(Claim.RESTING, "idle")
    story.waits(2)

    assert story.hub.next_deadline() is None


def test_the_agent_of_the_stories_is_complete_enough_to_be_prompted() -> None:
    assert AGENT.prompt_marks


def test_a_stand_in_that_got_its_own_id_leaves_no_ended_row(story: Story) -> None:
    stand_in = SessionId("example:pid-9")
    story.session_starts(stand_in, 9)

    story.sees(SessionEnded(stand_in, story.now, "known by its own id now", is_alias=True))

    assert story.hub.session(stand_in) is None
    assert story.hub.board(story.now).row(stand_in) is None


def test_how_a_request_closed_is_remembered_for_the_last_two_thousand(story: Story) -> None:
    story.works()
    for number in range(2001):
        story.sees(RequestOpened(permission(f"r{number}", 25)))

    story.sees(RequestOpened(permission("last", 25)))

    assert story.hub.became_of(RequestId("r0")) == ""
    assert story.hub.became_of(RequestId("r2000")) == "answered in the terminal"


def test_an_agent_that_has_no_hook_is_not_offered_to_be_connected(story: Story) -> None:
    story.hub.connect({AgentKind("another"): False})

    assert story.hub.board(story.now).agents_seen == ()


def test_the_board_says_which_agents_call_our_hook(story: Story) -> None:
    story.hub.connect({KIND: False})
    assert story.hub.board(story.now).agents_seen == ((KIND, "Example", False),)

    story.hub.connect({KIND: True})

    assert story.hub.board(story.now).agents_seen == ((KIND, "Example", True),)


def test_a_refusal_fits_every_kind_of_request(story: Story) -> None:
    story.works()
    story.asks()

    [delivered] = story.does(Deny(SESSION, RequestId("r1"), "digest of r1", reason="use another path"))

    assert isinstance(delivered, Deliver)
