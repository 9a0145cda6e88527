"""Carry one hook call to the tray and its reply back: stdin -> socket -> stdout.

Run as ``<python> -I -S <this file> <agent>``. Stands alone, since it is copied away from the package, and imports only
what the interpreter has built in (or one small extension): every hook call of every agent pays for each import.
It is silent and ends with 0 whatever happens, and without the tray's reply it prints nothing: the agent then asks in
its own way, as if we were not there.
"""

import sys

if sys.platform != "win32":
    import _socket
    import posix

TYPE_CHECKING = False  # as in typing, which would cost more to import than all the rest
if TYPE_CHECKING:
    from typing import NoReturn

MAX_BYTES = 1 << 20  # a larger call gets no answer from here
STDIN_S = 5.0  # an agent that never closes our stdin must not keep us for ever
CONNECT_S = 0.3
FIRST_ANSWER_S = 0.4
HEARTBEAT_S = 5.0  # the tray beats every 2 s while it lives and a person can still answer
HEADER_BYTES = 128


def candidates() -> "list[bytes]":
    """The directories in which the tray may listen, best first."""
    # The rules of desktop/storage/paths.py, repeated because this file must stand alone; a test compares the two.
    uid = posix.getuid()
    bases = []
    named = posix.environ.get(b"XDG_RUNTIME_DIR", b"")
    for base in (named, b"/run/user/%d" % uid):
        if base.startswith(b"/") and base not in bases and _is_private(base, uid, 0o022):
            bases.append(base)
    found = [base.rstrip(b"/") + b"/agent-tray" for base in bases]
    found.append(b"/tmp/agent-tray-%d" % uid)
    return [path for path in found if len(path) + len(b"/tray.sock") < 104]


def _is_private(path: bytes, uid: int, forbidden: int) -> bool:
    try:
        found = posix.lstat(path)
    except OSError:
        return False
    return found.st_mode & 0o170000 == 0o040000 and found.st_uid == uid and not found.st_mode & forbidden


def _peer_uid(sock: "_socket.socket") -> int:
    if hasattr(_socket, "SO_PEERCRED"):
        credentials = sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    else:
        credentials = sock.getsockopt(0, 1, 76)  # macOS: SOL_LOCAL, LOCAL_PEERCRED, struct xucred; not run
    return int.from_bytes(credentials[4:8], sys.byteorder)


def _connect() -> "_socket.socket | None":
    for directory in candidates():
        if not _is_private(directory, posix.getuid(), 0o077):
            continue
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        sock.settimeout(CONNECT_S)
        try:
            sock.connect(directory + b"/tray.sock")
        except OSError:
            sock.close()
            continue
        # Whoever answers could approve in our name: it must be this user, before it hears a word.
        if _peer_uid(sock) == posix.getuid():
            return sock
        sock.close()
    return None


def _sha256_hex(data: bytes) -> bytes:
    try:
        from _sha2 import sha256  # type: ignore[import-not-found]  # 3.12 and later; no stubs
    except ImportError:
        try:
            from _sha256 import sha256  # type: ignore[import-not-found]  # no stubs
        except ImportError:
            from hashlib import sha256
    digest: str = sha256(data).hexdigest()
    return digest.encode()


def _read_stdin() -> "bytes | None":
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES:
        part = posix.read(0, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    while posix.read(0, 65536):  # drained, so that the agent meets no broken pipe
        pass
    return None


def _write_stdout(data: bytes) -> None:
    while data:
        data = data[posix.write(1, data) :]


def _converse(sock: "_socket.socket", payload: bytes) -> None:
    parent = posix.getppid()
    sock.settimeout(FIRST_ANSWER_S)
    sock.sendall(b"AT1 hook %s %d\n" % (sys.argv[1].encode("ascii"), len(payload)) + payload)
    waiting = b""
    while True:
        line, found, rest = waiting.partition(b"\n")
        if not found:
            got = sock.recv(65536) if len(waiting) < HEADER_BYTES else b""
            if not got:
                return
            waiting += got
            continue
        waiting = rest
        if posix.getppid() != parent:
            return  # the agent died: nobody is left to read an answer
        if line in (b"", b"hold"):
            sock.settimeout(HEARTBEAT_S)
            continue
        verb, _, argument = line.partition(b" ")
        digest, _, length = argument.partition(b" ")
        # A verdict holds for the very bytes that the agent gave us, or for nothing.
        if verb != b"say" or not length.isdigit() or int(length) > MAX_BYTES or digest != _sha256_hex(payload):
            return
        while len(waiting) < int(length):
            got = sock.recv(65536)
            if not got:
                return
            waiting += got
        if len(waiting) == int(length):
            _write_stdout(waiting)
            sock.sendall(b"said\n")
        return


def main() -> "NoReturn":
    """Serve one hook call; never return."""
    if sys.platform == "win32":
        sys.exit(0)  # no unix sockets here: nothing to carry
    try:
        import _signal  # type: ignore[import-not-found]  # no stubs; signal itself would import enum

        for number in (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGALRM):
            _signal.signal(number, lambda *_: posix._exit(0))
        name = sys.argv[1] if len(sys.argv) == 2 else ""
        if name.isascii() and name.replace("-", "").isalnum() and len(name) <= 32:
            _signal.setitimer(_signal.ITIMER_REAL, STDIN_S)
            payload = _read_stdin()
            _signal.setitimer(_signal.ITIMER_REAL, 0)
            if payload:
                sock = _connect()
                if sock is not None:
                    _converse(sock, payload)
    except BaseException:  # noqa: BLE001, S110  # silence is the promise: an agent shows whatever a hook prints
        pass
    finally:
        posix._exit(0)  # no tear-down: it would cost as much as the work


if __name__ == "__main__":
    main()
