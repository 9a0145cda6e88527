import pytest

from tests.fakes import gemini_model


def body(*texts: str) -> dict[str, object]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]} for text in texts]}


@pytest.mark.parametrize(
    ("prompt", "step"),
    [("run: make x", ("run", "make x")), ("ask: Which?", ("ask", "Which?")), ("hello", ("said", "hello"))],
)
def test_the_last_prompt_says_what_is_done(prompt: str, step: tuple[str, str]) -> None:
    assert gemini_model.step_of(body("run: something else", prompt)) == step


def test_after_the_result_of_a_tool_it_is_said_back() -> None:
    result = {"role": "user", "parts": [{"functionResponse": {"name": "x", "response": {"output": "fine"}}}]}

    assert gemini_model.step_of({"contents": [*body("run: x")["contents"], result]})[0] == "said"  # type: ignore[misc]
    assert gemini_model.step_of({}) == ("said", "")


def test_a_step_is_a_call_or_words() -> None:
    assert gemini_model.part_of("run", "make")["functionCall"] == {
        "name": "run_shell_command",
        "args": {"command": "make", "description": "Scripted"},
    }
    assert "ask_user" in str(gemini_model.part_of("ask", ""))
    assert gemini_model.part_of("said", "x") == {"text": "Done: x"}
