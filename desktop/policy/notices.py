"""What a notification says and which buttons it carries. Pure: a standing, a request and the person's wishes in."""

from typing import assert_never

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Act, Button, Capabilities, Notice, NoticeClass, Urgency
from desktop.domain.phase import Phase, Standing
from desktop.domain.requests import Request, RequestKind
from desktop.domain.session import Session
from desktop.domain.settings import AllowFromNotification, Settings
from desktop.formats import text
from desktop.policy import danger

TITLE_LIMIT = 80
# Daemons cut long labels without a word; options longer than this are read in the window.
LABEL_LIMIT = 24
SUMMARY_KEY = NoticeKey("summary")
BEHIND_LOCK = "Unlock the screen to see it."

_CLASS_OF_PHASE = {
    Phase.NEEDS_APPROVAL: NoticeClass.DECISION,
    Phase.NEEDS_ANSWER: NoticeClass.DECISION,
    Phase.FAILED: NoticeClass.FAILED,
    Phase.WASTING_TIME: NoticeClass.WASTING,
    Phase.NEEDS_REVIEW: NoticeClass.REVIEW,
    Phase.YOUR_TURN: NoticeClass.FINISHED,
}


def notice_class(phase: Phase) -> NoticeClass | None:
    """Which class of news *phase* is, if it is any."""
    return _CLASS_OF_PHASE.get(phase)


def is_wanted(kind: NoticeClass, settings: Settings) -> bool:
    """Whether the person wants to be told of this class."""
    wishes = settings.notifications
    match kind:
        case NoticeClass.DECISION | NoticeClass.SUMMARY:
            return wishes.decisions
        case NoticeClass.FAILED | NoticeClass.WASTING:
            return wishes.failures
        case NoticeClass.REVIEW:
            return wishes.reviews
        case NoticeClass.FINISHED:
            return wishes.finished
        case _:
            assert_never(kind)


def key_of(session: Session) -> NoticeKey:
    """One notification a session: what is newest and most urgent replaces what was."""
    return NoticeKey(session.id)


def notice_for(
    session: Session,
    standing: Standing,
    label: str,
    settings: Settings,
    capabilities: Capabilities,
    *,
    is_locked: bool = False,
) -> Notice | None:
    """Word the notification that *standing* deserves; None when it deserves none.

    Before a locked screen anybody may stand: a decision is told without what it is about, and other news waits.
    """
    kind = notice_class(standing.phase)
    if kind is None or not is_wanted(kind, settings):
        return None
    if is_locked:
        request = session.requests[0] if session.requests else None
        hidden = _critical(session, "1 decision waits", BEHIND_LOCK, (), request)
        return hidden if kind is NoticeClass.DECISION else None
    name = text.one_line(session.name, TITLE_LIMIT)
    match kind:
        case NoticeClass.DECISION:
            return _decision(session, name, label, settings, capabilities)
        case NoticeClass.FAILED | NoticeClass.WASTING:
            return _news(session, kind, f"{name}: {_verb(standing.phase)}", standing.reason, Urgency.NORMAL)
        case _:
            body = session.last_words or standing.reason
            return _news(session, kind, f"{name}: {_verb(standing.phase)}", body, Urgency.LOW)


def summary(names: tuple[str, ...], *, is_locked: bool) -> Notice:
    """Word the notification for the sessions, named *names*, that wait beside those which have one of their own."""
    count = len(names)
    waiting = ", ".join(text.one_line(name, LABEL_LIMIT) for name in names)
    return Notice(
        key=SUMMARY_KEY,
        session=None,
        kind=NoticeClass.SUMMARY,
        urgency=Urgency.CRITICAL,
        title="1 more decision waits" if count == 1 else f"{count} more decisions wait",
        body=BEHIND_LOCK if is_locked else text.one_line(waiting, 200),
        stays=True,
    )


def _verb(phase: Phase) -> str:
    return {
        Phase.FAILED: "failed",
        Phase.WASTING_TIME: "likely wasting time",
        Phase.NEEDS_REVIEW: "has changes to review",
        Phase.YOUR_TURN: "is done, your turn",
    }.get(phase, phase.value)


def _news(session: Session, kind: NoticeClass, title: str, body: str, urgency: Urgency) -> Notice:
    quoted = text.mask_secrets(text.one_line(body, 200))
    return Notice(key_of(session), session.id, kind, urgency, text.one_line(title, TITLE_LIMIT + 40), quoted)


def _decision(session: Session, name: str, label: str, settings: Settings, capabilities: Capabilities) -> Notice | None:
    request = session.requests[0] if session.requests else None
    if request is None:
        return _critical(session, f"{name} waits in its terminal", label, ())
    asks = text.one_line(request.summary or "waits", TITLE_LIMIT)
    title = f"{name} {asks}"
    body, is_whole = _body(request, capabilities)
    buttons = _buttons(request, session, settings, capabilities, is_whole=is_whole)
    return _critical(session, title, body or label, buttons, request)


def _critical(
    session: Session, title: str, body: str, buttons: tuple[Button, ...], request: Request | None = None
) -> Notice:
    return Notice(
        key=key_of(session),
        session=session.id,
        kind=NoticeClass.DECISION,
        urgency=Urgency.CRITICAL,
        title=title,
        body=body,
        buttons=buttons,
        stays=True,
        request=request.id if request is not None else None,
        digest=request.digest if request is not None else "",
    )


def _body(request: Request, capabilities: Capabilities) -> tuple[str, bool]:
    """The body, and whether it is the complete text, unchanged."""
    if request.questions:
        first = text.one_line(request.questions[0].text, capabilities.body_limit)
        more = len(request.questions) - 1
        return (f"{first} (and {more} more)" if more else first), not more
    shown = text.mask_secrets(text.clean(request.text, capabilities.body_limit))
    return shown, shown == request.text and text.is_plain(request.text) and request.text.count("\n") < 4


def _buttons(
    request: Request, session: Session, settings: Settings, capabilities: Capabilities, *, is_whole: bool
) -> tuple[Button, ...]:
    if not capabilities.has_buttons:
        return ()
    if not request.is_answerable:
        return (Button(Act.REVIEW, "Show…"),)
    if request.kind in (RequestKind.QUESTION, RequestKind.ELICITATION):
        return _options(request, capabilities, is_whole=is_whole)
    if request.kind is RequestKind.PERMISSION and is_whole and may_allow(request, session, settings):
        return (Button(Act.ALLOW, "Allow"), Button(Act.DENY, "Deny"))
    return (Button(Act.REVIEW, "Review…"), Button(Act.DENY, "Deny"))


def may_allow(request: Request, session: Session, settings: Settings) -> bool:
    """Whether a person may allow *request* without opening the window, if all of it is shown."""
    wish = settings.notifications.allow
    if wish is AllowFromNotification.NEVER or request.kind is not RequestKind.PERMISSION or not request.is_answerable:
        return False
    if not request.text.strip() or not text.is_plain(request.text):
        return False
    if wish is AllowFromNotification.READ_ONLY and not danger.only_reads(request.text):
        return False
    return not danger.fears_of_request(request, session.cwd)


def _options(request: Request, capabilities: Capabilities, *, is_whole: bool) -> tuple[Button, ...]:
    reply = Button(Act.REPLY, "Reply…")
    question = request.questions[0] if request.questions else None
    if question is None or not is_whole or question.is_multiple:
        return (reply,)
    labels = [choice.label for choice in question.choices]
    fits = len(labels) < capabilities.max_buttons and all(
        text.is_plain(label) and "\n" not in label and len(label) <= LABEL_LIMIT for label in labels
    )
    if not fits:
        return (reply,)
    return (*(Button(Act.CHOOSE, label, index) for index, label in enumerate(labels)), reply)
