"""A model server of the chat-completions kind that does what the prompt says, to lead a real agent through any scene.

``chat_model.py [--port N]`` serves POST .../chat/completions on loopback and prints {"ready": port}. A prompt is steps
divided by " >> ", one for each answer of the model in a turn; after the last it says what a tool said, or "Done.":

    bash: COMMAND      run it              pair: COMMAND ;; COMMAND   two calls in one message
    write: PATH        write a file        ask: WORDS                 a question with two choices
    helper: STEPS      a subagent; "|>" in place of ">>" divides its steps
    slow: SECONDS      say nothing for so long, then answer
    stream: SECONDS    say words for so long
    fail: STATUS       answer with that HTTP error
    anything else      is said back

GET /sent tells what was sent, in order.
"""

import argparse
import itertools
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.sent import Journal

STEP = re.compile(r"\s*(bash|pair|write|ask|helper|slow|stream|fail): ?(.*)", re.DOTALL)
WORDS_PER_SECOND = 5
CHOICES = [{"label": "Postgres", "description": "A server"}, {"label": "SQLite", "description": "A file"}]

# The names of other agents' tools, by that of the one which runs a command.
NAMES = {
    "run_shell_command": {"bash": "run_shell_command", "write": "write_file", "question": "ask_user_question"},
    "Bash": {"bash": "Bash", "write": "Write", "question": "AskUserQuestion", "task": "Agent"},
    "shell": {"bash": "shell", "write": "write", "task": "delegate"},
}
# What an agent adds to what a person typed, in a message of its own.
ADDED = ("<system-reminder>", "<turn-context>")

Call = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class Reply:
    """What the model says now: words, tool calls, or an HTTP error."""

    words: str = ""
    calls: tuple[Call, ...] = ()
    seconds: float = 0.0
    status: int = 200
    step: str = "say"


def reply_to(body: Mapping[str, object]) -> Reply:
    """Decide what to say from the conversation alone."""
    given = body.get("messages")
    messages = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    if not body.get("tools"):
        return Reply("A title", step="aside")  # names for the conversation: not of it
    messages = [each for each in messages if not _said(each).startswith(ADDED)]
    prompts = [index for index, each in enumerate(messages) if each.get("role") == "user"]
    if not prompts:
        return Reply("Done.")
    # A prompt that failed may stand before the next one, in the same message.
    said = _said(messages[prompts[-1]]).partition(f"\n{ADDED[1]}")[0].rpartition("\n\n")[2]
    answered = sum(each.get("role") == "assistant" for each in messages[prompts[-1] + 1 :])
    steps = said.split(" >> ")
    if answered >= len(steps):
        result = _said(messages[-1]) if messages[-1].get("role") == "tool" else ""
        return Reply(f"It said: {result[-200:]}" if result else "Done.", step="done")
    return _by_its_names(_carry_out(steps[answered]), body)


def _by_its_names(reply: Reply, body: Mapping[str, object]) -> Reply:
    """The same calls by the names that the agent has for its tools."""
    offered = json.dumps(body.get("tools"))
    table = next((names for shell, names in NAMES.items() if f'"{shell}"' in offered), {})
    return replace(reply, calls=tuple(_renamed(table, name, given) for name, given in reply.calls))


def _renamed(table: Mapping[str, str], name: str, given: dict[str, object]) -> Call:
    if name == "write" and name in table:
        key = "file_path" if table[name] == "write_file" else "path"
        given = {key: given["filePath"], "content": given["content"]}
    if table.get(name) == "run_shell_command":
        given = {**given, "is_background": False}
    if table.get(name) == "Agent":
        given = {**given, "subagent_type": "coder"}
    return table.get(name, name), given


def _said(message: Mapping[str, object]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _carry_out(step: str) -> Reply:
    found = STEP.match(step)
    if found is None:
        return Reply(f"You said: {step.strip()[:200]}")
    return replace(_reply(found[1], found[2].strip()), step=found[1])


def _reply(name: str, rest: str) -> Reply:
    match name:
        case "bash":
            return Reply(calls=(_bash(rest),))
        case "pair":
            return Reply(calls=tuple(_bash(each.strip()) for each in rest.split(";;")))
        case "write":
            return Reply(calls=(("write", {"filePath": rest, "content": "hello\n"}),))
        case "ask":
            question = {"question": rest or "Which database?", "header": "Database", "options": CHOICES}
            return Reply(calls=(("question", {"questions": [question]}),))
        case "helper":
            prompt = rest.replace("|>", ">>")
            return Reply(calls=(("task", {"description": "Help", "prompt": prompt, "subagent_type": "general"}),))
        case "slow":
            return Reply("Done.", seconds=float(rest))
        case "stream":
            return Reply("word " * max(1, int(float(rest) * WORDS_PER_SECOND)), seconds=float(rest))
        case _:
            return Reply(status=int(rest))


def _bash(command: str) -> Call:
    return "bash", {"command": command, "description": "A scripted command"}


class Talk(BaseHTTPRequestHandler):
    """One connection of an agent."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)
    journal = Journal()

    def do_GET(self) -> None:
        self._send(200, {"sent": self.journal.told()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply, number = reply_to(body), next(self.numbers)
        heard = json.dumps((body.get("messages") or [])[-1:])
        with self.journal.sending(reply.step, [name for name, _ in reply.calls] or ["words"], heard):
            if reply.status != 200:
                self._send(reply.status, {"error": {"message": f"scripted error {reply.status}"}})
                return
            if reply.step != "stream":
                time.sleep(reply.seconds)
            self._stream(reply, number)

    def _send(self, status: int, answer: dict[str, object]) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, reply: Reply, number: int) -> None:
        self.close_connection = True
        calls = [
            {
                "index": index, "id": f"call_{number}_{index}", "type": "function",
                "function": {"name": tool, "arguments": json.dumps(given)},
            }
            for index, (tool, given) in enumerate(reply.calls)
        ]  # fmt: skip
        words = re.findall(r"\S+\s*", reply.words) if reply.step == "stream" else [reply.words]
        said: list[dict[str, object]] = [{"tool_calls": calls}] if calls else [{"content": each} for each in words]
        changes = [*({"role": "assistant", **each} for each in said), {}]
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for change in changes:
            reason = None if change else "tool_calls" if calls else "stop"
            choice = {"index": 0, "delta": change, "finish_reason": reason}
            chunk = {
                "id": f"c{number}", "object": "chat.completion.chunk", "created": 0, "model": "m",
                "choices": [choice], "usage": usage,
            }  # fmt: skip
            self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.flush()
            if len(words) > 1 and change:
                time.sleep(reply.seconds / len(words))
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base names it
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Talk)
    server.daemon_threads = True
    print(json.dumps({"ready": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
