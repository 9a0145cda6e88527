"""The scripted model of the Responses kind."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import responses_model

PROGRAM = Path(responses_model.__file__)


def said(text: str) -> dict[str, object]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """A server that runs."""
    with subprocess.Popen([sys.executable, str(PROGRAM)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['ready']}/v1/responses"
        process.kill()


def ask(model: str, *items: dict[str, object]) -> str:
    request = urllib.request.Request(model, json.dumps({"input": items}).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def test_what_is_no_step_is_said_back(model: str) -> None:
    assert "You said: hello" in ask(model, said("hello"))


def test_a_command_is_called_and_its_result_ends_the_turn(model: str) -> None:
    step = said("escalate: touch x")

    assert "require_escalated" in ask(model, step)
    assert "Done." in ask(model, step, {"type": "function_call_output", "call_id": "c", "output": ""})


def test_a_patch_is_a_command_that_holds_it() -> None:
    item = responses_model.answer("patch: /src/a", 1)

    assert "*** Add File: /src/a" in json.loads(str(item["arguments"]))["cmd"]


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_is_answered_with_its_status(model: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(model, said(f"fail: {status}"))

    assert error.value.code == status
    error.value.close()


def test_the_words_of_the_person_are_the_last_and_a_plain_string_too() -> None:
    assert responses_model.prompt_of({"input": [said("one"), said("two")]}) == "two"
    assert responses_model.prompt_of({"input": [{"type": "message", "role": "user", "content": "bare"}]}) == "bare"
    assert responses_model.prompt_of({}) == ""


def test_models_are_listed(model: str) -> None:
    with urllib.request.urlopen(model.replace("/responses", "/models"), timeout=10) as answer:
        assert json.loads(answer.read())["data"] == []
