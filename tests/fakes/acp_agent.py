"""A small honest agent that speaks the Agent Client Protocol on its standard input and output.

A prompt decides what it does: ``run COMMAND`` asks and, when it may, runs the command; ``fail`` ends its turn with an
error; ``die`` ends the process; ``wait`` goes on until it is cancelled; anything else is repeated.
"""

import json
import subprocess
import sys

SESSION = "ses_fake1"


class Agent:
    """One session."""

    def __init__(self) -> None:
        self.asked = 0
        self.turn: object = None  # the id of the prompt that is worked on
        self.command = ""

    def hear(self, message: dict[str, object]) -> None:
        """Take one message."""
        match message:
            case {"method": "initialize", "id": number}:
                send(id=number, result={"protocolVersion": 1, "agentCapabilities": {}})
            case {"method": "session/new", "id": number}:
                send(id=number, result={"sessionId": SESSION})
            case {"method": "session/prompt", "id": number, "params": {"prompt": [{"text": str(words)}]}}:
                self.turn = number
                self.prompt(words)
            case {"method": "session/cancel"}:
                self.over("cancelled")
            case {"id": _, "result": {"outcome": {"outcome": "selected", "optionId": str(option)}}}:
                self.decided(option)
            case _:
                pass

    def prompt(self, words: str) -> None:
        """Begin a turn."""
        verb, _, rest = words.partition(" ")
        match verb:
            case "run":
                self.command = rest
                self.ask()
            case "fail":
                send(id=self.turn, error={"code": -32000, "message": "no credit left"})
            case "die":
                sys.exit(1)
            case "wait":
                pass
            case _:
                self.say(f"you said: {words}")
                self.over("end_turn")

    def ask(self) -> None:
        """Ask whether the command may run; our ids begin where the client's do."""
        call = {"toolCallId": "call_1", "title": self.command, "kind": "execute", "rawInput": {"command": self.command}}
        update({"sessionUpdate": "tool_call", "status": "pending", **call})
        options = [
            {"optionId": "for-ever", "name": "Always", "kind": "allow_always"},
            {"optionId": "now", "name": "Once", "kind": "allow_once"},
            {"optionId": "no", "name": "No", "kind": "reject_once"},
        ]
        params = {"sessionId": SESSION, "toolCall": call, "options": options}
        send(id=self.asked, method="session/request_permission", params=params)
        self.asked += 1

    def decided(self, option: str) -> None:
        """Do what was decided."""
        may = option in ("now", "for-ever")
        if may:
            subprocess.run(self.command, shell=True, check=False, stdin=subprocess.DEVNULL)
        status = "completed" if may else "failed"
        update({"sessionUpdate": "tool_call_update", "toolCallId": "call_1", "status": status})
        self.say(f"it was {option}")
        self.over("end_turn")

    def say(self, words: str) -> None:
        """Say something to the person."""
        update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}})

    def over(self, reason: str) -> None:
        """End the turn."""
        if self.turn is not None:
            send(id=self.turn, result={"stopReason": reason})
            self.turn = None


def update(what: dict[str, object]) -> None:
    """Tell what happens."""
    send(method="session/update", params={"sessionId": SESSION, "update": what})


def send(**message: object) -> None:
    """Say one message."""
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def main() -> None:
    """Serve until the client goes."""
    agent = Agent()
    for line in sys.stdin:
        agent.hear(json.loads(line))


if __name__ == "__main__":
    main()
