"""The forwarder between two sockets."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.fakes import forwarder


def test_it_carries_words_both_ways_and_the_end_of_them(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "there"))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, forwarder.__file__, str(tmp_path / "here"), str(tmp_path / "there")],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "here"))
            server = listener.accept()[0]
            client.sendall(b"hello")
            assert server.recv(10) == b"hello"
            server.sendall(b"hi")
            assert client.recv(10) == b"hi"
            client.shutdown(socket.SHUT_WR)
            assert server.recv(10) == b""
            server.close()
        process.kill()
        process.wait()
        process.stdout.close()
