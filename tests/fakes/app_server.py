"""An app server of our own: threads that stand somewhere and ask, any number of clients, and the first answer wins."""

import threading
from pathlib import Path

from tests.fakes.websocket_server import Message, WebSocketServer

COMMAND = "item/commandExecution/requestApproval"


class AppServer(WebSocketServer):
    """Speaks like the real one; *answered* holds what it took, by request."""

    def __init__(self, path: Path) -> None:
        self.threads: dict[str, Message] = {}
        self.pending: dict[int, Message] = {}
        self.answered: dict[int, object] = {}
        self._asked = 0
        self._guard = threading.RLock()
        super().__init__(path)
        self.answers |= {
            "initialize": lambda _: {"userAgent": "fake/1"},
            "thread/loaded/list": lambda _: {"data": list(self.threads)},
            "thread/read": lambda message: {"thread": self._thread_of(message)},
            "thread/resume": self._resume,
            "thread/unsubscribe": lambda _: {"status": "unsubscribed"},
            "turn/start": self._start,
            "turn/steer": lambda _: {"turnId": "t1"},
            "turn/interrupt": self._interrupt,
        }
        self.on_answer = self._take

    def has(self, native: str, cwd: str, created_at: float, **fields: object) -> None:
        """A terminal opens a thread."""
        self.threads[native] = {
            "id": native, "cwd": cwd, "createdAt": int(created_at), "status": {"type": "idle"}, "threadSource": "user",
            **fields,
        }  # fmt: skip
        self.say({"method": "thread/started", "params": {"thread": self.threads[native]}})

    def stands(self, native: str, kind: str, *flags: str) -> None:
        """Tell every client where a thread stands."""
        status = {"type": kind, "activeFlags": list(flags)} if kind == "active" else {"type": kind}
        self.threads[native]["status"] = status
        self.say({"method": "thread/status/changed", "params": {"threadId": native, "status": status}})

    def asks(self, native: str, command: str) -> int:
        """A turn of the thread wants to run *command*; returns the id of the request."""
        with self._guard:
            wire_id, self._asked = self._asked, self._asked + 1
            self.stands(native, "active", "waitingOnApproval")
            params = {"threadId": native, "turnId": "t1", "itemId": f"c{wire_id}", "command": command}
            self.pending[wire_id] = {"method": COMMAND, "id": wire_id, "params": params}
            self.say(self.pending[wire_id])
        return wire_id

    def resolve(self, wire_id: int, decision: object) -> bool:
        """Take *decision*, of a client or of the terminal itself; only the first one counts."""
        with self._guard:
            request = self.pending.pop(wire_id, None)
            if request is None:
                return False
            self.answered[wire_id] = decision
            native = request["params"]["threadId"]  # type: ignore[index]
            self.say({"method": "serverRequest/resolved", "params": {"threadId": native, "requestId": wire_id}})
            self.stands(native, "active")
        return True

    def _take(self, message: Message) -> None:
        self.resolve(message["id"], message["result"])  # type: ignore[arg-type]

    def _thread_of(self, message: Message) -> Message:
        return self.threads[message["params"]["threadId"]]  # type: ignore[index]

    def _resume(self, message: Message) -> object:
        thread = self._thread_of(message)
        for request in list(self.pending.values()):
            if request["params"]["threadId"] == thread["id"]:  # type: ignore[index]
                self.say(request)
        return {"thread": thread}

    def _start(self, message: Message) -> object:
        self.stands(str(self._thread_of(message)["id"]), "active")
        return {"turn": {"id": "t1"}}

    def _interrupt(self, message: Message) -> object:
        native = str(self._thread_of(message)["id"])
        self.stands(native, "idle")
        turn = {"id": "t1", "status": "interrupted"}
        self.say({"method": "turn/completed", "params": {"threadId": native, "turn": turn}})
        return {}
