"""The socket, the real relay and hostile clients between them, with real processes."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.domain.agent import Agent
from desktop.domain.events import (
    ActivitySeen,
    DeliveryFailed,
    HealthReported,
    ReplyDelivered,
    RequestOpened,
    RequestReleased,
)
from desktop.domain.ids import RequestId
from desktop.domain.requests import Reach
from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb
from desktop.watchers import hook_socket, hook_switchboard
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import SESSION, Events, Front, ask, call, outcome, until

YES = b'{"decision":"allow"}\n'


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def front() -> Front:
    return Front({SESSION: (os.getpid(),)})


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tray(runtime: Path, front: Front, events: Events) -> Iterator[HookSocket]:
    tray = HookSocket(
        [hook_agent.AGENT, Agent(kind=hook_agent.KIND, label="no hooks")], events, runtime / "agent-tray", front
    )
    front.on_pulse = tray.beat
    tray.start()
    yield tray
    tray.stop(5)


def client(runtime: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    sock.connect(str(runtime / "agent-tray" / "tray.sock"))
    return sock


def asked(sock: socket.socket, payload: bytes) -> bytes:
    sock.sendall(hook_wire.header(Verb.HOOK, "fake", len(payload)) + payload)
    return sock.recv(100)


def everything(sock: socket.socket) -> bytes:
    parts = []
    try:
        while part := sock.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


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


def test_a_call_that_asks_nothing_ends_at_once_and_is_news(tray: HookSocket, runtime: Path, events: Events) -> None:
    process = ask(runtime, call(asks=False))

    assert outcome(process) == (b"", b"", 0)
    assert events.wait(ActivitySeen).text == "make release"


def test_a_call_of_an_unknown_agent_ends_at_once(tray: HookSocket, runtime: Path, events: Events) -> None:
    assert outcome(ask(runtime, call(), name="other")) == (b"", b"", 0)
    assert events.of(RequestOpened) == []


def test_what_is_asked_over_the_agents_own_server_is_not_held_too(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    tray._is_served = lambda session: session == SESSION

    assert outcome(ask(runtime, call())) == (b"", b"", 0)
    assert outcome(ask(runtime, call(asks=False))) == (b"", b"", 0)

    events.wait(ActivitySeen)
    assert events.of(RequestOpened) == []


# -- attacks of trust.md 4.7, by number


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_attack_19_another_user_is_turned_away(tray: HookSocket, runtime: Path, events: Events) -> None:
    for directory in (runtime, runtime / "agent-tray"):
        directory.chmod(0o711)
    (runtime / "agent-tray" / "tray.sock").chmod(0o666)
    for parent in runtime.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    code = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "try:\n s.sendall(b'AT1 status - 0\\n'); print(s.recv(99))\nexcept ConnectionError:\n print(b'')"
    )

    told = subprocess.run(
        [sys.executable, "-I", "-c", code, str(runtime / "agent-tray" / "tray.sock")],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    assert told.stdout.strip() == "b''"


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
        assert events.wait(DeliveryFailed).why == hook_socket.TOO_LATE
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


@pytest.mark.parametrize(
    "frame",
    [
        b"AT1 hook fake 1048577\n",
        b"AT1 status - 5000\n",
        b"AT1 hook fake -1\n",
        b"AT1 hook fake 99999999999999999999\n",
        b"x" * 500,
        b"\0" * 500,
        b"AT1 hook fake 2\nabcdef",
    ],
)
def test_attack_23_a_frame_that_is_none_is_cut_off(
    tray: HookSocket, runtime: Path, events: Events, frame: bytes
) -> None:
    with client(runtime) as sock:
        sock.sendall(frame)

        assert everything(sock) == b""
    assert events.of(RequestOpened) == []


def test_attack_23_half_a_frame_and_then_silence_is_cut_off_within_the_deadline(
    tray: HookSocket, runtime: Path
) -> None:
    began = time.monotonic()
    with client(runtime) as header_only, client(runtime) as half_header:
        header_only.sendall(b"AT1 hook fake 1000\nabc")
        half_header.sendall(b"AT1 ho")

        assert everything(header_only) == everything(half_header) == b""
    assert hook_switchboard.READ_S * 0.9 < time.monotonic() - began < hook_switchboard.READ_S + 2


def test_attack_23_a_thousand_connections_cost_no_thread_and_the_next_call_is_served(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    threads, before = threading.active_count(), descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    clients = [client(runtime) for _ in range(1000)]
    for sock in clients:
        with contextlib.suppress(BrokenPipeError):
            sock.sendall(b"A")
    assert threading.active_count() == threads
    for sock in clients:
        assert everything(sock) == b""
        sock.close()

    process = ask(runtime, call())
    tray.say(events.wait(RequestOpened).request.id, YES)

    assert outcome(process)[0] == YES
    until(lambda: descriptors() <= before)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_attack_23_out_of_files_turns_callers_away_and_recovers(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    filler = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(filler), hard))
    more = []
    try:
        while True:
            more.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    try:
        sock.connect(str(runtime / "agent-tray" / "tray.sock"))
        assert everything(sock) == b""
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in filler + more:
            os.close(number)
        sock.close()

    process = ask(runtime, call())
    tray.say(events.wait(RequestOpened).request.id, YES)

    assert outcome(process)[0] == YES


def test_attack_24_a_stale_socket_is_replaced(runtime: Path, front: Front, events: Events) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(runtime / "agent-tray" / "tray.sock"))
    left.close()

    tray = HookSocket([hook_agent.AGENT], events, runtime / "agent-tray", front)
    tray.start()

    try:
        assert outcome(ask(runtime, call(asks=False)))[2] == 0
        events.wait(ActivitySeen)
    finally:
        tray.stop(5)


@pytest.mark.parametrize("kind", ["link", "file", "directory"])
def test_attack_24_something_else_in_the_place_of_the_socket_is_reported_and_left(
    runtime: Path, front: Front, events: Events, kind: str
) -> None:
    place = runtime / "agent-tray" / "tray.sock"
    match kind:
        case "link":
            place.symlink_to(runtime / "elsewhere")
        case "file":
            place.write_bytes(b"precious")
        case _:
            place.mkdir()

    tray = HookSocket([hook_agent.AGENT], events, runtime / "agent-tray", front)
    tray.start()
    tray.stop(5)

    report = events.wait(HealthReported)
    assert "tray.sock" in report.text
    assert report.remedy
    assert os.path.lexists(place)


def test_attack_24_the_socket_is_for_its_owner_alone(tray: HookSocket, runtime: Path) -> None:
    assert (runtime / "agent-tray" / "tray.sock").stat().st_mode & 0o777 == 0o600


def test_attack_26_a_web_request_is_cut_off(tray: HookSocket, runtime: Path) -> None:
    with client(runtime) as sock:
        sock.sendall(b"POST /allow HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\n\r\n" + b"x" * 200)

        assert everything(sock) == b""


@pytest.mark.parametrize("verb", ["allow", "approve", "say", "answer", "deny", "event", "cancel", "HOOK"])
def test_attack_56_no_verb_of_the_socket_answers(tray: HookSocket, runtime: Path, events: Events, verb: str) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    with client(runtime) as sock:
        sock.sendall(f"AT1 {verb} {request} {len(YES)}\n".encode() + YES)
        assert everything(sock) == b""

    assert tray.payload_of(request) is not None
    tray.release(request, "end of test")
    assert outcome(process)[0] == b""


def test_attack_50_a_hook_that_dies_while_asking_lets_its_request_go(
    tray: HookSocket, runtime: Path, events: Events
) -> None:
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    process.kill()
    outcome(process)

    assert events.wait(RequestReleased).why == hook_socket.HOOK_ENDED
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

    assert events.wait(DeliveryFailed).why == hook_socket.NOT_TAKEN
    assert events.of(ReplyDelivered) == []


def test_attack_52_a_relay_that_never_confirms_is_a_failed_delivery(
    tray: HookSocket, runtime: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_socket, "SAID_S", 0.2)
    with client(runtime) as sock:
        asked(sock, call())

        tray.say(events.wait(RequestOpened).request.id, YES)

        assert events.wait(DeliveryFailed).why == hook_socket.NOT_TAKEN


def test_a_relay_that_talks_out_of_turn_is_let_go(tray: HookSocket, runtime: Path, events: Events) -> None:
    with client(runtime) as sock:
        asked(sock, call())
        events.wait(RequestOpened)

        sock.sendall(b"said\n")

        assert events.wait(RequestReleased).why == hook_socket.HOOK_ENDED
        assert events.of(ReplyDelivered) == []


# -- faults of trust.md 5.3, by number


def test_fault_25_a_stuck_window_lets_every_hook_go(
    tray: HookSocket, runtime: Path, events: Events, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_socket, "BEAT_S", 0.1)
    monkeypatch.setattr(hook_socket, "MAIN_THREAD_S", 0.5)
    front.on_pulse = lambda: None

    process = ask(runtime, call())

    events.wait(RequestOpened)
    assert events.wait(RequestReleased).why == hook_socket.WINDOW_STUCK
    assert outcome(process) == (b"", b"", 0)


def test_fault_25_a_window_that_lives_keeps_the_hook(
    tray: HookSocket, runtime: Path, events: Events, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_socket, "BEAT_S", 0.05)
    monkeypatch.setattr(hook_socket, "MAIN_THREAD_S", 1.0)
    process = ask(runtime, call())
    request = events.wait(RequestOpened).request.id

    until(lambda: front.pulses > 30)

    assert events.of(RequestReleased) == []
    tray.say(request, YES)
    assert outcome(process)[0] == YES


def test_fault_33_the_end_of_the_tray_lets_every_hook_go_at_once(runtime: Path, events: Events, front: Front) -> None:
    tray = HookSocket([hook_agent.AGENT], events, runtime / "agent-tray", front)
    tray.start()
    processes = [ask(runtime, call()) for _ in range(3)]
    events.wait(RequestOpened, 3)

    tray.stop(2)

    assert [outcome(process, 2) for process in processes] == [(b"", b"", 0)] * 3
    assert not (runtime / "agent-tray" / "tray.sock").exists()


@pytest.mark.logs_errors
def test_fault_38_an_adapter_that_raises_costs_one_call(runtime: Path, events: Events, front: Front) -> None:
    tray = HookSocket([hook_agent.AGENT], events, runtime / "agent-tray", front)
    tray.start()
    try:
        assert outcome(ask(runtime, b"[]")) == (b"", b"", 0)
        until(lambda: [each for each in events.of(HealthReported) if each.text])

        outcome(ask(runtime, call(asks=False)))

        events.wait(ActivitySeen)
    finally:
        tray.stop(5)


def voluntary_switches() -> int:
    total = 0
    for task in os.listdir("/proc/self/task"):
        status = Path(f"/proc/self/task/{task}/status").read_text()
        name = status.partition("\n")[0]
        if "hook-socket" in name or task != str(os.getpid()):
            total += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return total


def test_an_idle_socket_does_not_wake(tray: HookSocket, runtime: Path, events: Events, front: Front) -> None:
    process = ask(runtime, call())
    tray.say(events.wait(RequestOpened).request.id, YES)
    outcome(process)
    events.wait(ReplyDelivered)
    until(lambda: not tray._switchboard._connections)
    pulses, before = front.pulses, voluntary_switches()

    threading.Event().wait(hook_socket.BEAT_S + 1)

    assert voluntary_switches() - before <= 1
    assert front.pulses == pulses


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

    assert events.wait(RequestReleased, deadline_s=hook_socket.BEAT_S + 2).why == hook_socket.HOOK_ENDED


# -- the other verbs


def test_status_and_hello_answer_in_json_and_raise_brings_the_window(
    tray: HookSocket, runtime: Path, front: Front
) -> None:
    told = []
    for verb, argument in ((Verb.STATUS, "-"), (Verb.HELLO, "-"), (Verb.RAISE, "token-1")):
        with client(runtime) as sock:
            sock.sendall(hook_wire.header(verb, argument))
            told.append(everything(sock))

    assert told[0] == b'{"version":1}\n'
    assert told[1] == b'{"version":1,"pid":%d}\n' % os.getpid()
    assert front.raised == ["token-1"]


def test_a_proposed_session_is_handed_on_and_begins_nothing(tray: HookSocket, runtime: Path, front: Front) -> None:
    with client(runtime) as sock:
        sock.sendall(hook_wire.header(Verb.PROPOSE, length=2) + b"{}")
        assert everything(sock) == b'{"shown":true}\n'

    assert front.proposed == [b"{}"]


def test_a_watcher_is_told_of_every_change(tray: HookSocket, runtime: Path) -> None:
    with client(runtime) as sock:
        sock.sendall(hook_wire.header(Verb.WATCH))
        assert sock.recv(100) == b'{"first":true}\n'

        tray.publish(b'{"second":true}\n')

        assert sock.recv(100) == b'{"second":true}\n'


def test_a_watcher_that_does_not_read_is_let_go(tray: HookSocket, runtime: Path) -> None:
    with client(runtime) as sock:
        sock.sendall(hook_wire.header(Verb.WATCH))
        sock.recv(100)

        for _ in range(12):
            tray.publish(b"x" * (1 << 20))

        until(lambda: not tray._switchboard._connections)


def test_attack_51_a_tray_killed_while_asking_lets_the_agent_ask_itself(runtime: Path) -> None:
    code = (
        "import os, sys, threading\n"
        "from pathlib import Path\n"
        "from tests.fakes.hook_agent import AGENT, SESSION, Events, Front\n"
        "from desktop.watchers.hook_socket import HookSocket\n"
        "from desktop.domain.events import RequestOpened\n"
        f"events, front = Events(), Front({{SESSION: ({os.getpid()},)}})\n"
        "tray = HookSocket([AGENT], events, Path(sys.argv[1]), front)\n"
        "front.on_pulse = tray.beat\n"
        "tray.start(); print('up', flush=True); events.wait(RequestOpened, 1, 30); print('asked', flush=True)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(runtime / "agent-tray")], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        process = ask(runtime, call())
        assert server.stdout.readline() == b"asked\n"

        killed_at = time.monotonic()
        server.send_signal(signal.SIGKILL)

        assert outcome(process, 2) == (b"", b"", 0)
        assert time.monotonic() - killed_at < 2
