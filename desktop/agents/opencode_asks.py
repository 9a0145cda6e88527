"""What opencode asks, whichever way it comes, as requests; and what it takes as an answer to each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never

from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Choice, Question, Reach, Request, RequestKind, Suggestion
from desktop.formats import hook_payload, text, tool_calls
from desktop.formats.foreign_json import object_of, objects_of, text_of

KIND = AgentKind("opencode")
Fields = Mapping[str, object]

# Longer words of a person would be cut somewhere on their way to the model.
LONGEST_TEXT = 10_000
DENIED = "The user does not want this to be done."

_SUMMARIES = {
    "bash": "wants to run a command",
    "edit": "wants to change a file",
    "read": "wants to read a file",
    "external_directory": "wants to reach outside its directory",
    "webfetch": "wants to fetch a web page",
    "websearch": "wants to search the web",
    "task": "wants to start a subagent",
    "doom_loop": "repeats itself and wants to go on",
}


class Asked(StrEnum):
    """The two things that it asks, as its own routes name them."""

    PERMISSION = "permission"
    QUESTION = "question"


def request_of(
    kind: Asked, asked: Fields, session: SessionId, at: datetime, *, digest: str, reach: Reach, helper: str = ""
) -> Request | None:
    """The request in *asked*; None when it cannot be shown whole."""
    native = text_of(asked, "id")
    if not hook_payload.is_plain_id(native):
        return None
    questions = _questions(asked) if kind is Asked.QUESTION else ()
    tool = "question" if kind is Asked.QUESTION else text_of(asked, "permission")
    if not tool or (kind is Asked.QUESTION and not questions):
        return None
    shown, writes = _shown(tool, asked) if kind is Asked.PERMISSION else (_asked_text(questions), ())
    count = "a question" if len(questions) == 1 else f"{len(questions)} questions"
    is_question = kind is Asked.QUESTION
    return Request(
        id=RequestId(f"{KIND}:{native}"),
        session=session,
        kind=RequestKind.QUESTION if is_question else RequestKind.PERMISSION,
        opened_at=at,
        tool=tool,
        text=shown,
        summary=f"asks {count}" if is_question else _SUMMARIES.get(tool, f"wants to use {text.one_line(tool, 60)}"),
        questions=questions,
        suggestions=() if is_question else _always(tool, asked),
        writes=writes,
        digest=digest,
        reach=reach,
        subagent=text.one_line(helper, 60),
        is_parallel=True,
    )


def answer_to(kind: Asked, asked: Fields, reply: RequestReply) -> dict[str, object] | None:
    """What its own route takes for *reply*; None when there is no such answer."""
    match reply:
        case Allow(suggestions=()) if kind is Asked.PERMISSION:
            return {"reply": "once"}
        case Allow(suggestions=(0,)) if kind is Asked.PERMISSION and _always(text_of(asked, "permission"), asked):
            return {"reply": "always"}
        case Answer(answers=answers) if kind is Asked.QUESTION:
            return _answers(_questions(asked), answers)
        case Deny(reason=reason) if kind is Asked.QUESTION:
            # Its route takes no words and ends the turn: they follow as a prompt, as a person would type them then.
            if len(reason) > LONGEST_TEXT:
                return None
            return {"reject": True, "prompt": reason} if reason.strip() else {"reject": True}
        case Deny(stops=True):
            return {"reply": "reject"}  # without words it ends the turn
        case Deny(reason=reason):
            message = reason.strip() or DENIED
            return {"reply": "reject", "message": message} if len(message) <= LONGEST_TEXT else None
        case Allow() | Answer() | ApprovePlan():
            return None  # not what was asked
        case _:
            assert_never(reply)


def from_ms(value: object) -> datetime | None:
    """A time as opencode writes it; None for 0 and for what is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _shown(tool: str, asked: Fields) -> tuple[str, tuple[str, ...]]:
    """All of what is asked leave for, and the files that it would write."""
    metadata = object_of(asked, "metadata")
    match tool, metadata:
        case "bash", {"command": str(command)}:
            rest = {key: value for key, value in metadata.items() if key not in ("command", "description")}
            return _with_rest(command, rest), ()
        case "edit", {"filepath": str(path), "diff": str(diff)}:
            rest = {key: value for key, value in metadata.items() if key not in ("filepath", "diff", "files")}
            return _with_rest(f"{path}\n\n{diff}", rest), (path,)
        case _:
            return f"{tool}\n\n{tool_calls.pretty({'patterns': asked.get('patterns'), **metadata})}", ()


def _with_rest(shown: str, rest: Fields) -> str:
    return f"{shown}\n\n{tool_calls.pretty(rest)}" if rest else shown


def _always(tool: str, asked: Fields) -> tuple[Suggestion, ...]:
    """What "always" would allow from then on, every pattern of it; nothing when one of them cannot be read."""
    patterns = asked.get("always")
    if not isinstance(patterns, list) or not patterns or not all(isinstance(each, str) for each in patterns):
        return ()
    shown = ", ".join(f"{tool}: {'anything' if each == '*' else each}" for each in patterns)
    return (Suggestion(f"{shown} — in this project, until opencode ends"),)


def _questions(asked: Fields) -> tuple[Question, ...]:
    """Every question; none when any of them cannot be read."""
    read: list[Question] = []
    items = asked.get("questions")
    for item in items if isinstance(items, list) else ():
        match item:
            case {"question": str(question), "options": list(options)}:
                choices = tuple(
                    Choice(text_of(option, "label"), text_of(option, "description"))
                    for option in objects_of(item, "options")
                )
                if len(choices) != len(options) or not all(choice.label for choice in choices):
                    return ()
                read.append(Question(question, text_of(item, "header"), choices, item.get("multiple") is True))
            case _:
                return ()
    return tuple(read)


def _asked_text(questions: tuple[Question, ...]) -> str:
    blocks = []
    for question in questions:
        lines = [f"- {each.label}: {each.description}".removesuffix(": ") for each in question.choices]
        blocks.append("\n".join([question.text, *lines]))
    return "\n\n".join(blocks)


def _answers(asked: tuple[Question, ...], answers: tuple[tuple[str, ...], ...]) -> dict[str, object] | None:
    if not asked or len(asked) != len(answers):
        return None
    given = [[words for words in chosen if words.strip()] for chosen in answers]
    for question, words in zip(asked, given, strict=True):
        if not words or (len(words) > 1 and not question.is_multiple):
            return None
    if sum(len(word) for words in given for word in words) > LONGEST_TEXT:
        return None
    return {"answers": given}
