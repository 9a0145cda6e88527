"""The small agent that speaks the Agent Client Protocol."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fakes import acp_agent


def test_it_opens_a_session_asks_and_does_what_it_may(tmp_path: Path) -> None:
    said = [
        {"id": 0, "method": "initialize", "params": {}},
        {"id": 1, "method": "session/new", "params": {}},
        {"id": 2, "method": "session/prompt", "params": {"prompt": [{"type": "text", "text": "run touch a.txt"}]}},
        {"id": 0, "result": {"outcome": {"outcome": "selected", "optionId": "now"}}},
    ]

    done = subprocess.run(
        [sys.executable, acp_agent.__file__],
        input="".join(json.dumps(message) + "\n" for message in said),
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        check=True,
    )

    heard = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message.get("method") or message["result"] for message in heard] == [
        {"protocolVersion": 1, "agentCapabilities": {}},
        {"sessionId": acp_agent.SESSION},
        "session/update",
        "session/request_permission",
        "session/update",
        "session/update",
        {"stopReason": "end_turn"},
    ]
    assert (tmp_path / "a.txt").exists()
