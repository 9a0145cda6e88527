"""A screen saver and a logind without a screen: own a bus name, say whether the screen is locked, change it on command.

Commands are JSON lines on stdin: {"active": bool}, {"lock": true}, {"unlock": true}, {"hint": bool}; each is answered
by {"did": command}. Reports on stdout: {"ready": unique name}, {"asked": member}.
"""

import argparse
import json
import os
import select
import sys

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call, new_method_return, new_signal
from jeepney.io.blocking import DBusConnection, open_dbus_connection

DRIVER = DBusAddress("/org/freedesktop/DBus", bus_name="org.freedesktop.DBus", interface="org.freedesktop.DBus")
SESSION_PATH = "/org/freedesktop/login1/session/_31"
LOGIND_SESSION = "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"


def saver_address(name: str) -> DBusAddress:
    """Where a screen saver of that name speaks."""
    return DBusAddress("/" + name.replace(".", "/"), bus_name=name, interface=name)


def changed(name: str, *, is_active: bool) -> Message:
    """The word of a screen saver about the screen."""
    return new_signal(saver_address(name), "ActiveChanged", "b", (is_active,))


class Service:
    """Answers what is asked and says what it is told to."""

    def __init__(self, connection: DBusConnection, name: str, *, is_active: bool) -> None:
        self.connection = connection
        self.name = name
        self.is_active = is_active

    def serve(self) -> None:
        pending = b""
        while True:
            ready, _, _ = select.select([0, self.connection.sock], [], [])
            if 0 in ready:
                raw = os.read(0, 65536)
                if not raw:
                    return
                *lines, pending = (pending + raw).split(b"\n")
                for line in lines:
                    self.obey(json.loads(line))
            if self.connection.sock in ready:
                self.receive()

    def receive(self) -> None:
        while True:
            try:
                message = self.connection.receive(timeout=0)
            except TimeoutError:
                return
            if message.header.message_type is MessageType.method_call:
                self.answer(message)

    def answer(self, message: Message) -> None:
        member = message.header.fields[HeaderFields.member]
        match member:
            case "GetActive":
                reply = new_method_return(message, "b", (self.is_active,))
            case "GetSession" | "GetSessionByPID":
                reply = new_method_return(message, "o", (SESSION_PATH,))
            case "Get":
                reply = new_method_return(message, "v", (("b", self.is_active),))
            case _:
                return
        self.connection.send(reply)
        tell({"asked": member})

    def obey(self, command: dict[str, object]) -> None:
        session = DBusAddress(SESSION_PATH, bus_name=self.name, interface=LOGIND_SESSION)
        match command:
            case {"active": bool(is_active)}:
                self.is_active = is_active
                self.connection.send(changed(self.name, is_active=is_active))
            case {"lock": True}:
                self.connection.send(new_signal(session, "Lock"))
            case {"unlock": True}:
                self.connection.send(new_signal(session, "Unlock"))
            case {"hint": bool(is_locked)}:
                self.is_active = is_locked
                body: tuple[object, ...] = (LOGIND_SESSION, {"LockedHint": ("b", is_locked)}, [])
                properties = DBusAddress(SESSION_PATH, bus_name=self.name, interface=PROPERTIES)
                self.connection.send(new_signal(properties, "PropertiesChanged", "sa{sv}as", body))
        tell({"did": command})


def tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--active", action="store_true")
    options = parser.parse_args()
    with open_dbus_connection() as connection:
        request = new_method_call(DRIVER, "RequestName", "su", (options.name, 4))
        if connection.send_and_get_reply(request).body != (1,):
            return 1
        tell({"ready": connection.unique_name})
        Service(connection, options.name, is_active=options.active).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
