import os
import socket

from desktop.watchers import hook_peer
from desktop.watchers.hook_peer import Peer


def test_it_knows_who_connected() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert hook_peer.peer_of(ours) == Peer(os.getpid(), os.geteuid())


def test_a_socket_without_a_peer_has_none() -> None:
    sock = socket.socket(socket.AF_UNIX)
    sock.close()

    assert hook_peer.peer_of(sock) is None


def test_it_looks_up_this_process_and_not_one_that_is_none() -> None:
    found = hook_peer.look_up(os.getpid())

    assert found is not None
    assert found.parent == os.getppid()
    assert hook_peer.look_up(2**22 + 1) is None


def test_it_reads_only_the_variables_it_is_asked_for() -> None:
    assert dict(hook_peer.environment_of(os.getpid(), ("PATH",))).keys() <= {"PATH"}
    assert hook_peer.environment_of(2**22 + 1, ("PATH",)) == ()
