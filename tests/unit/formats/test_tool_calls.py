"""Tests of what a tool call would do, in full and in words."""

import json
from collections.abc import Mapping

import pytest

from desktop.domain.requests import Choice, RequestKind
from desktop.formats import tool_calls

QUESTION = {
    "question": "Which database?",
    "header": "Database",
    "options": [{"label": "PostgreSQL", "description": "Relational"}, {"label": "SQLite"}],
    "multiSelect": True,
}


def test_a_command_is_shown_verbatim_and_without_the_models_own_words_for_it() -> None:
    use = tool_calls.describe("Bash", {"command": "rm -r build\n  && echo ok ", "description": "harmless"})

    assert use.kind is RequestKind.PERMISSION
    assert use.text == "rm -r build\n  && echo ok "
    assert use.summary == "wants to run a command"


def test_a_command_that_leaves_its_sandbox_says_so_twice() -> None:
    use = tool_calls.describe("Bash", {"command": "ls", "dangerouslyDisableSandbox": True})

    assert use.summary == "wants to run a command outside its sandbox"
    assert '"dangerouslyDisableSandbox": true' in use.text


def test_a_background_command_says_so() -> None:
    assert "background" in tool_calls.describe("Bash", {"command": "ls", "run_in_background": True}).summary


def test_a_written_file_is_shown_with_its_path_and_all_of_its_content() -> None:
    content = "hello\n" * 5000

    assert tool_calls.describe("Write", {"file_path": "/p/a.txt", "content": content}).text == f"/p/a.txt\n\n{content}"


def test_an_edit_is_shown_as_what_goes_and_what_comes() -> None:
    given = {"file_path": "/p/a.py", "old_string": "a\nb\n", "new_string": "c", "replace_all": False}

    assert tool_calls.describe("Edit", given).text == "/p/a.py\n\n-a\n-b\n+c"


def test_an_edit_of_every_place_says_so() -> None:
    given = {"file_path": "/p/a.py", "old_string": "a", "new_string": "b", "replace_all": True}

    assert '"replace_all": true' in tool_calls.describe("Edit", given).text


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("mcp__shop__buy", {"item": "car", "deep": {"price": [1, 2]}}),
        ("Write", {"file_path": "/p", "content": "x", "mode": "0777"}),
        ("Write", {"file_path": 7, "content": "x"}),
        ("Bash", {"command": ["ls"]}),
        ("Edit", {"file_path": "/p"}),
    ],
)
def test_a_call_without_a_layout_of_its_own_is_shown_whole(tool: str, given: Mapping[str, object]) -> None:
    shown = tool_calls.describe(tool, given).text

    assert shown.startswith(f"{tool}\n\n")
    assert json.loads(shown.partition("\n\n")[2]) == given


def test_questions_are_read_with_their_choices() -> None:
    use = tool_calls.describe("AskUserQuestion", {"questions": [QUESTION, {**QUESTION, "multiSelect": False}]})

    assert use.kind is RequestKind.QUESTION
    assert use.summary == "asks 2 questions"
    assert use.questions[0].choices == (Choice("PostgreSQL", "Relational"), Choice("SQLite"))
    assert use.questions[0].is_multiple
    assert not use.questions[1].is_multiple
    assert "PostgreSQL" in use.text


@pytest.mark.parametrize(
    "questions", [None, [], [QUESTION, 7], [{"question": 7}], [{**QUESTION, "options": [{"label": ""}]}], [{}]]
)
def test_questions_that_cannot_be_read_whole_have_no_choices_and_are_shown_raw(questions: object) -> None:
    use = tool_calls.describe("AskUserQuestion", {"questions": questions})

    assert use.kind is RequestKind.QUESTION
    assert use.questions == ()
    assert json.loads(use.text) == {"questions": questions}


def test_a_question_may_leave_the_answer_free() -> None:
    assert tool_calls.questions({"questions": [{"question": "Why?"}]})[0].choices == ()


def test_a_plan_is_shown_with_whatever_else_its_approval_grants() -> None:
    use = tool_calls.describe("ExitPlanMode", {"plan": "1. do", "planFilePath": "/p.md", "allowed": ["rm"]})

    assert use.kind is RequestKind.PLAN
    assert use.text.startswith("1. do\n\n")
    assert '"allowed"' in use.text


def test_a_plan_that_was_never_written_says_so() -> None:
    assert tool_calls.describe("ExitPlanMode", {}).summary == "wants to leave plan mode and shows no plan"


def test_the_key_of_a_call_does_not_hang_on_the_order_of_its_fields() -> None:
    assert tool_calls.call_key("Bash", {"a": 1, "b": 2}) == tool_calls.call_key("Bash", {"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("tool", "given"), [("Bash", {"command": "ls "}), ("Bash", {"command": "ls", "x": 1}), ("Read", {"command": "ls"})]
)
def test_another_call_has_another_key(tool: str, given: Mapping[str, object]) -> None:
    assert tool_calls.call_key(tool, given) != tool_calls.call_key("Bash", {"command": "ls"})


def test_what_is_off_by_default_does_not_change_a_key() -> None:
    assert tool_calls.call_key("Edit", {"a": 1, "replace_all": False}) == tool_calls.call_key("Edit", {"a": 1})


def test_defaults_filled_in_on_the_way_do_not_change_a_questions_key() -> None:
    bare = {key: value for key, value in QUESTION.items() if key != "multiSelect"}

    assert tool_calls.call_key("AskUserQuestion", {"questions": [bare]}) == tool_calls.call_key(
        "AskUserQuestion", {"questions": [{**bare, "multiSelect": False}]}
    )


@pytest.mark.parametrize(
    ("tool", "given", "words"),
    [
        ("Bash", {"command": "pytest -q\n"}, "running pytest -q"),
        ("Edit", {"file_path": "/p/src/cart/total.ts"}, "editing src/cart/total.ts"),
        ("Write", {"file_path": "/elsewhere/a"}, "writing /elsewhere/a"),
        ("Grep", {"pattern": "TODO"}, "searching for TODO"),
        ("Read", {"file_path": "/p"}, "reading /p"),
        ("WebFetch", {"url": "https://x.test"}, "fetching https://x.test"),
        ("WebSearch", {"query": "weather"}, "searching the web for weather"),
        ("Task", {"description": "look around"}, "starting a subagent: look around"),
        ("TaskCreate", {}, "planning its tasks"),
        ("AskUserQuestion", {}, "asking"),
        ("ExitPlanMode", {}, "showing its plan"),
        ("mcp__shop__buy", {}, "using mcp__shop__buy"),
        ("Bash", {"command": "echo \x1b[31mred\u202e"}, "running echo red\ufffd"),
    ],
)
def test_activity_is_one_plain_line(tool: str, given: Mapping[str, object], words: str) -> None:
    assert tool_calls.activity(tool, given, "/p") == words


def test_many_reads_in_a_row_are_counted() -> None:
    assert tool_calls.activity("Read", {"file_path": "/p/a"}, "/p", 14) == "reading 14 files"


def test_only_writing_tools_write() -> None:
    assert tool_calls.written_path("Edit", {"file_path": "/p/a"}) == "/p/a"
    assert tool_calls.written_path("NotebookEdit", {"notebook_path": "/p/b"}) == "/p/b"
    assert tool_calls.written_path("Read", {"file_path": "/p/a"}) == ""
