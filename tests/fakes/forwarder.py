"""Carries connections from one unix socket to another, as ``ssh -R`` does: what connects there is this process.

``forwarder.py FROM TO``: listens at FROM, connects to TO; tells "ready".
"""

import contextlib
import os
import socket
import sys
import threading


def carry(source: socket.socket, target: socket.socket) -> None:
    """Copy until the end, and pass the end on."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            end.shutdown(how)


def main() -> None:
    """Forward until killed."""
    here, there = sys.argv[1:3]
    listener = socket.socket(socket.AF_UNIX)
    os.umask(0o177)
    listener.bind(here)
    listener.listen(16)
    print("ready", flush=True)
    while True:
        client = listener.accept()[0]
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(there)
        except OSError:
            client.close()
            continue
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=carry, args=(source, target), daemon=True).start()


if __name__ == "__main__":
    main()
