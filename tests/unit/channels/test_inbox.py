import os
import socket
from pathlib import Path

import pytest

from desktop.channels import inbox
from desktop.channels.refusal import Refused
from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind

AGENT = Agent(kind=AgentKind("x"), label="X", write_inbox=lambda text: text.encode() + b"\n")


@pytest.fixture
def place() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "inbox"


def test_a_message_reaches_the_inbox_of_the_session(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        inbox.send(place, os.getpid(), "hello", AGENT)

        with listener.accept()[0] as peer:
            assert peer.recv(100) == b"hello\n"
            assert peer.recv(100) == b""


def test_an_inbox_of_another_process_gets_nothing(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        with pytest.raises(Refused, match="another process"):
            inbox.send(place, os.getppid(), "hello", AGENT)

        with listener.accept()[0] as peer:
            assert peer.recv(100) == b""


def test_an_inbox_that_is_gone_dead_or_no_socket_is_a_refusal(place: Path) -> None:
    with pytest.raises(Refused, match="gone"):
        inbox.send(place, os.getpid(), "hello", AGENT)
    place.write_text("")
    with pytest.raises(Refused, match="not yours"):
        inbox.send(place, os.getpid(), "hello", AGENT)
    place.unlink()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(place))
    dead.close()
    with pytest.raises(Refused, match="does not take"):
        inbox.send(place, os.getpid(), "hello", AGENT)


def test_a_text_that_would_be_two_messages_is_not_sent(place: Path) -> None:
    with pytest.raises(Refused, match="one message"):
        inbox.send(place, os.getpid(), "hello\nthere", AGENT)


def test_an_agent_without_inboxes_is_said_so(place: Path) -> None:
    with pytest.raises(Refused, match="no inbox"):
        inbox.send(place, os.getpid(), "hello", Agent(kind=AgentKind("x"), label="X"))
