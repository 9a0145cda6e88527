import json
from pathlib import Path

from websockets.sync.client import unix_connect

from tests.fakes.app_server import COMMAND, AppServer


def test_the_first_answer_wins_and_a_late_client_is_asked_too(tmp_path: Path) -> None:
    server = AppServer(tmp_path / "s")
    server.has("one", "/shop", 5)
    wire_id = server.asks("one", "touch a")
    with unix_connect(str(tmp_path / "s")) as client:
        client.send(json.dumps({"id": "r", "method": "thread/resume", "params": {"threadId": "one"}}))
        assert json.loads(client.recv(10))["method"] == COMMAND
        assert json.loads(client.recv(10))["id"] == "r"

        client.send(json.dumps({"id": wire_id, "result": {"decision": "accept"}}))
        assert json.loads(client.recv(10))["method"] == "serverRequest/resolved"

        assert server.answered == {wire_id: {"decision": "accept"}}
        assert not server.resolve(wire_id, "there")
    server.stop()
