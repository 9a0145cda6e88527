"""A panel without a screen: owns the name of the tray's watcher and tells on stdout what each item shows.

One JSON line for each change: {"item": its bus name, "at": time, "tooltip": text, "colours": {"#rrggbb": pixels}}; the
colours are those of the largest picture, the opaque pixels alone. {"gone": name} when an item left. Ends with its
standard input. ``{"click": name}`` on stdin activates an item, as a click on the icon does.
"""

import json
import os
import select
import struct
import sys
import time
from collections import Counter

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, Properties, message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import MessageFlag
from jeepney.wrappers import new_error, new_method_call, new_method_return, new_signal

NAME = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
WATCHER = DBusAddress("/StatusNotifierWatcher", bus_name=NAME, interface=NAME)
OPAQUE = 255


class Host:
    """Watcher and host in one, as panels are."""

    def __init__(self, connection: DBusConnection) -> None:
        self.connection = connection
        self.path_by_item: dict[str, str] = {}
        self.asked: dict[int, str] = {}

    def serve(self) -> None:
        stdin = sys.stdin.fileno()
        pending = b""
        while True:
            ready, _, _ = select.select([stdin, self.connection.sock], [], [])
            if stdin in ready:
                raw = os.read(stdin, 65536)
                if not raw:
                    return
                *lines, pending = (pending + raw).split(b"\n")
                for line in lines:
                    self.click(json.loads(line)["click"])
            if self.connection.sock in ready:
                self.receive()

    def receive(self) -> None:
        while True:
            try:
                message = self.connection.receive(timeout=0)
            except TimeoutError:
                return
            match message.header.message_type:
                case MessageType.method_call:
                    self.answer(message)
                case MessageType.signal:
                    self.hear(message)
                case MessageType.method_return:
                    self.take(message)
                case _:
                    self.asked.pop(message.header.fields[HeaderFields.reply_serial], None)

    def answer(self, message: Message) -> None:
        fields = message.header.fields
        match fields[HeaderFields.member], message.body:
            case "Get", (_, name):
                self.give(message, "v", (self.properties()[name],))
            case "GetAll", _:
                self.give(message, "a{sv}", (self.properties(),))
            case "RegisterStatusNotifierItem", (str(service),):
                self.give(message, None, ())
                sender = fields[HeaderFields.sender]
                item, path = (sender, service) if service.startswith("/") else (service, "/StatusNotifierItem")
                self.path_by_item[item] = path
                self.connection.send(new_signal(WATCHER, "StatusNotifierItemRegistered", "s", (item,)))
                self.look(item)
            case "RegisterStatusNotifierHost", _:
                self.give(message, None, ())
            case other, _:
                self.connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (other,)))

    def properties(self) -> dict[str, tuple[str, object]]:
        return {
            "IsStatusNotifierHostRegistered": ("b", True),
            "ProtocolVersion": ("i", 0),
            "RegisteredStatusNotifierItems": ("as", list(self.path_by_item)),
        }

    def hear(self, message: Message) -> None:
        fields = message.header.fields
        if fields.get(HeaderFields.interface) == ITEM:
            # A signal names its sender by the number of its connection, an item may be known by another name: ask all.
            for item in self.path_by_item:
                self.look(item)
        elif fields[HeaderFields.member] == "NameOwnerChanged":
            name, _, owner = message.body
            if name in self.path_by_item and not owner:
                del self.path_by_item[name]
                tell({"gone": name})

    def look(self, item: str) -> None:
        address = DBusAddress(self.path_by_item[item], bus_name=item, interface=ITEM)
        message = Properties(address).get_all()
        serial = next(self.connection.outgoing_serial)
        self.asked[serial] = item
        self.connection.send(message, serial=serial)

    def take(self, message: Message) -> None:
        item = self.asked.pop(message.header.fields[HeaderFields.reply_serial], None)
        if item is None:
            return
        shown = {name: value for name, (_, value) in message.body[0].items()}
        pictures = shown.get("IconPixmap") or [(0, 0, b"")]
        tell(
            {
                "item": item,
                "at": time.time(),
                "tooltip": shown["ToolTip"][2] or shown["ToolTip"][3],
                "colours": colours_of(max(pictures)[2]),
            }
        )

    def click(self, item: str) -> None:
        address = DBusAddress(self.path_by_item[item], bus_name=item, interface=ITEM)
        self.connection.send(new_method_call(address, "Activate", "ii", (0, 0)))

    def give(self, message: Message, signature: str | None, body: tuple[object, ...]) -> None:
        if not message.header.flags & MessageFlag.no_reply_expected:
            self.connection.send(new_method_return(message, signature, body))


def colours_of(pixels: bytes) -> dict[str, int]:
    """How often each opaque colour occurs in a picture of ARGB words, high byte first."""
    words = (word for (word,) in struct.iter_unpack(">I", pixels))
    counted = Counter(word & 0xFFFFFF for word in words if word >> 24 == OPAQUE)
    return {f"#{colour:06x}": count for colour, count in counted.most_common(12)}


def tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def main() -> int:
    with open_dbus_connection() as connection:
        for rule in (
            MatchRule(type="signal", interface=ITEM),
            MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"),
        ):
            connection.send_and_get_reply(message_bus.AddMatch(rule))
        if connection.send_and_get_reply(message_bus.RequestName(NAME, 4)).body != (1,):
            return 1
        connection.send(new_signal(WATCHER, "StatusNotifierHostRegistered"))
        tell({"ready": connection.unique_name})
        Host(connection).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
