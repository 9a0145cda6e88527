"""A notification daemon without a screen: owns the bus name, tells on stdout what it is asked, clicks on command.

Commands are JSON lines on stdin: {"click": id, "key": key}, {"reply": id, "text": text}, {"token": id, "text": text},
{"close": id, "reason": n}, {"hang": true}, {"refuse": n} (the next n Notify calls), {"quit": true}.
"""

import argparse
import json
import os
import select
import sys

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import MessageFlag

NAME = "org.freedesktop.Notifications"
ADDRESS = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)
DRIVER = DBusAddress("/org/freedesktop/DBus", bus_name="org.freedesktop.DBus", interface="org.freedesktop.DBus")
EXCESS = "org.freedesktop.Notifications.Error.ExcessNotificationGeneration"
SIGNALS = {"ActionInvoked": "us", "NotificationReplied": "us", "ActivationToken": "us", "NotificationClosed": "uu"}


class Server:
    def __init__(self, connection: DBusConnection, options: argparse.Namespace) -> None:
        self.connection = connection
        self.options = options
        self.sender_by_id: dict[int, str] = {}
        self.last_id = 0
        self.is_hung = options.hang
        self.to_refuse = options.refuse
        self.to_lose = options.lose

    def serve(self) -> None:
        stdin = sys.stdin.fileno()
        pending = b""
        self.receive()  # what came in one read with the leave to have the name: no select will tell of it
        while True:
            ready, _, _ = select.select([stdin] if self.is_hung else [stdin, self.connection.sock], [], [])
            if stdin in ready:
                raw = os.read(stdin, 65536)
                if not raw:
                    return
                *lines, pending = (pending + raw).split(b"\n")
                for line in lines:
                    if not self.obey(json.loads(line)):
                        return
            if self.connection.sock in ready:
                self.receive()

    def receive(self) -> None:
        while not self.is_hung:
            try:
                message = self.connection.receive(timeout=0)
            except TimeoutError:
                return
            if message.header.message_type is MessageType.method_call:
                self.answer(message)

    def obey(self, command: dict[str, object]) -> bool:
        match command:
            case {"click": int(shown), "key": str(key)}:
                self.signal("ActionInvoked", shown, key)
            case {"reply": int(shown), "text": str(text)}:
                self.signal("NotificationReplied", shown, text)
            case {"token": int(shown), "text": str(text)}:
                self.signal("ActivationToken", shown, text)
            case {"close": int(shown), "reason": int(reason)}:
                self.signal("NotificationClosed", shown, reason)
            case {"hang": bool(is_hung)}:
                self.is_hung = is_hung
                self.receive()
            case {"refuse": int(count)}:
                self.to_refuse = count
            case {"quit": True}:
                return False
        tell({"did": command})
        return True

    def answer(self, message: Message) -> None:
        if self.to_lose:
            self.to_lose -= 1
            return
        fields = message.header.fields
        body = message.body
        match fields[HeaderFields.member]:
            case "GetServerInformation":
                self.give(message, "ssss", (self.options.name, "nobody", "1.0", "1.2"))
            case "GetCapabilities":
                self.give(message, "as", (self.options.capabilities.split(","),))
                if self.options.double:  # as mako 1.7.1 does
                    self.connection.send(new_error(message, "org.freedesktop.DBus.Error.Failed", "s", ("again",)))
            case "Notify":
                self.notify(message)
            case "CloseNotification":
                self.give(message, None, ())
                tell({"closed": body[0]})
                if body[0] in self.sender_by_id:
                    self.signal("NotificationClosed", body[0], 3)
                    del self.sender_by_id[body[0]]
            case "Get" if body == (NAME, "Inhibited"):
                self.give(message, "v", (("b", self.options.inhibited),))
            case other:
                self.connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (other,)))

    def notify(self, message: Message) -> None:
        app_name, replaces, icon, title, body, actions, hints, timeout = message.body
        call = {
            "signature": message.header.fields[HeaderFields.signature],
            "app_name": app_name, "replaces": replaces, "icon": icon, "title": title, "body": body,
            "actions": actions, "hints": hints, "timeout": timeout,
        }  # fmt: skip
        if self.to_refuse:
            self.to_refuse -= 1
            tell({"refused": call})
            self.connection.send(new_error(message, EXCESS, "s", ("too many",)))
            return
        if replaces not in self.sender_by_id:
            self.last_id += 1
            replaces = self.last_id
        self.sender_by_id[replaces] = message.header.fields[HeaderFields.sender]
        self.give(message, "u", (replaces,))
        tell({"notify": call, "id": replaces})

    def give(self, message: Message, signature: str | None, body: tuple[object, ...]) -> None:
        if not message.header.flags & MessageFlag.no_reply_expected:
            self.connection.send(new_method_return(message, signature, body))

    def signal(self, member: str, shown: int, value: object) -> None:
        ways = ["unicast", "broadcast"] if self.options.double else [self.options.delivery]
        for way in ways:
            message = new_signal(ADDRESS, member, SIGNALS[member], (shown, value))
            if way == "unicast" and shown in self.sender_by_id:
                message.header.fields[HeaderFields.destination] = self.sender_by_id[shown]
            self.connection.send(message)


def tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="fake")
    parser.add_argument("--capabilities", default="actions,body,body-markup,persistence")
    parser.add_argument("--delivery", choices=("unicast", "broadcast"), default="broadcast")
    parser.add_argument("--double", action="store_true")
    parser.add_argument("--hang", action="store_true")
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--lose", type=int, default=0, help="calls that are never answered")
    parser.add_argument("--inhibited", action="store_true")
    options = parser.parse_args()
    with open_dbus_connection() as connection:
        # allow replacement | replace | do not queue
        request = new_method_call(DRIVER, "RequestName", "su", (NAME, 1 | 2 | 4))
        if connection.send_and_get_reply(request).body != (1,):
            return 1
        tell({"ready": connection.unique_name})
        Server(connection, options).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
