"""What a use of a notification means; never more than the person could have meant."""

from dataclasses import replace

import pytest

from desktop.app.answers import intent_of
from desktop.domain.notices import Act, NoticeActed
from desktop.domain.replies import Allow, Answer, Deny
from desktop.domain.requests import Choice, Question, Request, RequestKind
from tests.fakes.notices import SESSION, decision
from tests.widgets.boards import permission, question

NOTICE = replace(decision(request="r1"), digest="digest that was shown")


def acted(act: Act, *, choice: int = -1, text: str | None = None) -> NoticeActed:
    return NoticeActed(NOTICE, act, choice, text)


def asks(*labels: str) -> Request:
    return question("robot:1", *labels, request="r1")


def test_a_button_answers_the_request_that_was_shown_with_the_digest_that_was_shown() -> None:
    assert intent_of(acted(Act.ALLOW), permission()) == Allow(SESSION, permission().id, "digest that was shown")
    assert intent_of(acted(Act.DENY), permission()) == Deny(SESSION, permission().id, "digest that was shown")


def test_a_button_of_a_request_that_is_gone_is_still_told_so_that_the_person_hears_it_is_late() -> None:
    assert intent_of(acted(Act.DENY), None) == Deny(SESSION, permission().id, "digest that was shown")


def test_a_chosen_option_is_told_by_its_label() -> None:
    intent = intent_of(acted(Act.CHOOSE, choice=1), asks("one", "two"))

    assert intent == Answer(SESSION, asks().id, "digest that was shown", (("two",),))


@pytest.mark.parametrize("choice", [-1, 2, 99])
def test_an_option_that_was_never_there_is_none(choice: int) -> None:
    assert intent_of(acted(Act.CHOOSE, choice=choice), asks("one", "two")) is None


def test_an_option_of_a_request_with_several_questions_or_of_none_is_none() -> None:
    two = replace(asks(), questions=(Question("a", choices=(Choice("x"),)), Question("b", choices=(Choice("y"),))))

    assert intent_of(acted(Act.CHOOSE, choice=0), two) is None
    assert intent_of(acted(Act.CHOOSE, choice=0), None) is None
    assert intent_of(acted(Act.CHOOSE, choice=0), permission()) is None


def test_text_typed_under_a_question_answers_it() -> None:
    intent = intent_of(acted(Act.REPLY, text="  MariaDB \n"), asks())

    assert intent == Answer(SESSION, asks().id, "digest that was shown", (("MariaDB",),))


@pytest.mark.parametrize("kind", [RequestKind.PERMISSION, RequestKind.PLAN])
@pytest.mark.parametrize("typed", ["yes", "allow", "y", "use the other file"])
def test_text_typed_under_what_wants_leave_is_the_reason_of_a_refusal_and_never_a_yes(
    kind: RequestKind, typed: str
) -> None:
    intent = intent_of(acted(Act.REPLY, text=typed), replace(permission(), kind=kind))

    assert intent == Deny(SESSION, permission().id, "digest that was shown", reason=typed)


@pytest.mark.parametrize("typed", [None, "", "  \n\t"])
def test_a_reply_without_text_opens_the_box(typed: str | None) -> None:
    assert intent_of(acted(Act.REPLY, text=typed), permission()) is None


def test_text_for_several_questions_or_for_a_request_that_is_gone_goes_nowhere() -> None:
    two = replace(asks(), questions=(Question("a"), Question("b")))

    assert intent_of(acted(Act.REPLY, text="x"), two) is None
    assert intent_of(acted(Act.REPLY, text="x"), None) is None


@pytest.mark.parametrize("act", [Act.OPEN, Act.REVIEW])
def test_a_click_that_wants_to_see_decides_nothing(act: Act) -> None:
    assert intent_of(acted(act, text="typed"), permission()) is None


@pytest.mark.parametrize("act", Act)
def test_news_without_a_request_can_answer_nothing(act: Act) -> None:
    for notice in (replace(NOTICE, request=None), replace(NOTICE, session=None)):
        assert intent_of(NoticeActed(notice, act, 0, "text"), permission()) is None
