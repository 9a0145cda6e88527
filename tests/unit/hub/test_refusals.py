"""Why a reply cannot be given."""

from dataclasses import replace

import pytest

from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Question, Reach, Request, RequestKind
from desktop.hub.refusals import SCREEN_LOCKED, refusal
from tests.helpers.story import permission

ASKED = permission()
PLAN = replace(ASKED, kind=RequestKind.PLAN, modes=("default",))
QUESTION = replace(ASKED, kind=RequestKind.QUESTION, questions=(Question("Which?"),))
NAMED = (ASKED.session, ASKED.id, ASKED.digest)


def why_not(reply: RequestReply, request: Request | None, became: str = "") -> str:
    return refusal(reply, request, became, is_locked=False)


@pytest.mark.parametrize(
    ("reply", "request_"),
    [
        (Allow(*NAMED), ASKED),
        (Deny(*NAMED, "because"), ASKED),
        (Answer(*NAMED, (("one",),)), QUESTION),
        (ApprovePlan(*NAMED, "default"), PLAN),
        (ApprovePlan(*NAMED), PLAN),
    ],
)
def test_what_fits_is_not_refused(reply: RequestReply, request_: Request) -> None:
    assert why_not(reply, request_) == ""


@pytest.mark.parametrize(
    ("reply", "request_", "said"),
    [
        (Allow(*NAMED, (3,)), ASKED, "takes another kind of answer"),
        (Allow(*NAMED), PLAN, "takes another kind of answer"),
        (Answer(*NAMED, (("one",), ("two",))), QUESTION, "takes another kind of answer"),
        (Answer(*NAMED, ((),)), QUESTION, "takes another kind of answer"),
        (ApprovePlan(*NAMED, "bypass"), PLAN, "takes another kind of answer"),
        (Allow(ASKED.session, ASKED.id, "other"), ASKED, "changed after it was shown"),
        (Allow(*NAMED), replace(ASKED, is_answering=True), "already on its way"),
        (Allow(*NAMED), replace(ASKED, reach=Reach.TERMINAL), "Answer it in the terminal of the session."),
        (Allow(*NAMED), replace(ASKED, is_verified=False, why_not="A stranger asked."), "A stranger asked."),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(reply: RequestReply, request_: Request, said: str) -> None:
    assert said in why_not(reply, request_)


def test_of_a_request_that_is_gone_it_is_said_how_it_went() -> None:
    assert "was already answered in the terminal" in why_not(Allow(*NAMED), None, "answered in the terminal")
    assert "is closed (the session ended)" in why_not(Allow(*NAMED), None, "the session ended")
    assert "is not known any more" in why_not(Allow(*NAMED), None)


def test_behind_a_locked_screen_nothing_is_decided() -> None:
    assert refusal(Deny(*NAMED), ASKED, "", is_locked=True) == SCREEN_LOCKED
