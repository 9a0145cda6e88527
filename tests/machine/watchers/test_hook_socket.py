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
from pathlib import Path

import pytest

from desktop.domain.events import (
    ActivitySeen,
    HealthReported,
    ReplyDelivered,
    RequestOpened,
)
from desktop.formats import hook_wire
from desktop.formats.hook_wire import Verb
from desktop.watchers import held_asks, hook_switchboard
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import Events, Front, ask, call, outcome, until
from tests.machine.watchers.hook_client import YES, client, everything


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_call_that_asks_nothing_ends_at_once_and_is_news(tray: HookSocket, runtime: Path, events: Events) -> None:
    process = ask(runtime, call(asks=False))

    assert outcome(process) == (b"", b"", 0)
    assert events.wait(ActivitySeen).text == "make release"


def test_a_call_of_an_unknown_agent_ends_at_once(tray: HookSocket, runtime: Path, events: Events) -> None:
    assert outcome(ask(runtime, call(), name="other")) == (b"", b"", 0)
    assert events.of(RequestOpened) == []


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

    threading.Event().wait(held_asks.BEAT_S + 1)

    assert voluntary_switches() - before <= 1
    assert front.pulses == pulses


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
