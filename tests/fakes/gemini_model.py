"""A model server of the generateContent kind that does what the prompt says, to lead a real agent through any scene.

``gemini_model.py [--port N]`` serves POST .../models/NAME:streamGenerateContent on loopback and prints {"ready": port}:

    run: COMMAND    run it               ask: WORDS      a question with two choices
    slow: SECONDS   answer after so long fail: STATUS    answer with that HTTP error
    stream: SECONDS say words so long    write: PATH     write a file
    anything else   is said back

After a tool's result it says what the tool said. GET /sent tells what was sent, in order.
"""

import argparse
import json
import re
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.sent import Journal

STEP = re.compile(r"(run|ask|write|slow|stream|fail): ?(.*)", re.DOTALL)
WORDS_PER_SECOND = 5
OPTIONS = [{"label": "Postgres", "description": "A server"}, {"label": "SQLite", "description": "A file"}]

Part = dict[str, object]


def step_of(body: Mapping[str, object]) -> tuple[str, str]:
    """What the last words of a person ask for; ("said", …) after the result of a tool."""
    given = body.get("contents")
    contents = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    last = contents[-1].get("parts", []) if contents else []
    results = [part["functionResponse"] for part in last if "functionResponse" in part]
    if results:
        return "said", json.dumps(results[0].get("response"))[-200:]
    prompts = [
        part["text"] for each in contents if each.get("role") == "user" for part in each["parts"] if "text" in part
    ]
    found = STEP.match(prompts[-1].strip()) if prompts else None
    return (found[1], found[2].strip()) if found is not None else ("said", prompts[-1][-80:] if prompts else "")


def part_of(name: str, rest: str) -> Part:
    """The piece of the answer that does a step."""
    if name == "run":
        return {"functionCall": {"name": "run_shell_command", "args": {"command": rest, "description": "Scripted"}}}
    if name == "ask":
        asked = {"question": rest or "Which database?", "header": "Database", "type": "choice", "options": OPTIONS}
        return {"functionCall": {"name": "ask_user", "args": {"questions": [asked]}}}
    if name == "write":
        return {"functionCall": {"name": "write_file", "args": {"file_path": rest, "content": "hello\n"}}}
    return {"text": f"Done: {rest}"}


class Talk(BaseHTTPRequestHandler):
    """One connection of an agent."""

    protocol_version = "HTTP/1.1"
    journal = Journal()

    def do_GET(self) -> None:
        self._send(200, {"sent": self.journal.told()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if ":countTokens" in self.path:
            self._send(200, {"totalTokens": 100})
            return
        config = body.get("generationConfig") or {}
        if config.get("responseJsonSchema") or config.get("responseMimeType") == "application/json":
            # An errand of the agent's own: which model to take, who speaks next.
            text = json.dumps({"reasoning": "scripted", "model_choice": "flash", "next_speaker": "user"})
            self._send(200, _answer({"text": text}))
            return
        name, rest = step_of(body)
        with self.journal.sending(name, [], json.dumps((body.get("contents") or [])[-1:])):
            self._carry_out(name, rest)

    def _carry_out(self, name: str, rest: str) -> None:
        if name == "fail":
            self._send(int(rest), {"error": {"code": int(rest), "message": "scripted error", "status": "INVALID"}})
            return
        if name == "slow":
            time.sleep(float(rest.split()[0]))
        answer = _answer(part_of(name, rest))
        if "stream" not in self.path:
            self._send(200, answer)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for number in range(int(float(rest) * WORDS_PER_SECOND) if name == "stream" else 0):
            # Each another: the agent breaks off a model that says the same again and again.
            said = {"role": "model", "parts": [{"text": f"{number} "}]}
            self._tell({"candidates": [{"content": said, "index": 0}]})
            time.sleep(1 / WORDS_PER_SECOND)
        self._tell(answer)

    def _tell(self, answer: Mapping[str, object]) -> None:
        self.wfile.write(f"data: {json.dumps(answer)}\r\n\r\n".encode())
        self.wfile.flush()

    def _send(self, status: int, answer: Mapping[str, object]) -> None:
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _answer(part: Part) -> dict[str, object]:
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}


class Server(ThreadingHTTPServer):
    """Serves until it is killed; an agent that hangs up in the middle is no error."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve on loopback."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = Server(("127.0.0.1", parser.parse_args().port), Talk)
    print(json.dumps({"ready": server.server_address[1]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
