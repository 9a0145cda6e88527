"""The servers that tests speak with do what they say."""

import http.client
import json
from datetime import UTC, datetime
from pathlib import Path

from websockets.sync.client import unix_connect

from desktop.domain.agent import ServerWord, Transport
from desktop.domain.events import ReplyDelivered, RequestOpened
from desktop.domain.ids import RequestId
from tests.fakes.http_server import HttpServer
from tests.fakes.served_agent import Talk
from tests.fakes.websocket_server import WebSocketServer

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_the_websocket_server_hears_answers_and_says(tmp_path: Path) -> None:
    server = WebSocketServer(tmp_path / "s")
    server.answers["sum"] = lambda message: message["params"]
    with unix_connect(str(tmp_path / "s")) as client:
        client.send(json.dumps({"id": 1, "method": "sum", "params": 3}))
        assert json.loads(client.recv(10)) == {"id": 1, "result": 3}
        server.say({"news": True})
        assert json.loads(client.recv(10)) == {"news": True}
        server.say_raw(["a", "b"])
        assert client.recv(10) == "ab"

        assert server.wait_for(lambda message: message.get("id") == 1)["method"] == "sum"
    server.wait_for_clients(0)
    server.stop()


def test_the_http_server_streams_what_it_is_told_and_keeps_what_was_posted() -> None:
    server = HttpServer()
    stream = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=10)
    stream.request("GET", "/event")
    server.say({"a": 1})
    assert stream.getresponse().readline() == b'data: {"a": 1}\n'
    poster = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=10)
    poster.request("POST", "/say", b"{}")

    assert poster.getresponse().read() == b"true"
    assert server.posted.get(timeout=10) == {}
    poster.close()
    stream.close()
    server.stop()


def test_the_talk_takes_one_reply_to_what_was_asked() -> None:
    talk = Talk(Transport.WEBSOCKET)
    (opened,) = talk.feed(ServerWord(b'{"session":"one","ask":"r","text":"x"}'), NOW)
    assert isinstance(opened, RequestOpened)
    request = RequestId("r")

    assert talk.reply(request, b"Allow") == ""
    assert talk.reply(request, b"Allow") != ""
    assert talk.feed(ServerWord(b'{"session":"one","closed":"r"}'), NOW) == [
        ReplyDelivered(opened.request.session, request, NOW)
    ]
