import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import HookCall
from desktop.domain.ids import RequestId, SessionId
from desktop.domain.requests import Request, RequestKind
from desktop.watchers import held_calls
from desktop.watchers.held_calls import HeldCalls
from desktop.watchers.hook_connection import Connection
from desktop.watchers.hook_peer import Peer

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def request(number: int) -> Request:
    return Request(RequestId(f"r{number}"), SessionId(f"x:{number}"), RequestKind.PERMISSION, NOW)


@pytest.fixture
def connection() -> Iterator[Connection]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Connection(ours, Peer(1, 0), None, call=HookCall(b"payload", 1, NOW))


def test_a_held_call_is_found_until_it_is_let_go(connection: Connection) -> None:
    held = HeldCalls()

    held.add(request(1).id, connection)
    assert (held.get(request(1).id), held.all()) == (connection, (connection,))
    assert held.payload_of(request(1).id) == b"payload"
    held.discard(request(1))

    assert (held.get(request(1).id), held.all(), held.payload_of(request(1).id)) == (None, (), None)
    assert held.past_session(request(1).id) == request(1).session


def test_only_so_many_past_requests_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_calls, "MOST_REMEMBERED", 3)
    held = HeldCalls()

    for number in range(5):
        held.discard(request(number))

    assert [held.past_session(request(number).id) is not None for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
