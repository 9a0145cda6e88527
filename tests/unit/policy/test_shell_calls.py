"""How a command falls into calls."""

import pytest

from desktop.policy.shell_calls import Call, calls, computes, flattened


def words(command: str) -> list[tuple[str, ...]] | None:
    found = calls(command)
    return None if found is None else [call.words for call in found]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -l", [("ls", "-l")]),
        ("ls; pwd", [("ls",), ("pwd",)]),
        ("ls && pwd || id", [("ls",), ("pwd",), ("id",)]),
        ("ls\npwd", [("ls",), ("pwd",)]),
        ("ls & pwd", [("ls",), ("pwd",)]),
        ("(ls; pwd)", [("ls",), ("pwd",)]),
        ("if true; then ls; fi", [("true",), ("ls",)]),
        ("! ls", [("ls",)]),
        ("echo 'a; b'", [("echo", "a; b")]),
        ("ec\\\nho a", [("echo", "a")]),
        ("echo then", [("echo", "then")]),
        ("", []),
    ],
)
def test_calls_are_told_apart_as_a_shell_does(command: str, expected: list[tuple[str, ...]]) -> None:
    assert words(command) == expected


def test_a_quote_without_end_cannot_be_taken_apart() -> None:
    assert words("echo 'a") is None


def test_variables_before_a_program_are_not_its_words() -> None:
    assert calls("A=1 B+=2 ls C=3") == (Call(("ls", "C=3"), ("A", "B")),)


def test_variables_alone_are_a_call_too() -> None:
    assert calls("PATH=.") == (Call((), ("PATH",)),)


@pytest.mark.parametrize("command", ["ls > a", "ls >> a", "ls >| a", "ls &> a", "ls 2> a", "> a"])
def test_files_written_by_redirection_are_told(command: str) -> None:
    found = calls(command)

    assert found is not None
    assert found[0].writes == ("a",)


def test_a_file_that_is_read_is_no_word_and_is_not_written() -> None:
    found = calls("wc < a; ls")

    assert found is not None
    assert found[0].writes == ()
    assert found[1].words == ("ls",)


def test_what_comes_through_a_pipe_is_known() -> None:
    found = calls("ls | sh || sh")

    assert found is not None
    assert [call.takes_piped for call in found] == [False, True, False]


@pytest.mark.parametrize("command", ["$(a)", "`a`", "${a:-b}", "$'a'", '$"a"', "<(a)", ">(a)", "cat <<E", "$\\\n(a)"])
def test_what_the_shell_fills_in_is_seen(command: str) -> None:
    assert computes(command)


@pytest.mark.parametrize("command", ["ls", "echo $A", "ls > a", "wc < a"])
def test_what_stands_there_in_full_is_seen(command: str) -> None:
    assert not computes(command)


def test_quotes_and_continued_lines_hide_nothing() -> None:
    assert flattened("r\"m\" -r'f' \\rx \\\n y \\\r\nz") == "rm -rf rx  y z"
