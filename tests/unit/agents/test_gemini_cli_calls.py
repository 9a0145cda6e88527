import pytest

from desktop.agents.gemini_cli_calls import activity_of, key_of


def test_a_file_is_the_same_one_by_its_path_and_by_its_name() -> None:
    assert key_of("replace", {"file_path": "/home/dev/a.txt"}) == key_of("edit", {"file_path": "a.txt"})


def test_a_tool_of_a_server_is_known_by_its_own_name() -> None:
    assert key_of("mcp_db_drop", {}, "drop") == key_of("drop", {}) != key_of("mcp_db_drop", {})


def test_two_commands_are_two_calls() -> None:
    assert key_of("run_shell_command", {"command": "ls"}) != key_of("run_shell_command", {"command": "ls -l"})


@pytest.mark.parametrize(
    ("tool", "given", "words"),
    [
        ("run_shell_command", {"command": "ls"}, "running ls"),
        ("replace", {"file_path": "a.txt"}, "writing a.txt"),
        ("read_file", {"absolute_path": "/a.txt"}, "reading /a.txt"),
        ("web_fetch", {"prompt": "read x"}, "fetching read x"),
        ("ask_user", {}, "asking"),
        ("glob", {}, "using glob"),
    ],
)
def test_what_it_does_is_said_in_words(tool: str, given: dict[str, object], words: str) -> None:
    assert activity_of(tool, given) == words
