"""The relay, as agents start it: a process with a payload in its input, and a server that may be hostile."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.relay import main as relay_main
from desktop.storage import paths
from tests.fakes.hook_agent import RELAY, ask, outcome, relay

PAYLOAD = b'{"tool":"Bash"}'
NOTHING = (b"", b"", 0)
Serve = Callable[[bytes], None]


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "agent-tray").mkdir(mode=0o700)
    return tmp_path


class Server:
    """Accepts one relay, reads its call and says what the test wants."""

    def __init__(self, runtime: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(runtime / "agent-tray" / "tray.sock"))
        self.socket.listen()
        self.socket.settimeout(10)
        self.peer: socket.socket | None = None

    def accept(self) -> bytes:
        self.peer, _ = self.socket.accept()
        self.peer.settimeout(10)
        got = b""
        while b"\n" not in got or len(got.partition(b"\n")[2]) < int(got.partition(b"\n")[0].split()[-1]):
            part = self.peer.recv(65536)
            if not part:
                break
            got += part
        return got

    def says(self, data: bytes) -> None:
        assert self.peer is not None
        self.peer.sendall(data)

    def hears(self) -> bytes:
        assert self.peer is not None
        try:
            return self.peer.recv(100)
        except ConnectionError:
            return b""

    def close(self) -> None:
        if self.peer is not None:
            self.peer.close()
        self.socket.close()


@pytest.fixture
def server(runtime: Path) -> Iterator[Server]:
    server = Server(runtime)
    yield server
    server.close()


def reply(stdout: bytes, payload: bytes = PAYLOAD) -> bytes:
    return b"say %s %d\n%s" % (hashlib.sha256(payload).hexdigest().encode(), len(stdout), stdout)


def test_it_sends_its_input_unchanged_and_prints_the_reply(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    assert server.accept() == b"AT1 hook fake %d\n" % len(PAYLOAD) + PAYLOAD

    server.says(b"hold\n\n\n" + reply(b"yes\n"))

    assert server.hears() == b"said\n"
    assert outcome(process) == (b"yes\n", b"", 0)


def test_it_reads_a_reply_that_comes_byte_by_byte(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()

    for byte in b"hold\n" + reply(b"yes\n"):
        server.says(bytes([byte]))

    assert outcome(process)[0] == b"yes\n"


def test_without_a_tray_it_is_as_if_it_were_not_there(runtime: Path) -> None:
    assert outcome(ask(runtime, PAYLOAD)) == NOTHING


def test_without_a_tray_it_still_takes_all_of_its_input(runtime: Path) -> None:
    assert outcome(ask(runtime, b"x" * (3 << 20))) == NOTHING  # a broken pipe would have raised here


def test_a_call_over_the_limit_is_not_sent(runtime: Path, server: Server) -> None:
    server.socket.settimeout(0.2)

    assert outcome(ask(runtime, b"x" * ((1 << 20) + 1))) == NOTHING

    with pytest.raises(TimeoutError):
        server.accept()


@pytest.mark.parametrize("name", ["", "../x", "a b", "a\nb", "x" * 40])
def test_a_name_that_is_none_ends_it(runtime: Path, server: Server, name: str) -> None:
    server.socket.settimeout(0.2)
    process = relay(runtime, name)

    assert outcome(process) == NOTHING
    with pytest.raises(TimeoutError):
        server.accept()


def test_attack_49_a_reply_to_other_bytes_than_its_own_input_is_not_printed(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()

    server.says(b"hold\n" + reply(b"yes\n", payload=b"what was shown"))

    assert outcome(process) == NOTHING
    assert server.hears() == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"allow\n",
        b"done\n",
        b"say\n",
        b"say  \n",
        b"say " + b"0" * 64 + b" -1\nx",
        reply(b"yes\n") + b"trailing",
        reply(b"")[:-2] + b"99999999\n",
        b"\xff\xfe\n",
        b"x" * 4096,
        b"hold\nhold on\n",
    ],
)
def test_attack_25_an_answer_that_is_not_in_the_language_prints_nothing(
    runtime: Path, server: Server, answer: bytes
) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()

    server.says(answer)

    assert outcome(process) == NOTHING


def test_attack_25_a_server_that_ends_in_mid_reply_prints_nothing(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()

    server.says(b"hold\n" + reply(b"yes\n")[:-2])
    server.close()

    assert outcome(process) == NOTHING


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_attack_25_a_squatting_server_of_another_user_hears_nothing(runtime: Path) -> None:
    code = (
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777)\n"
        "os.setuid(65534); s.listen(); print('up', flush=True); c, _ = s.accept(); print(c.recv(99), flush=True)\n"
    )
    place = str(runtime / "agent-tray" / "tray.sock")
    with subprocess.Popen([sys.executable, "-I", "-c", code, place], stdout=subprocess.PIPE) as squatter:
        assert squatter.stdout is not None
        assert squatter.stdout.readline() == b"up\n"

        assert outcome(ask(runtime, PAYLOAD)) == NOTHING

        assert squatter.stdout.readline() == b"b''\n"


@pytest.mark.parametrize("spoil", ["open", "link", "base open", "base link"])
def test_attack_24_a_directory_that_others_could_write_is_not_used(
    runtime: Path, server: Server, tmp_path: Path, spoil: str
) -> None:
    server.socket.settimeout(0.2)
    match spoil:
        case "open":
            (runtime / "agent-tray").chmod(0o770)
        case "link":
            (runtime / "agent-tray").rename(runtime / "real")
            (runtime / "agent-tray").symlink_to(runtime / "real")
        case "base open":
            runtime.chmod(0o777)
        case _:
            link = tmp_path / "link"
            link.symlink_to(runtime)
            runtime = link

    assert outcome(ask(runtime, PAYLOAD)) == NOTHING

    with pytest.raises(TimeoutError):
        server.accept()
    tmp_path.chmod(0o700)


def test_attack_52_a_server_that_does_not_answer_is_left_within_a_second(runtime: Path, server: Server) -> None:
    began = time.monotonic()
    process = ask(runtime, PAYLOAD)
    server.accept()

    assert outcome(process) == NOTHING
    assert time.monotonic() - began < 1.5


def test_attack_25_a_server_whose_heart_stops_is_left(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()
    server.says(b"hold\n")
    began = time.monotonic()

    assert outcome(process, 8) == NOTHING

    assert 4 < time.monotonic() - began < 7


def test_attack_51_the_end_of_the_server_ends_it_at_once(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()
    server.says(b"hold\n")

    server.close()

    assert outcome(process, 2) == NOTHING


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_silence(runtime: Path, server: Server, number: int) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()
    server.says(b"hold\n")

    process.send_signal(number)

    assert outcome(process, 2) == NOTHING


def test_nobody_to_read_what_it_prints_is_no_noise_and_no_confirmation(runtime: Path, server: Server) -> None:
    process = ask(runtime, PAYLOAD)
    server.accept()
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None

    server.says(b"hold\n" + reply(b"yes\n"))

    assert server.hears() == b""
    assert process.wait(5) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_an_input_that_never_ends_does_not_keep_it(runtime: Path) -> None:
    process = relay(runtime)

    assert process.wait(relay_main.STDIN_S + 3) == 0
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_it_imports_only_what_the_interpreter_has_built_in(runtime: Path, server: Server) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", "importtime", str(RELAY), "fake"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"XDG_RUNTIME_DIR": str(runtime)},
    )
    threading.Thread(target=lambda: (server.accept(), server.says(b"hold\n" + reply(b"yes\n")))).start()
    out, err = process.communicate(PAYLOAD, timeout=10)
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", "pass"], capture_output=True, check=True
    )

    def names(told: bytes) -> set[str]:
        return {line.rpartition("|")[2].strip() for line in told.decode().splitlines()}

    assert out == b"yes\n"
    assert names(err) - names(bare.stderr) <= {"_socket", "_sha256", "_sha2", "_signal"}


@pytest.mark.parametrize("kind", ["private", "missing", "open", "link", "relative", "empty", "file", "long"])
def test_it_looks_for_the_tray_where_the_tray_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    base = tmp_path / "base"
    base.mkdir(mode=0o700)
    match kind:
        case "missing":
            base.rmdir()
        case "open":
            base.chmod(0o777)
        case "link":
            base.rename(tmp_path / "real")
            base.symlink_to(tmp_path / "real")
        case "file":
            base.rmdir()
            base.touch(0o600)
        case "long":
            base = base / ("x" * 100)
            base.mkdir(mode=0o700)
    value = {"relative": "base", "empty": ""}.get(kind, str(base))
    code = f"import sys; sys.path.insert(0, {str(RELAY.parent)!r}); import main; print(main.candidates())"

    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env={"XDG_RUNTIME_DIR": value}, capture_output=True, check=True
    )

    ours = paths.runtime_candidates({"XDG_RUNTIME_DIR": value})
    assert told.stdout.decode().strip() == repr([os.fsencode(path) for path in ours])
    assert (base / "agent-tray" in ours) == (kind == "private")
