"""A model server of the Responses kind that does what the prompt says, to lead a real agent through any scene.

``responses_model.py [--port N]`` serves POST .../responses on loopback and prints {"ready": port}. A prompt is a step:

    run: COMMAND       run it                      escalate: COMMAND   run it outside the sandbox: the agent asks
    patch: PATH        add a file by a patch       slow: SECONDS       say nothing for so long, then answer
    stream: SECONDS    say words for so long
    fail: STATUS       answer with that HTTP error; 429 is a quota that is used up
    anything else      is said back

After a tool's result it says "Done.". GET /sent tells what was sent, in order.
"""

import argparse
import itertools
import json
import re
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.sent import Journal

STEP = re.compile(r"(run|escalate|patch|slow|stream|fail): ?(.*)", re.DOTALL)
ERRORS = {429: ("insufficient_quota", "You exceeded your current quota"), 400: ("invalid_request_error", "bad request")}
WORDS_PER_SECOND = 5
RESULTS = ("function_call_output", "custom_tool_call_output")
_USAGE = {
    "input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 10,
    "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 20,
}  # fmt: skip

Item = dict[str, object]


def prompt_of(body: Mapping[str, object]) -> str:
    """The last thing that was said to the model, empty when a tool's result came after it."""
    items = _items(body)
    if items and items[-1].get("type") in RESULTS:
        return ""
    said = [item for item in items if item.get("type") == "message" and item.get("role") == "user"]
    content = said[-1].get("content") if said else ""
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in _list(content) if isinstance(part, dict))


def _items(body: Mapping[str, object]) -> list[Item]:
    return [item for item in _list(body.get("input")) if isinstance(item, dict)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def answer(prompt: str, number: int) -> Item:
    """The item with which the model answers."""
    step = STEP.search(prompt)
    if step is not None and step[1] in ("run", "escalate", "patch"):
        command = step[2].split("\n")[0]
        if step[1] == "patch":
            command = f"apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: {command}\n+hello\n*** End Patch\nEOF"
        call: Item = {"cmd": command}
        if step[1] == "escalate":
            call |= {"sandbox_permissions": "require_escalated", "justification": "May I?"}
        return {
            "type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": "exec_command",
            "arguments": json.dumps(call),
        }  # fmt: skip
    words = f"You said: {prompt[:80]}" if prompt else "Done."
    content = [{"type": "output_text", "text": words, "annotations": []}]
    return {"type": "message", "role": "assistant", "id": f"msg_{number}", "content": content}


def events(item: Item, number: int) -> Sequence[Item]:
    """What is streamed for one item."""
    response = f"resp_{number}"
    begun = {**item, "content": []} if item["type"] == "message" else item
    return (
        {"type": "response.created", "response": {"id": response}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": response, "output": [item], "usage": _USAGE}},
    )


class Answers(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)
    journal = Journal()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Tell which models there are, or what was sent."""
        if self.path == "/sent":
            self._say(200, {"sent": self.journal.told()})
            return
        self._say(200, {"object": "list", "data": [], "models": []})

    def do_POST(self) -> None:
        """Answer a prompt."""
        body: Item = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        prompt, number = prompt_of(body), next(self.numbers)
        step = STEP.search(prompt)
        with self.journal.sending(step[1] if step else "say" if prompt else "done", [], json.dumps(_items(body)[-1:])):
            self._answer(prompt, step, number)
        self.close_connection = True

    def _answer(self, prompt: str, step: re.Match[str] | None, number: int) -> None:
        if step is not None and step[1] == "fail":
            status = int(step[2].split()[0])
            kind, words = ERRORS.get(status, ("server_error", "the server failed"))
            self._say(status, {"error": {"message": words, "type": kind, "code": kind}})
            return
        if step is not None and step[1] == "slow":
            time.sleep(float(step[2].split()[0]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in events(answer(prompt, number), number):
            if event["type"] == "response.output_item.done" and step is not None and step[1] == "stream":
                self._say_words(float(step[2].split()[0]), number)
            self._tell(event)

    def _say_words(self, seconds: float, number: int) -> None:
        for _ in range(int(seconds * WORDS_PER_SECOND)):
            time.sleep(1 / WORDS_PER_SECOND)
            where = {"item_id": f"msg_{number}", "output_index": 0, "content_index": 0}
            self._tell({"type": "response.output_text.delta", "delta": "word ", **where})

    def _tell(self, event: Item) -> None:
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _say(self, status: int, answer: Item) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


class Server(ThreadingHTTPServer):
    """Serves until it is killed; an agent that hangs up in the middle is no error."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nobody is there any more to be answered."""


def main() -> None:
    """Serve."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    server = Server(("127.0.0.1", options.parse_args().port), Answers)
    print(json.dumps({"ready": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
