"""Real sockets: servers that speak well, that hang, that lie and that go away."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.agent import Transport
from desktop.domain.events import (
    DeliveryFailed,
    EvidenceGiven,
    HealthReported,
    ReplyDelivered,
    RequestClosed,
    RequestOpened,
    RequestReleased,
    SessionDescribed,
    SessionEnded,
)
from desktop.domain.ids import RequestId, SessionId, session_id
from desktop.domain.replies import Interrupt, Prompt
from desktop.domain.session import Claim, Source
from desktop.watchers.agent_server import AgentServers
from tests.fakes.hook_agent import Events, until
from tests.fakes.http_server import HttpServer
from tests.fakes.served_agent import KIND, agent
from tests.fakes.websocket_server import WebSocketServer

ONE = session_id(KIND, "one")
ASKS = {"session": "one", "ask": "r1", "text": "make release"}
R1 = RequestId("r1")


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def servers(events: Events) -> Iterator[AgentServers]:
    made = AgentServers(events)
    made.start()
    yield made
    made.stop(5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebSocketServer]:
    made = WebSocketServer(tmp_path / "server.sock")
    yield made
    made.stop()


@pytest.fixture
def http() -> Iterator[HttpServer]:
    made = HttpServer()
    yield made
    made.stop()


def meet(servers: AgentServers, address: str, pid: int = 1, *, cwd: str = "/shop", ago_s: float = 5) -> None:
    servers.meet(agent(address), pid, time.time() - ago_s, "/home/dev/.served", [], {}, cwd)


def claims(events: Events, session: SessionId = ONE) -> list[Claim]:
    given = [event for event in events.of(EvidenceGiven) if event.session == session]
    return [event.evidence.claim for event in given if event.evidence.source is Source.SERVER]


def working(native: str = "one", cwd: str = "/shop") -> dict[str, object]:
    return {"session": native, "cwd": cwd, "claim": "working"}


def resting(native: str = "one", cwd: str = "/shop") -> dict[str, object]:
    return {"session": native, "cwd": cwd, "claim": "resting"}


def asked(servers: AgentServers, server: WebSocketServer, events: Events) -> None:
    """A session works, and asks."""
    meet(servers, str(server.path))
    server.wait_for_clients(1)
    server.wait_for(lambda message: "hello" in message)
    server.say(working(), ASKS)
    events.wait(RequestOpened)


def test_no_thread_runs_while_no_agent_with_a_server_does(servers: AgentServers) -> None:
    names = [thread.name for thread in threading.enumerate()]

    assert "agent-servers" not in names


def test_what_a_server_says_comes_as_events_and_its_session_is_paired_with_its_process(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    meet(servers, str(server.path), pid=4711)
    server.wait_for(lambda message: "hello" in message)

    server.say(resting())

    until(lambda: servers.native_of(4711) == "one")
    until(lambda: claims(events) == [Claim.RESTING])
    assert [event.pid for event in events.of(SessionDescribed) if event.pid] == [4711]
    assert servers.serves(ONE)


def test_a_conversation_that_rests_and_that_no_process_shows_is_no_session(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    meet(servers, str(server.path))
    server.wait_for(lambda message: "hello" in message)

    server.say(resting("stale", "/elsewhere"), working("busy", "/elsewhere"))

    until(lambda: claims(events, session_id(KIND, "busy")) == [Claim.WORKING])
    assert claims(events, session_id(KIND, "stale")) == []


def test_a_server_that_appears_late_is_found(servers: AgentServers, tmp_path: Path, events: Events) -> None:
    meet(servers, str(tmp_path / "server.sock"))

    late = WebSocketServer(tmp_path / "server.sock")

    late.wait_for_clients(1)
    late.stop()


def test_a_reply_goes_out_once_and_its_delivery_is_told(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)
    assert servers.payload_of(R1) is not None

    servers.say(ONE, R1, b"Allow")
    servers.say(ONE, R1, b"Allow")

    server.wait_for(lambda message: message.get("with") == "Allow")
    events.wait(DeliveryFailed)  # the second
    server.say({"session": "one", "closed": "r1"})
    events.wait(ReplyDelivered)
    assert len([message for message in server.heard if "reply" in message]) == 1
    assert servers.payload_of(R1) is None


def test_a_request_answered_elsewhere_is_closed_and_takes_no_reply(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)

    server.say({"session": "one", "closed": "r1"})

    events.wait(RequestClosed)
    assert servers.payload_of(R1) is None
    servers.say(ONE, R1, b"Allow")
    assert events.wait(DeliveryFailed).request == R1
    assert not [message for message in server.heard if "reply" in message]


def test_prompts_go_through_the_server_and_what_it_cannot_take_goes_elsewhere(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)
    elsewhere: list[str] = []

    servers.carry(ONE, Prompt(ONE, "go on"), elsewhere.append)
    servers.carry(ONE, Interrupt(ONE), elsewhere.append)
    servers.carry(SessionId("served:other"), Prompt(ONE, "x"), elsewhere.append)

    server.wait_for(lambda message: message.get("prompt") == "go on")
    until(lambda: elsewhere == ["it takes nothing but prompts", "No server of the agent serves this session."])


def test_a_server_that_goes_away_takes_its_requests_with_it_and_is_found_again(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)

    server.hang_up()

    events.wait(RequestReleased)
    until(lambda: claims(events)[-1] is Claim.SILENT)
    assert servers.payload_of(R1) is None
    until(lambda: len([message for message in server.heard if "hello" in message]) == 2)
    server.wait_for_clients(1)
    server.say(working(), ASKS)
    events.wait(RequestOpened, 2)
    assert servers.payload_of(R1) is not None


def test_an_answer_on_its_way_when_the_server_goes_away_is_told_as_lost(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)
    servers.say(ONE, R1, b"Allow")
    server.wait_for(lambda message: "reply" in message)

    server.hang_up()

    assert events.wait(DeliveryFailed).request == R1


def test_a_session_that_works_on_without_its_terminal_ends_when_it_rests(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)
    until(lambda: servers.native_of(1) == "one")

    servers.lost(1)
    until(lambda: servers.native_of(1) == "")
    server.say(resting())

    assert events.wait(SessionEnded).why == "its terminal was closed"
    server.wait_for_clients(0)


def test_a_process_that_goes_on_with_another_conversation_leaves_the_first(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)
    until(lambda: servers.native_of(1) == "one")

    server.say({**resting("two"), "started": time.time() + 60})

    until(lambda: servers.native_of(1) == "two")
    assert events.wait(SessionEnded).session == ONE


def test_attack_a_message_of_20_mib_costs_its_connection_alone(
    servers: AgentServers, server: WebSocketServer, events: Events, tmp_path: Path
) -> None:
    other = WebSocketServer(tmp_path / "other.sock")
    meet(servers, str(other.path), 2, cwd="/other")
    asked(servers, server, events)

    server.say_raw("x" * (20 << 20))

    events.wait(RequestReleased)
    other.say(working("two", "/other"))
    until(lambda: claims(events, session_id(KIND, "two")) == [Claim.WORKING])
    other.stop()


def test_attack_a_message_that_never_ends_costs_its_connection_alone(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)

    server.say_raw(["x" * (1 << 20)] * 20)

    events.wait(RequestReleased)


def test_attack_a_flood_costs_its_connection_alone(
    servers: AgentServers, server: WebSocketServer, events: Events
) -> None:
    asked(servers, server, events)

    for _ in range(21_000):
        server.say_raw('{"session":"one","claim":"working"}')

    events.wait(RequestReleased, deadline_s=30)


@pytest.mark.logs_errors
def test_a_bug_in_an_adapter_costs_its_connection_alone(
    servers: AgentServers, server: WebSocketServer, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    asked(servers, server, events)

    server.say({"session": "one", "breaks": True})

    assert events.wait(HealthReported).part == "agents' servers"
    events.wait(RequestReleased)
    server.wait_for_clients(1)
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR] == [logging.ERROR]


def test_a_socket_that_speaks_no_websocket_is_given_up(servers: AgentServers, tmp_path: Path, events: Events) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "other.sock"))
        listening.listen()
        meet(servers, str(tmp_path / "other.sock"))
        listening.settimeout(10)
        first, _ = listening.accept()
        first.recv(4096)
        first.sendall(b"SSH-2.0-something\r\n\r\n")

        second, _ = listening.accept()  # it hung up, and tries again later

        assert first.recv(4096) == b""
        first.close()
        second.close()
    assert events.all == []


def test_a_file_in_the_place_of_the_socket_is_not_opened(servers: AgentServers, tmp_path: Path, events: Events) -> None:
    (tmp_path / "server.sock").write_text("not a socket")
    meet(servers, str(tmp_path / "server.sock"))

    (tmp_path / "server.sock").unlink()
    server = WebSocketServer(tmp_path / "server.sock")

    server.wait_for_clients(1)
    server.stop()


def test_a_stream_of_events_and_calls_over_http(servers: AgentServers, http: HttpServer, events: Events) -> None:
    served = agent(http.address, Transport.HTTP, is_shared=False)
    servers.meet(served, 4711, time.time(), "/home/dev/.served", [], {}, "/shop")
    assert http.streams.get(timeout=10)

    http.say(working())
    http.say(ASKS)
    events.wait(RequestOpened)
    servers.say(ONE, R1, b"Deny")

    assert http.posted.get(timeout=10) == {"reply": "r1", "with": "Deny"}
    events.wait(ReplyDelivered)
    assert [event.pid for event in events.of(SessionDescribed)] == [4711]


def test_a_call_that_the_server_refuses_is_told(servers: AgentServers, http: HttpServer, events: Events) -> None:
    http.refuses = True
    servers.meet(agent(http.address, Transport.HTTP, is_shared=False), 1, None, "", [], {}, "/shop")
    http.say(ASKS)
    events.wait(RequestOpened)

    servers.say(ONE, R1, b"Allow")

    assert events.wait(DeliveryFailed).why == "it refused"


def test_the_end_of_its_stream_is_the_end_of_an_http_server_until_it_comes_again(
    servers: AgentServers, http: HttpServer, events: Events
) -> None:
    servers.meet(agent(http.address, Transport.HTTP, is_shared=False), 1, None, "", [], {}, "/shop")
    http.say(working())
    http.say(ASKS)
    events.wait(RequestOpened)

    http.says.put(None)

    events.wait(RequestReleased)
    assert http.streams.get(timeout=10)
    assert http.streams.get(timeout=10)


@pytest.mark.parametrize("address", ["http://192.0.2.1:80", "http://user@127.0.0.1:80", "ftp://127.0.0.1:80", "x"])
def test_no_other_machine_is_ever_asked(address: str, servers: AgentServers, events: Events) -> None:
    servers.meet(agent(address, Transport.HTTP, is_shared=False), 1, None, "", [], {}, "/shop")
    done = threading.Event()
    servers.carry(ONE, Prompt(ONE, "x"), lambda _: done.set())

    assert done.wait(10)  # the thread lives, and was not sent anywhere
    assert events.all == []
