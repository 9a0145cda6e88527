"""The scripted model says what the prompt asks for, step after step."""

import pytest

from tests.fakes.chat_model import Reply, reply_to

TOOLS = [{"function": {"name": "bash"}}]


def asked(*messages: tuple[str, str], tools: object = TOOLS) -> Reply:
    return reply_to({"messages": [{"role": role, "content": content} for role, content in messages], "tools": tools})


def test_a_command_is_called_and_its_result_said() -> None:
    prompt = ("user", "bash: ls")

    assert asked(prompt).calls[0][1]["command"] == "ls"
    assert asked(prompt, ("assistant", ""), ("tool", "a.txt")).words == "It said: a.txt"


def test_steps_follow_one_another() -> None:
    prompt = ("user", "bash: ls >> bye")

    assert asked(prompt, ("assistant", ""), ("tool", "a.txt")).words == "You said: bye"


def test_a_new_prompt_begins_anew() -> None:
    assert asked(("user", "bash: ls"), ("assistant", "x"), ("user", "hello")).words == "You said: hello"


def test_two_calls_are_made_at_once() -> None:
    assert [given["command"] for _, given in asked(("user", "pair: a ;; b")).calls] == ["a", "b"]


@pytest.mark.parametrize(
    ("prompt", "tool"), [("write: /tmp/a", "write"), ("ask: Which?", "question"), ("helper: slow: 1", "task")]
)
def test_a_tool_is_called_by_its_name(prompt: str, tool: str) -> None:
    assert asked(("user", prompt)).calls[0][0] == tool


def test_an_error_has_its_status_and_a_slow_answer_its_time() -> None:
    assert asked(("user", "fail: 400")).status == 400
    assert asked(("user", "slow: 1.5")).seconds == 1.5


def test_without_tools_only_a_title_is_wanted() -> None:
    assert asked(("user", "bash: ls"), tools=None).words == "A title"
    assert asked().words == "Done."


def test_a_prompt_in_parts_is_read_whole() -> None:
    parts = [{"type": "text", "text": "bash: ls"}]

    assert reply_to({"messages": [{"role": "user", "content": parts}], "tools": TOOLS}).calls


def test_it_calls_the_shell_by_the_name_that_the_agent_has_for_it() -> None:
    tools = [{"type": "function", "function": {"name": "run_shell_command"}}]
    body = {"tools": tools, "messages": [{"role": "user", "content": "bash: make"}]}

    ((name, given),) = reply_to(body).calls

    assert (name, given["command"], given["is_background"]) == ("run_shell_command", "make", False)


@pytest.mark.parametrize(
    ("prompt", "offered", "name", "given"),
    [
        ("write: a", "Bash", "Write", {"path": "a", "content": "hello\n"}),
        ("write: a", "run_shell_command", "write_file", {"file_path": "a", "content": "hello\n"}),
        ("helper: bye", "Bash", "Agent", {"description": "Help", "prompt": "bye", "subagent_type": "coder"}),
        ("write: a", "shell", "write", {"path": "a", "content": "hello\n"}),
    ],
)
def test_it_calls_other_tools_as_the_agent_does(prompt: str, offered: str, name: str, given: dict[str, object]) -> None:
    assert asked(("user", prompt), tools=[{"function": {"name": offered}}]).calls == ((name, given),)


def test_what_an_agent_adds_to_a_prompt_is_not_of_it() -> None:
    assert asked(("user", "hello"), ("user", "<system-reminder>It is Monday")).words == "You said: hello"
    assert asked(("user", "hello\n<turn-context>It is Monday")).words == "You said: hello"
    assert asked(("user", "fail: 400\n\nhello")).words == "You said: hello"
