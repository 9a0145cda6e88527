"""What a screen reader sees of the running tray: finds a control by its name and clicks in its middle.

Needs at-spi2-core and a tray started with QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1. The list's opened card is no child of the
list for a screen reader, so it is reached from what has the focus. ``python eyes.py NAME`` clicks the control.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, Properties, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ACCESSIBLE = "org.a11y.atspi.Accessible"
REGISTRY = "org.a11y.atspi.Registry"
ROOT = "/org/a11y/atspi/accessible/root"
SHOWING = 1 << 25
ENABLED = 1 << 8


@dataclass(frozen=True)
class Node:
    """One thing on the screen."""

    bus: DBusConnection
    owner: str
    path: str

    def ask(self, interface: str, method: str, signature: str | None = None, *body: object) -> tuple[object, ...]:
        address = DBusAddress(self.path, bus_name=self.owner, interface=interface)
        answer = self.bus.send_and_get_reply(new_method_call(address, method, signature, body), timeout=3)
        if answer.header.message_type is MessageType.error:
            raise LookupError(str(answer.body))
        return tuple(answer.body)

    def get(self, name: str) -> object:
        address = DBusAddress(self.path, bus_name=self.owner, interface=ACCESSIBLE)
        return self.bus.send_and_get_reply(Properties(address).get(name), timeout=3).body[0][1]

    def is_ready(self) -> bool:
        low, _ = self.ask(ACCESSIBLE, "GetState")[0]  # type: ignore[misc]  # two words of flags
        return bool(low & SHOWING and low & ENABLED)

    def walk(self) -> Iterator["Node"]:
        yield self
        for owner, path in self.ask(ACCESSIBLE, "GetChildren")[0]:  # type: ignore[attr-defined]  # pairs
            if not path.endswith("/null"):
                yield from Node(self.bus, owner, path).walk()


class Eyes:
    """Sees the tray, and follows the focus in it."""

    def __init__(self) -> None:
        session = open_dbus_connection("SESSION")
        where = DBusAddress("/org/a11y/bus", bus_name="org.a11y.Bus", interface="org.a11y.Bus")
        address = session.send_and_get_reply(new_method_call(where, "GetAddress")).body[0]
        self._bus = open_dbus_connection(address)
        self._focused: list[tuple[str, str]] = []
        heard = open_dbus_connection(address)
        heard.send_and_get_reply(
            message_bus.AddMatch(MatchRule(type="signal", interface="org.a11y.atspi.Event.Object"))
        )
        registry = DBusAddress("/org/a11y/atspi/registry", bus_name=REGISTRY, interface=REGISTRY)
        heard.send_and_get_reply(new_method_call(registry, "RegisterEvent", "s", ("object:state-changed:focused",)))
        threading.Thread(target=self._follow, args=(heard,), daemon=True).start()

    def find(self, name: str, timeout_s: float = 5) -> Node:
        """The control whose name begins with *name*, once it can be used."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            try:
                for node in self._all():
                    if str(node.get("Name")).startswith(name) and node.is_ready():
                        return node
            except (LookupError, TimeoutError):
                continue
        raise LookupError(name)

    def click(self, name: str) -> float:
        """Move to the control called *name* and click it; return when."""
        x, y, width, height = self.find(name).ask("org.a11y.atspi.Component", "GetExtents", "u", 0)[0]  # type: ignore[misc]
        x, y = x + width // 2 if width < 300 else x + 20, y + height // 2
        words = ["mousemove", x - 4, y, "sleep", "0.08", "mousemove", x, y, "sleep", "0.08", "click", 1]
        subprocess.run(["xdotool", *map(str, words)], check=True)
        return time.time()

    def _follow(self, heard: DBusConnection) -> None:
        while True:
            message = heard.receive()
            fields = message.header.fields
            if fields.get(HeaderFields.member) == "StateChanged" and message.body[:2] == ("focused", 1):
                self._focused.append((fields[HeaderFields.sender], fields[HeaderFields.path]))

    def _all(self) -> Iterator[Node]:
        for owner, path in dict.fromkeys(reversed(self._focused[-6:])):
            node = Node(self._bus, owner, path)
            while node.ask(ACCESSIBLE, "GetRoleName")[0] not in ("list", "application", "layered pane"):
                top, node = node, Node(self._bus, *node.get("Parent"))  # type: ignore[misc]  # a pair
                yield from top.walk()
        yield from Node(self._bus, REGISTRY, ROOT).walk()


if __name__ == "__main__":
    Eyes().click(sys.argv[1])
