"""The scripted model does what the prompt says, and tells what it sent."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.fakes import scripted_model
from tests.fakes.scripted_model import reply_to
from tests.journeys.stage import Program

TOOLS = [{"name": "Bash"}, {"name": "Agent"}]


def asked(*messages: object) -> dict[str, object]:
    return {"tools": TOOLS, "messages": list(messages)}


def person(text: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


ANSWER = {"role": "assistant", "content": []}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "bash: not a prompt"}]}


def test_each_answer_of_a_turn_takes_one_step_further() -> None:
    prompt = person("bash: ls >> say hello")

    first = reply_to(asked(prompt))
    second = reply_to(asked(prompt, ANSWER, RESULT))
    third = reply_to(asked(prompt, ANSWER, RESULT, ANSWER))

    assert first.calls == [("Bash", {"command": "ls", "description": "A scripted command"})]
    assert second.words == "You said: say hello"
    assert third.words == "Done."


def test_what_the_agent_adds_to_a_prompt_is_not_the_prompt() -> None:
    reminder = {"type": "text", "text": "<system-reminder>fail: 400</system-reminder>"}
    message = {"role": "user", "content": [{"type": "text", "text": "pair: a ;; b"}, reminder]}

    reply = reply_to(asked(message, {"role": "system", "content": "fail: 500"}))

    assert [given["command"] for _, given in reply.calls] == ["a", "b"]


def test_a_helper_gets_steps_of_its_own() -> None:
    reply = reply_to(asked(person("helper: bash: ls |> slow: 1 >> say it runs")))

    [(tool, given)] = reply.calls
    assert (tool, given["prompt"]) == ("Agent", "bash: ls >> slow: 1")


@pytest.fixture
def url() -> Iterator[str]:
    program = Program(scripted_model.__file__, dict(os.environ))
    yield f"http://127.0.0.1:{program.reports[0]['ready']}"
    program.stop()


def post(url: str, body: object) -> bytes:
    request = urllib.request.Request(f"{url}/v1/messages?beta=true", data=json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: bytes = answer.read()
    return found


def test_it_streams_what_an_agent_reads_and_remembers_it(url: str) -> None:
    told = post(url, {**asked(person("bash: ls")), "stream": True})

    events = [json.loads(line[6:]) for line in told.splitlines() if line.startswith(b"data: ")]
    assert next(event["type"] for event in events) == "message_start"
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    with urllib.request.urlopen(f"{url}/sent", timeout=5) as answer:
        [sent] = json.loads(answer.read())["sent"]
    assert (sent["step"], sent["sent"]) == ("bash", ["Bash"])
    assert sent["ended_at"] >= sent["at"]


def test_it_fails_when_it_is_told_to(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as failed:
        post(url, asked(person("fail: 400")))

    assert failed.value.code == 400
    failed.value.close()
