"""A message bus of our own, with nothing on it that we did not put there, and the programs that we put there."""

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jeepney import HeaderFields, new_method_call, new_signal
from jeepney.io.blocking import open_dbus_connection

from tests.fakes import notification_server

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>{services}
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"""
SERVICE = "[D-BUS Service]\nName=org.freedesktop.Notifications\nExec={command}\n"
PATIENCE_S = 10.0


class PrivateBus:
    """A dbus-daemon at a socket in *directory*."""

    def __init__(self, directory: Path, activates: str = "") -> None:
        self.path = directory / "bus"
        self.address = f"unix:path={self.path}"
        services = ""
        if activates:
            (directory / "services").mkdir()
            (directory / "services" / "notifications.service").write_text(SERVICE.format(command=activates))
            services = f"<servicedir>{directory / 'services'}</servicedir>"
        self._config = directory / "bus.conf"
        self._config.write_text(CONFIG.format(path=self.path, services=services))
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("dbus-daemon")
        assert program, "dbus-daemon is missing"
        command = [program, f"--config-file={self._config}", "--nofork", "--nopidfile", "--print-address=1"]
        self._daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._daemon.stdout is not None
        assert self._daemon.stdout.readline().startswith(b"unix:"), "dbus-daemon did not start"

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait(PATIENCE_S)
            assert self._daemon.stdout is not None
            self._daemon.stdout.close()
            self._daemon = None
            self.path.unlink(missing_ok=True)

    def forge(self, member: str, body: tuple[object, ...], destination: str = "") -> None:
        """Send a signal that pretends to come from the notification daemon."""
        with open_dbus_connection(self.address) as connection:
            message = new_signal(notification_server.ADDRESS, member, notification_server.SIGNALS[member], body)
            if destination:
                message.header.fields[HeaderFields.destination] = destination
            connection.send(message)
            # Answered after the signal was passed on: the bus works in order.
            connection.send_and_get_reply(new_method_call(notification_server.DRIVER, "GetId"))


class Daemon:
    """A running notification_server, or another program of its manners; its reports are read as they come."""

    def __init__(self, bus: PrivateBus, *options: str, program: str = notification_server.__file__) -> None:
        command = [sys.executable, program, *options]
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus.address}
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._buffer = b""
        self.reports: list[dict[str, object]] = []
        self.unique_name = str(self.wait_for("ready")["ready"])

    def read(self, wait_s: float = 0.0) -> None:
        """Take in what was reported until now."""
        stdout = self._program.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while selector.select(wait_s):
                raw = os.read(stdout.fileno(), 65536)
                if not raw:
                    return
                *lines, self._buffer = (self._buffer + raw).split(b"\n")
                self.reports += [json.loads(line) for line in lines]
                wait_s = 0.0

    def wait_for(self, kind: str, count: int = 1) -> dict[str, object]:
        """The *count*-th report of a kind; a program without our event loop may wait like this."""
        end = time.monotonic() + PATIENCE_S
        while len(self.of(kind)) < count:
            assert time.monotonic() < end, f"no {kind}: {self.reports}"
            self.read(0.05)
        return self.of(kind)[count - 1]

    def of(self, kind: str) -> list[dict[str, object]]:
        return [report for report in self.reports if kind in report]

    def do(self, **command: object) -> None:
        """Give a command and return when it was carried out."""
        assert self._program.stdin is not None
        done = len(self.of("did"))
        self._program.stdin.write(json.dumps(command).encode() + b"\n")
        self._program.stdin.flush()
        if command != {"quit": True}:
            self.wait_for("did", done + 1)

    def stop_now(self) -> None:
        """Die without a word."""
        self._program.kill()
        self._program.wait(PATIENCE_S)

    def stop(self) -> None:
        self.stop_now()
        for end in (self._program.stdin, self._program.stdout):
            assert end is not None
            end.close()


@contextmanager
def running(directory: Path, activates: str = "") -> Iterator[PrivateBus]:
    bus = PrivateBus(directory, activates)
    bus.start()
    try:
        yield bus
    finally:
        bus.stop()
