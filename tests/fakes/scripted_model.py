"""A model server that does what the prompt says, so that a real agent can be led through any scene without a model.

``scripted_model.py [--port N]`` serves POST /v1/messages on loopback and prints {"ready": port}. A prompt is steps
divided by " >> ", one for each answer of the model in that turn; after the last one it says "Done.". A step is:

    bash: COMMAND            run it                     pair: COMMAND ;; COMMAND   two calls in one message
    shell: COMMAND           run it in the background   write: PATH  read: PATH  edit: PATH
    ask: one|many|two        questions                  plan: TEXT                 present a plan
    helper: STEPS            a subagent, in the background when the agent's version has that
    helper-wait: STEPS       a subagent that is waited for; "|>" in place of ">>" divides the steps of a subagent
    slow: SECONDS            stream words for so long   fail: STATUS               answer with that HTTP error
    anything else            is said back

GET /sent tells what was sent, in order.
"""

import argparse
import json
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.sent import Journal

STEPS = ("bash", "pair", "shell", "write", "read", "edit", "ask", "plan", "helper", "helper-wait", "slow", "fail")
STEP = re.compile(rf"({'|'.join(STEPS)}): ?(.*)", re.DOTALL)
ERRORS = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
USAGE = {"input_tokens": 10, "output_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
WORDS_PER_SECOND = 10
# As over a network: an agent that fails within milliseconds never says that it was busy.
ERROR_AFTER_S = 0.4

DATABASE = {
    "question": "Which database should we use?", "header": "Database", "multiSelect": False,
    "options": [
        {"label": "PostgreSQL", "description": "A server"}, {"label": "SQLite", "description": "A file"},
    ],
}  # fmt: skip
FEATURES = {
    "question": "Which parts shall I build?", "header": "Parts", "multiSelect": True,
    "options": [
        {"label": "Login", "description": "Who is it"}, {"label": "Search", "description": "Find things"},
        {"label": "Export", "description": "Take things out"},
    ],
}  # fmt: skip
QUESTIONS = {"one": [DATABASE], "many": [FEATURES], "two": [DATABASE, FEATURES]}


@dataclass(frozen=True)
class Reply:
    """What the model says now: words and tool calls, or an HTTP error."""

    step: str
    words: str = ""
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    seconds: float = 0.0
    status: int = 200

    @property
    def names(self) -> list[str]:
        if self.status != 200:
            return [str(self.status)]
        return [tool for tool, _ in self.calls] or ["words"]


def reply_to(body: dict[str, object]) -> Reply:
    """Decide what to say from the conversation alone."""
    messages = [message for message in _list(body.get("messages")) if isinstance(message, dict)]
    tools = {str(tool.get("name")) for tool in _list(body.get("tools")) if isinstance(tool, dict)}
    prompt, answered = "", 0
    for message in messages:
        role = message.get("role")
        if role == "assistant":
            answered += 1
        elif role == "user" and (said := _said(message.get("content"))):
            prompt, answered = said, 0
    if not tools:
        return Reply("aside", "ok")  # titles, checks of the quota: not of the conversation
    steps = prompt.split(" >> ")
    if answered >= len(steps):
        return Reply("done", "Done.")
    return _carry_out(steps[answered].strip(), tools)


def _said(content: object) -> str:
    """The last words of a person in a message; what the agent adds by itself is in tags of its own."""
    texts = [content] if isinstance(content, str) else [_text(block) for block in _list(content)]
    said = [re.sub(r"<system-reminder>.*?</system-reminder>", "", text, flags=re.DOTALL).strip() for text in texts]
    return next((text for text in reversed(said) if text), "")


def _text(block: object) -> str:
    return str(block.get("text", "")) if isinstance(block, dict) and block.get("type") == "text" else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _carry_out(step: str, tools: set[str]) -> Reply:
    found = STEP.match(step)
    if found is None:
        return Reply("say", f"You said: {step[:200]}")
    name, rest = found[1], found[2].strip()

    def call(tool: str, **given: object) -> Reply:
        return Reply(name, f"Now I {name}.", [(tool, given)])

    match name:
        case "bash":
            return call("Bash", command=rest, description="A scripted command")
        case "pair":
            commands = [part.strip() for part in rest.split(";;")]
            return Reply(name, "", [("Bash", {"command": each, "description": each[:30]}) for each in commands])
        case "shell":
            return call("Bash", command=rest, description="A scripted command", run_in_background=True)
        case "write":
            return call("Write", file_path=rest, content=f"written {time.time()}\n")
        case "read":
            return call("Read", file_path=rest)
        case "edit":
            return call("Edit", file_path=rest, old_string="written", new_string="edited")
        case "ask":
            return call("AskUserQuestion", questions=QUESTIONS[rest or "one"])
        case "plan":
            return call("ExitPlanMode", plan=f"# Plan\n\n{rest or '1. Do it'}\n")
        case "helper" | "helper-wait":
            given: dict[str, object] = {
                "description": "A scripted helper", "subagent_type": "general-purpose",
                "prompt": rest.replace("|>", ">>"),
            }  # fmt: skip
            if name == "helper-wait":
                given["run_in_background"] = False
            return call("Agent" if "Agent" in tools else "Task", **given)
        case "slow":
            return Reply(name, "word " * max(1, int(float(rest) * WORDS_PER_SECOND)), seconds=float(rest))
        case _:
            return Reply(name, status=int(rest))


def stream_of(reply: Reply, model: object) -> Iterator[tuple[str, dict[str, object], float]]:
    """The events of a streamed answer, each with how long to wait before it."""
    message = {
        "id": f"msg_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": USAGE,
    }  # fmt: skip
    yield "message_start", {"message": message}, 0
    index = 0
    if reply.words:
        yield "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}, 0
        words = re.findall(r"\S+\s*", reply.words)
        for word in words:
            delta = {"type": "text_delta", "text": word}
            yield "content_block_delta", {"index": 0, "delta": delta}, reply.seconds / len(words)
        yield "content_block_stop", {"index": 0}, 0
        index = 1
    for tool, given in reply.calls:
        block = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": tool, "input": {}}
        yield "content_block_start", {"index": index, "content_block": block}, 0
        delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        yield "content_block_delta", {"index": index, "delta": delta}, 0
        yield "content_block_stop", {"index": index}, 0
        index += 1
    stop = {"stop_reason": "tool_use" if reply.calls else "end_turn", "stop_sequence": None}
    yield "message_delta", {"delta": stop, "usage": USAGE}, 0
    yield "message_stop", {}, 0


class Model(ThreadingHTTPServer):
    """The server, and what it sent so far."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Talk)
        self.journal = Journal()


class Talk(BaseHTTPRequestHandler):
    """One connection of an agent."""

    protocol_version = "HTTP/1.1"
    server: Model

    def log_message(self, *told: object) -> None:
        """Stay silent: standard output is our report."""

    def do_HEAD(self) -> None:
        self._say(200, {})

    def do_GET(self) -> None:
        if self.path != "/sent":
            self._say(404, _error(404))
            return
        self._say(200, {"sent": self.server.journal.told()})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            self._say(200, {"input_tokens": 10})
        elif path != "/v1/messages":
            self._say(404, _error(404))
        else:
            self._answer(json.loads(raw))

    def _answer(self, body: dict[str, object]) -> None:
        reply = reply_to(body)
        heard = json.dumps(_list(body.get("messages"))[-1:])
        with self.server.journal.sending(reply.step, reply.names, heard) as sent:
            if reply.status != 200:
                time.sleep(ERROR_AFTER_S)
                self._say(reply.status, _error(reply.status))
            elif body.get("stream"):
                self._stream(reply, body.get("model"))
            else:
                self._say(200, _whole(reply, body.get("model")))
        self.close_connection |= sent.is_cut

    def _stream(self, reply: Reply, model: object) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for name, fields, pause in stream_of(reply, model):
            if pause:
                time.sleep(pause)
            event = json.dumps({"type": name, **fields})
            self.wfile.write(f"event: {name}\ndata: {event}\n\n".encode())
            self.wfile.flush()

    def _say(self, status: int, answer: dict[str, object]) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _whole(reply: Reply, model: object) -> dict[str, object]:
    content: list[dict[str, object]] = [{"type": "text", "text": reply.words}] if reply.words else []
    content += [
        {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": tool, "input": given}
        for tool, given in reply.calls
    ]
    return {
        "id": f"msg_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": "tool_use" if reply.calls else "end_turn", "stop_sequence": None, "usage": USAGE,
    }  # fmt: skip


def _error(status: int) -> dict[str, object]:
    kind = ERRORS.get(status, "not_found_error" if status == 404 else "api_error")
    return {"type": "error", "error": {"type": kind, "message": "a scripted error"}}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    model = Model(parser.parse_args().port)
    print(json.dumps({"ready": model.server_address[1]}), flush=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    model.serve_forever()


def _end_with_parent() -> None:
    """Whoever started us holds our standard input; when that ends, so do we."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
