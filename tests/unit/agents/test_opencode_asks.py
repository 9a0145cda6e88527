"""What is asked is shown whole, and each answer is what its routes take."""

from datetime import UTC, datetime

import pytest

from desktop.agents.opencode_asks import LONGEST_TEXT, Asked, answer_to, from_ms, request_of
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Reach, Request, RequestKind

SESSION = SessionId("opencode:ses_1")
AT = datetime(2026, 11, 24, tzinfo=UTC)
NAMED = (SESSION, RequestId("opencode:per_1"), "d")
BASH = {
    "id": "per_1", "permission": "bash", "patterns": ["make", "git push"], "always": ["make *", "git push *"],
    "metadata": {"command": "make && git push"},
}  # fmt: skip
DATABASE = {"question": "Which one?", "header": "DB", "options": [{"label": "A", "description": "first"}]}
QUESTION = {"id": "que_1", "questions": [DATABASE]}


def asked(kind: Asked, fields: dict[str, object], helper: str = "") -> Request | None:
    return request_of(kind, fields, SESSION, AT, digest="d", reach=Reach.HOOK, helper=helper)


def permission(**changed: object) -> Request:
    request = asked(Asked.PERMISSION, {**BASH, **changed})
    assert request is not None
    return request


def test_a_command_is_shown_as_it_will_run() -> None:
    request = permission()

    assert request.text == "make && git push"
    assert (request.kind, request.tool, request.summary) == (
        RequestKind.PERMISSION, "bash", "wants to run a command",
    )  # fmt: skip


def test_what_is_unknown_beside_a_command_is_shown_with_it() -> None:
    request = permission(metadata={"command": "ls", "description": "List", "sandbox": False})

    assert request.text == 'ls\n\n{\n  "sandbox": false\n}'


def test_a_change_is_shown_with_its_difference_and_its_file() -> None:
    request = permission(permission="edit", metadata={"filepath": "/home/dev/a", "diff": "+x"})

    assert request.text == "/home/dev/a\n\n+x"
    assert request.writes == ("/home/dev/a",)


def test_any_other_permission_shows_all_that_is_known_of_it() -> None:
    request = permission(permission="external_directory", patterns=["/etc/*"], metadata={"parentDir": "/etc"})

    assert '"/etc/*"' in request.text
    assert '"parentDir": "/etc"' in request.text


def test_always_shows_every_pattern_that_it_would_allow() -> None:
    (suggestion,) = permission().suggestions

    assert "bash: make *" in suggestion.text
    assert "git push *" in suggestion.text


def test_a_pattern_for_everything_says_so() -> None:
    (suggestion,) = permission(always=["*"]).suggestions

    assert suggestion.text.startswith("bash: anything")


@pytest.mark.parametrize("always", [None, [], [7], ["ok", {}], "make *"])
def test_always_is_not_offered_when_a_pattern_cannot_be_read(always: object) -> None:
    request = permission(always=always)

    assert request.suggestions == ()
    assert answer_to(Asked.PERMISSION, {**BASH, "always": always}, Allow(*NAMED, (0,))) is None


def test_a_subagent_that_asks_is_named() -> None:
    request = asked(Asked.PERMISSION, BASH, "general\x1b[31m")

    assert request is not None
    assert request.subagent == "general"


@pytest.mark.parametrize("changed", [{"id": "../x"}, {"id": 7}, {"permission": ""}, {"permission": None}])
def test_what_has_no_name_asks_nothing(changed: dict[str, object]) -> None:
    assert asked(Asked.PERMISSION, {**BASH, **changed}) is None


def test_a_question_shows_its_choices() -> None:
    request = asked(Asked.QUESTION, QUESTION)

    assert request is not None
    assert request.text == "Which one?\n- A: first"
    assert [choice.label for choice in request.questions[0].choices] == ["A"]


def test_several_questions_are_asked_at_once() -> None:
    several = {**DATABASE, "question": "And?", "multiple": True, "options": [{"label": "B"}]}
    request = asked(Asked.QUESTION, {**QUESTION, "questions": [DATABASE, several]})

    assert request is not None
    assert request.summary == "asks 2 questions"
    assert request.text.endswith("And?\n- B")
    assert [question.is_multiple for question in request.questions] == [False, True]


@pytest.mark.parametrize(
    "questions", [None, [], [7], [{"question": 7, "options": []}], [{"question": "x", "options": [7]}],
                  [{"question": "x", "options": [{"label": ""}]}], [DATABASE, {}]],
)  # fmt: skip
def test_a_question_that_cannot_be_read_whole_is_not_shown_in_part(questions: object) -> None:
    assert asked(Asked.QUESTION, {**QUESTION, "questions": questions}) is None


@pytest.mark.parametrize(
    ("reply", "written"),
    [
        (Allow(*NAMED), {"reply": "once"}),
        (Allow(*NAMED, (0,)), {"reply": "always"}),
        (Allow(*NAMED, (1,)), None),
        (Deny(*NAMED, "use a branch"), {"reply": "reject", "message": "use a branch"}),
        (Deny(*NAMED), {"reply": "reject", "message": "The user does not want this to be done."}),
        (Deny(*NAMED, "stop", stops=True), {"reply": "reject"}),
        (Deny(*NAMED, "x" * (LONGEST_TEXT + 1)), None),
        (Answer(*NAMED, (("A",),)), None),
        (ApprovePlan(*NAMED), None),
    ],
)
def test_a_permission_takes_these_answers(reply: RequestReply, written: object) -> None:
    assert answer_to(Asked.PERMISSION, BASH, reply) == written


@pytest.mark.parametrize(
    ("reply", "written"),
    [
        (Answer(*NAMED, (("A",),)), {"answers": [["A"]]}),
        (Answer(*NAMED, (("none of these",),)), {"answers": [["none of these"]]}),
        (Answer(*NAMED, (("A", "B"),)), None),
        (Answer(*NAMED, ((" ",),)), None),
        (Answer(*NAMED, (("A",), ("B",))), None),
        (Answer(*NAMED, (("x" * (LONGEST_TEXT + 1),),)), None),
        (Deny(*NAMED), {"reject": True}),
        (Deny(*NAMED, "later"), {"reject": True, "prompt": "later"}),
        (Deny(*NAMED, "x" * (LONGEST_TEXT + 1)), None),
        (Allow(*NAMED), None),
    ],
)
def test_a_question_takes_these_answers(reply: RequestReply, written: object) -> None:
    assert answer_to(Asked.QUESTION, QUESTION, reply) == written


def test_several_choices_are_taken_where_several_may_be_chosen() -> None:
    question = {"id": "que_1", "questions": [{**DATABASE, "multiple": True}]}

    assert answer_to(Asked.QUESTION, question, Answer(*NAMED, (("A", "B"),))) == {"answers": [["A", "B"]]}


@pytest.mark.parametrize("value", [0, -5, None, "7", True, 1e300, float("inf"), float("nan")])
def test_what_is_no_time_is_none(value: object) -> None:
    assert from_ms(value) is None


def test_a_time_is_read_in_milliseconds() -> None:
    assert from_ms(1500) == datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)
