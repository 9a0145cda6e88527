"""What a use of a notification means as an intent. A click answers the very request that was shown, or nothing."""

from desktop.domain.notices import Act, NoticeActed
from desktop.domain.replies import Allow, Answer, Deny, Intent
from desktop.domain.requests import Request, RequestKind


def intent_of(acted: NoticeActed, request: Request | None) -> Intent | None:
    """Translate *acted*; None when the item is to be shown instead. *request* is the one now open of that id."""
    notice = acted.notice
    if notice.session is None or notice.request is None:
        return None
    match acted.act:
        case Act.ALLOW:
            return Allow(notice.session, notice.request, notice.digest)
        case Act.DENY:
            return Deny(notice.session, notice.request, notice.digest)
        case Act.CHOOSE:
            label = _label(request, acted.choice)
            return Answer(notice.session, notice.request, notice.digest, ((label,),)) if label else None
        case Act.REPLY if acted.text and acted.text.strip():
            return _typed(acted.text.strip(), notice.digest, request)
        case _:
            return None


def _label(request: Request | None, choice: int) -> str:
    if request is None or len(request.questions) != 1:
        return ""
    choices = request.questions[0].choices
    return choices[choice].label if 0 <= choice < len(choices) else ""


def _typed(typed: str, digest: str, request: Request | None) -> Intent | None:
    """Text typed into a notification: the answer to a lone question, or the reason of a refusal; never a yes."""
    if request is None:
        return None
    if request.kind in (RequestKind.QUESTION, RequestKind.ELICITATION):
        if len(request.questions) != 1:
            return None
        return Answer(request.session, request.id, digest, ((typed,),))
    return Deny(request.session, request.id, digest, reason=typed)
