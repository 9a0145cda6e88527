"""Stories of notifications: how many at once, what a locked screen shows, and what news may cost."""

import pytest

from desktop.domain.events import ProcessEnded, ReplyDelivered, RequestOpened, TurnFinished, TurnStarted
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.notices import NoticeClass, Urgency
from desktop.domain.replies import (
    Allow,
    Answer,
    ApprovePlan,
    Deny,
    Interrupt,
    MarkSeen,
    OpenRequest,
    Prompt,
    RequestReply,
    SessionReply,
    Stop,
)
from desktop.domain.session import Claim, Ending
from desktop.domain.settings import Notifications, Settings
from desktop.hub.effects import Raise, Release, Withdraw
from desktop.policy import notices
from tests.helpers.story import SESSION, Story, permission


def many_ask(story: Story, count: int) -> list[SessionId]:
    """So many sessions ask, one after the other."""
    sessions = [SessionId(f"example:s{number}") for number in range(count)]
    for number, session in enumerate(sessions):
        story.session_starts(session, 100 + number)
        story.waits(1)
        seconds = 20.0 + number
        story.sees(RequestOpened(permission(f"r{number}", seconds, session=session)))
    return sessions


def titles(story: Story) -> list[str]:
    return [effect.notice.title for effect in story.effects(Raise)]


def test_three_decisions_have_a_notification_each_and_the_rest_are_summed_up(story: Story) -> None:
    sessions = many_ask(story, 3)
    assert [effect.notice.session for effect in story.all if isinstance(effect, Raise)] == sessions

    story.session_starts(SessionId("example:fourth"), 200)
    story.sees(RequestOpened(permission("r4", 24.0, session=SessionId("example:fourth"))))

    [raised] = story.effects(Raise)
    assert raised.notice.kind is NoticeClass.SUMMARY
    assert raised.notice.key == notices.SUMMARY_KEY
    assert raised.notice.title == "1 more decision waits"
    assert raised.notice.body == "shop"
    assert raised.notice.buttons == ()
    assert raised.notice.session is None
    assert raised.notice.stays
    assert raised.notice.urgency is Urgency.CRITICAL


def test_the_summary_counts_on(story: Story) -> None:
    many_ask(story, 5)

    assert titles(story) == ["2 more decisions wait"]


def test_a_place_that_comes_free_goes_to_the_next_and_the_summary_goes_away(story: Story) -> None:
    sessions = many_ask(story, 4)
    story.does(Allow(sessions[0], RequestId("r0"), "digest of r0"))

    story.sees(ReplyDelivered(sessions[0], RequestId("r0"), story.now))

    assert [effect.notice.session for effect in story.effects(Raise)] == [sessions[3]]
    assert [effect.key for effect in story.effects(Withdraw)] == [sessions[0], notices.SUMMARY_KEY]


def test_a_session_that_dies_among_the_rest_leaves_the_summary(story: Story) -> None:
    many_ask(story, 4)

    story.sees(ProcessEnded(103, story.now))

    assert [effect.key for effect in story.effects(Withdraw)] == [notices.SUMMARY_KEY]


def test_a_session_that_is_forgotten_takes_its_part_in_the_summary_with_it(story: Story) -> None:
    many_ask(story, 4)
    story.sees(ProcessEnded(100, story.now))

    story.waits(25 * 3600)

    assert story.hub.session(SessionId("example:s0")) is None
    assert story.effects(Raise) == []


def test_a_lost_notification_server_has_no_more_raised_than_before(story: Story) -> None:
    many_ask(story, 5)

    again = story.hub.equip(story.hub._attention.capabilities, story.now)

    kinds = [effect.notice.kind for effect in again if isinstance(effect, Raise)]
    assert kinds == [NoticeClass.DECISION] * 3 + [NoticeClass.SUMMARY]


def test_a_locked_screen_shows_that_something_waits_and_not_what(story: Story) -> None:
    story.works()
    story.asks(text="rm -rf secret-project")

    story.screen_locks()

    [raised] = story.effects(Raise)
    assert (raised.notice.title, raised.notice.body) == ("1 decision waits", notices.BEHIND_LOCK)
    assert raised.notice.buttons == ()


def test_a_request_that_comes_while_the_screen_is_locked_is_told_without_its_text(story: Story) -> None:
    story.works()
    story.screen_locks()

    story.asks(text="touch secret-project")

    [raised] = story.effects(Raise)
    assert "secret" not in str((raised.notice.title, raised.notice.body))
    assert raised.notice.buttons == ()


def test_an_unlocked_screen_gets_the_whole_notification(story: Story) -> None:
    story.works()
    story.screen_locks()
    story.asks()

    story.screen_locks(is_locked=False)

    [raised] = story.effects(Raise)
    assert raised.notice.body == "touch a"
    assert raised.notice.buttons != ()


def test_the_summary_names_nobody_on_a_locked_screen(story: Story) -> None:
    many_ask(story, 5)

    story.screen_locks()

    assert [effect.notice.body for effect in story.effects(Raise)] == [notices.BEHIND_LOCK] * 4


def test_other_news_is_taken_from_a_locked_screen_and_waits_for_its_opening(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now, Ending.FAILED, "quota of secret-project"))
    story.live(Claim.RESTING, "idle")
    story.waits(1)

    assert [type(effect) for effect in story.screen_locks()] == [Withdraw]
    assert [type(effect) for effect in story.screen_locks(is_locked=False)] == [Raise]


@pytest.mark.parametrize(
    "reply",
    [
        Allow(SESSION, RequestId("r1"), "digest of r1"),
        Deny(SESSION, RequestId("r1"), "digest of r1"),
        Answer(SESSION, RequestId("r1"), "digest of r1", (("yes",),)),
        ApprovePlan(SESSION, RequestId("r1"), "digest of r1"),
        Prompt(SESSION, "go on"),
        Interrupt(SESSION),
        Stop(SESSION),
    ],
    ids=lambda reply: type(reply).__name__,
)
def test_attack_40_nothing_is_decided_while_the_screen_is_locked(
    story: Story, reply: RequestReply | SessionReply
) -> None:
    story.works()
    story.asks()
    story.screen_locks()

    assert story.does(reply) == []

    assert story.row.notice == "Nothing was sent: the screen is locked."
    assert story.row.request is not None
    assert not story.row.request.is_answering


def test_after_unlocking_the_same_request_can_be_answered(story: Story) -> None:
    story.works()
    story.asks()
    story.screen_locks()
    story.does(Allow(SESSION, RequestId("r1"), "digest of r1"))
    story.screen_locks(is_locked=False)

    assert story.does(Allow(SESSION, RequestId("r1"), "digest of r1")) != []


def test_a_window_behind_a_locked_screen_is_seen_by_nobody(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now))
    story.live(Claim.RESTING, "idle")
    story.screen_locks()

    assert story.does(MarkSeen(SESSION)) == []


def test_a_hidden_prompt_is_not_held_for_a_window_behind_a_locked_screen(story: Story) -> None:
    story.works()
    story.sees(RequestOpened(permission("r1", 25.0, subagent_id="a1")))
    story.does(OpenRequest(RequestId("r1")))
    story.screen_locks()

    assert [effect for effect in story.waits(30) if isinstance(effect, Release)] != []


def test_ordinary_news_keeps_to_the_hourly_budget_and_decisions_do_not() -> None:
    story = Story(Settings(notifications=Notifications(per_hour=1)))
    story.waits(10)
    for index in range(3):
        fails(story, index)
    failed = [effect for effect in story.all if isinstance(effect, Raise)]
    assert len(failed) == 1

    story.session_starts()
    story.works()
    story.asks()

    assert len(story.effects(Raise)) == 1


def test_the_budget_of_news_is_new_after_an_hour() -> None:
    story = Story(Settings(notifications=Notifications(per_hour=1)))
    story.waits(10)
    fails(story, 1)
    story.waits(3601)

    fails(story, 2)

    assert [effect.notice.session for effect in story.effects(Raise)] == ["example:2"]


def test_the_same_news_in_other_words_is_no_news(story: Story) -> None:
    story.works()
    story.sees(TurnFinished(SESSION, story.now, Ending.FAILED, "API Error: 529"))
    story.live(Claim.RESTING, "idle")
    story.waits(1)

    story.sees(TurnFinished(SESSION, story.now, Ending.FAILED, "API Error: 529 again"))

    assert story.effects(Raise) == []


def fails(story: Story, number: int) -> None:
    session = SessionId(f"example:{number}")
    story.session_starts(session, 100 + number)
    story.sees(TurnStarted(session, story.now, "x"))
    story.waits(1)
    story.sees(TurnFinished(session, story.now, Ending.FAILED, "quota"))
    story.waits(1)
