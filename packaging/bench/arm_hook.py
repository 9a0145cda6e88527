"""G15: what one hook call costs the agent, in the tray's presence, absence and when it hangs."""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from measure import Row

RELAY = Path(__file__).parents[2] / "desktop" / "relay" / "main.py"
CALLS = 15  # a round's number is the median of so many calls
PAYLOAD = json.dumps({"hook_event_name": "PermissionRequest", "tool_input": {"command": "make " + "x" * 2000}}).encode()
ORDINARY = """
import json, os, socket, sys
payload = json.load(sys.stdin)
sock = socket.socket(socket.AF_UNIX)
try:
    sock.connect(os.path.join(os.environ["XDG_RUNTIME_DIR"], "agent-tray", "tray.sock"))
    sock.sendall(json.dumps(payload).encode())
except OSError:
    pass
"""


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Prepare three runtime directories: one where nobody listens, one answered at once, one where the tray hangs."""
    absent, present, hung = (_runtime(work / name) for name in ("absent", "present", "hung"))
    with _listening(present, is_hung=False), _listening(hung, is_hung=True):
        relay = [sys.executable, "-I", "-S", str(RELAY), "example"]
        bare = [sys.executable, "-I", "-S", "-c", "pass"]
        ordinary = [sys.executable, "-c", ORDINARY]
        yield [
            Row("G15 hook, tray absent / bare interpreter", _calls(relay, absent), 1.25, _calls(bare, absent)),
            Row("G15 hook, tray lets go / bare interpreter", _calls(relay, present), 1.25, _calls(bare, present)),
            Row("G15 hook / ordinary json+socket script", _calls(relay, absent), 0.5, _calls(ordinary, absent)),
            Row("G15 hook, tray hangs: gone after", _calls(relay, hung, 1), 500),
        ]


def _runtime(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def _calls(command: list[str], runtime: Path, calls: int = CALLS) -> "_Calls":
    return _Calls(command, {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}, calls)


class _Calls:
    """Times a command that gets the payload; it must end with 0 and say nothing."""

    def __init__(self, command: list[str], environment: dict[str, str], calls: int) -> None:
        self._command = command
        self._environment = environment
        self._calls = calls

    def __call__(self) -> float:
        return statistics.median(self._time() for _ in range(self._calls))

    def _time(self) -> float:
        begin = time.perf_counter()
        done = subprocess.run(self._command, input=PAYLOAD, capture_output=True, env=self._environment, check=True)
        took = (time.perf_counter() - begin) * 1000
        if done.stdout or done.stderr:
            raise RuntimeError(f"the hook spoke: {(done.stdout + done.stderr)[:200]!r}")
        return took


@contextlib.contextmanager
def _listening(runtime: Path, *, is_hung: bool) -> Iterator[None]:
    directory = _runtime(runtime / "agent-tray")
    held: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(directory / "tray.sock"))
        server.listen(64)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if is_hung:
                    held.append(connection)
                    continue
                with connection:
                    wanted = len(PAYLOAD)
                    got = connection.recv(65536)
                    while len(got.partition(b"\n")[2]) < wanted and (more := connection.recv(65536)):
                        got += more

        thread = threading.Thread(target=serve, name="bench-server", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()
            thread.join(5)
