"""What is asked and held, with the real relay: whose it is, answered once, and let go in every trouble."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    ReplyDelivered,
    RequestOpened,
    RequestReleased,
)
from desktop.domain.ids import RequestId
from desktop.domain.requests import Reach
from desktop.formats import hook_wire
from desktop.watchers import held_asks, hook_socket
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import SESSION, Events, Front, ask, call, outcome, until
from tests.machine.watchers.hook_client import YES, asked, client


def test_a_reply_is_printed_by_the_relay_and_its_delivery_is_told(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request

    tray.say(request.id, YES)

    assert outcome(process) == (YES, b"", 0)
    assert events.wait(ReplyDelivered).request == request.id
    assert (request.reach, request.is_verified) == (Reach.HOOK, True)


def test_a_reply_larger_than_the_socket_takes_at_once_arrives_whole(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    process = ask(runtime, call())
    answer = b"x" * 900_000

    tray.say(events.wait(RequestOpened).request.id, answer)

    assert outcome(process)[0] == answer


def test_the_payload_is_at_hand_while_the_hook_waits_and_not_after(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request

    assert tray.payload_of(request.id) == call()
    tray.release(request.id, "answered elsewhere")

    assert outcome(process) == (b"", b"", 0)
    assert events.wait(RequestReleased).why == "answered elsewhere"
    assert tray.payload_of(request.id) is None


def test_what_is_asked_over_the_agents_own_server_is_not_held_too(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    tray._is_served = lambda session: session == SESSION

    assert outcome(ask(runtime, call())) == (b"", b"", 0)
    assert outcome(ask(runtime, call(asks=False))) == (b"", b"", 0)

    events.wait(ActivitySeen)
    assert events.of(RequestOpened) == []


# -- attacks of trust.md 4.7, by number


def test_attack_20_a_process_that_is_not_of_the_session_it_names_cannot_be_answered(
    tray: HookSocket, runtime: Path, events: Events, front: Front
) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        front.owners[SESSION] = (stranger.pid,)

        process = ask(runtime, call())

        assert outcome(process) == (b"", b"", 0)
        request = events.wait(RequestOpened).request
        assert (request.is_verified, request.is_answerable) == (False, False)
        assert events.wait(RequestReleased).request == request.id
        tray.say(request.id, YES)
        assert events.wait(DeliveryFailed).why == held_asks.TOO_LATE
        stranger.kill()


def test_attack_20_what_a_stranger_tells_of_a_living_session_is_ignored(
    tray: HookSocket, runtime: Path, events: Events, front: Front
) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        front.owners[SESSION] = (stranger.pid,)
        outcome(ask(runtime, call(asks=False)))
        front.owners[SESSION] = (os.getpid(),)
        outcome(ask(runtime, call(asks=False, command="ours")))
        stranger.kill()

    events.wait(ActivitySeen)
    assert [event.text for event in events.of(ActivitySeen)] == ["ours"]


def test_attack_20_an_ask_waits_a_moment_for_the_owner_of_its_session_to_become_known(
    tray: HookSocket, runtime: Path, events: Events, front: Front
) -> None:
    front.owners.clear()
    with client(runtime) as sock:
        assert asked(sock, call()) == hook_wire.HOLD
        assert events.of(RequestOpened) == []

        front.owners[SESSION] = (os.getpid(),)

        assert events.wait(RequestOpened).request.is_answerable


def test_attack_20_an_ask_whose_session_nobody_owns_is_shown_and_let_go(
    tray: HookSocket, runtime: Path, events: Events, front: Front
) -> None:
    front.owners.clear()

    process = ask(runtime, call())

    assert outcome(process) == (b"", b"", 0)
    assert not events.wait(RequestOpened).request.is_verified


def test_attack_21_the_same_ask_on_two_connections_is_two_requests(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    first, second = ask(runtime, call()), ask(runtime, call())
    requests = [events.wait(RequestOpened, count).request.id for count in (1, 2)]
    assert len(set(requests)) == 2

    tray.say(requests[0], YES)
    events.wait(ReplyDelivered)
    tray.release(requests[1], "no")

    assert sorted([outcome(first)[0], outcome(second)[0]]) == [b"", YES]


def test_attack_21_a_request_asked_again_under_its_own_id_lets_the_first_hook_go(
    tray: HookSocket, runtime: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_socket.secrets, "token_hex", lambda size: "7" * 2 * size)
    first = ask(runtime, call())
    events.wait(RequestOpened)
    second = ask(runtime, call())

    request = events.wait(RequestOpened, 2).request.id
    assert outcome(first) == (b"", b"", 0)
    tray.say(request, YES)

    assert outcome(second)[0] == YES


def test_attack_21_a_second_reply_to_a_request_is_not_sent(tray: HookSocket, runtime: Path, events: Events) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    tray.say(request, YES)
    tray.say(request, b"no\n")

    assert outcome(process)[0] == YES


def test_attack_22_a_reply_to_another_request_reaches_nobody(tray: HookSocket, runtime: Path, events: Events) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    tray.say(RequestId("0" * 32), YES)
    tray.release(request, "no")

    assert outcome(process)[0] == b""


def test_attack_50_a_hook_that_dies_while_asking_lets_its_request_go(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    process.kill()
    outcome(process)

    assert events.wait(RequestReleased).why == held_asks.HOOK_ENDED
    tray.say(request, YES)
    assert events.wait(DeliveryFailed).request == request


def test_attack_50_a_hook_that_dies_under_the_reply_is_a_failed_delivery(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    sock = client(runtime)
    asked(sock, call())
    request = events.wait(RequestOpened).request.id

    tray.say(request, YES)
    sock.recv(1000)
    sock.close()

    assert events.wait(DeliveryFailed).why == held_asks.NOT_TAKEN
    assert events.of(ReplyDelivered) == []


def test_attack_52_a_relay_that_never_confirms_is_a_failed_delivery(
    tray: HookSocket, runtime: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_asks, "SAID_S", 0.2)
    with client(runtime) as sock:
        asked(sock, call())

        tray.say(events.wait(RequestOpened).request.id, YES)

        assert events.wait(DeliveryFailed).why == held_asks.NOT_TAKEN


def test_a_relay_that_talks_out_of_turn_is_let_go(tray: HookSocket, runtime: Path, events: Events) -> None:
    with client(runtime) as sock:
        asked(sock, call())
        events.wait(RequestOpened)

        sock.sendall(b"said\n")

        assert events.wait(RequestReleased).why == held_asks.HOOK_ENDED
        assert events.of(ReplyDelivered) == []


# -- faults of trust.md 5.3, by number


def test_fault_25_a_stuck_window_lets_every_hook_go(
    tray: HookSocket, runtime: Path, events: Events, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_asks, "BEAT_S", 0.1)
    monkeypatch.setattr(held_asks, "MAIN_THREAD_S", 0.5)
    front.on_pulse = lambda: None

    process = ask(runtime, call())

    events.wait(RequestOpened)
    assert events.wait(RequestReleased).why == held_asks.WINDOW_STUCK
    assert outcome(process) == (b"", b"", 0)


def test_fault_25_a_window_that_lives_keeps_the_hook(
    tray: HookSocket, runtime: Path, events: Events, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_asks, "BEAT_S", 0.05)
    monkeypatch.setattr(held_asks, "MAIN_THREAD_S", 1.0)
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    until(lambda: front.pulses > 30)

    assert events.of(RequestReleased) == []
    tray.say(request, YES)
    assert outcome(process)[0] == YES


def test_fault_27_the_hook_of_an_agent_that_died_lets_its_request_go(
    tray: HookSocket, runtime: Path, events: Events, front: Front
) -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-I', '-S', sys.argv[1], 'fake'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE); p.stdin.write(sys.argv[2].encode());"
        " p.stdin.close(); p.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code, str(hook_agent.RELAY), call().decode()],
        env={"XDG_RUNTIME_DIR": str(runtime)},
    ) as agent:
        front.owners[SESSION] = (agent.pid,)
        assert events.wait(RequestOpened).request.is_answerable

        agent.kill()

    assert events.wait(RequestReleased, deadline_s=held_asks.BEAT_S + 2).why == held_asks.HOOK_ENDED


# -- the other verbs
