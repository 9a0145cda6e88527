"""Notices such as the hub makes them."""

from desktop.domain.ids import NoticeKey, RequestId, SessionId
from desktop.domain.notices import Act, Button, Notice, NoticeClass, Urgency

SESSION = SessionId("robot:1")
ALLOW_DENY_REVIEW = (Button(Act.ALLOW, "Allow"), Button(Act.DENY, "Deny"), Button(Act.REVIEW, "Review…"))


def decision(
    body: str = "cargo test",
    *,
    key: str = "robot:1/decision",
    request: str = "r1",
    title: str = "api: wants to run a command",
    buttons: tuple[Button, ...] = ALLOW_DENY_REVIEW,
) -> Notice:
    """A session waits for an approval."""
    return Notice(
        NoticeKey(key),
        SESSION,
        NoticeClass.DECISION,
        Urgency.CRITICAL,
        title,
        body,
        buttons,
        stays=True,
        request=RequestId(request),
    )


def news(body: str = "3 files changed", *, key: str = "robot:1/review", urgency: Urgency = Urgency.NORMAL) -> Notice:
    """Something that can wait."""
    return Notice(NoticeKey(key), SESSION, NoticeClass.REVIEW, urgency, "api: ready for review", body)
