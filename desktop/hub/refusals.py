"""Why a reply to a request cannot be given, in a sentence."""

from typing import assert_never

from desktop.domain import reducer
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Request, RequestKind

SCREEN_LOCKED = "Nothing was sent: the screen is locked."


def refusal(reply: RequestReply, request: Request | None, became: str, *, is_locked: bool) -> str:
    """Why *reply* cannot be given, empty when it can; *became* is how a request that is open no more was closed."""
    if is_locked:
        return SCREEN_LOCKED
    if request is None:
        if became.startswith("answered"):
            return f"Nothing was sent: this request was already {became}."
        return f"Nothing was sent: this request is closed ({became or 'it is not known any more'})."
    if request.is_answering:
        return "Nothing was sent: an answer to this request is already on its way."
    if request.digest != reply.digest:
        return "Nothing was sent: the request changed after it was shown. Read it again."
    if not request.is_answerable:
        return f"Nothing was sent: {request.why_not or reducer.IN_TERMINAL}"
    if not _fits(reply, request):
        return "Nothing was sent: this request takes another kind of answer."
    return ""


def _fits(reply: RequestReply, request: Request) -> bool:
    match reply:
        case Allow(suggestions=chosen):
            known = range(len(request.suggestions))
            return request.kind is RequestKind.PERMISSION and all(index in known for index in chosen)
        case Deny():
            return True
        case Answer(answers=answers):
            is_question = request.kind in (RequestKind.QUESTION, RequestKind.ELICITATION)
            return is_question and len(answers) == len(request.questions) and all(answers)
        case ApprovePlan(mode=mode):
            return request.kind is RequestKind.PLAN and (not mode or mode in request.modes)
        case _:
            assert_never(reply)
