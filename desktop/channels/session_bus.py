"""Ask programs on the session bus: one question at a time, from a worker thread, with a short wait."""

from types import TracebackType
from typing import Self

from desktop.channels.refusal import Refused

ANSWER_S = 2.0


class SessionBus:
    """A connection to the bus of the person's desktop, for as long as it is entered."""

    def __init__(self) -> None:
        try:
            from jeepney.io.blocking import open_dbus_connection  # 30 ms, and only where a terminal has such a bus
        except ImportError:
            raise Refused("There is no session bus here.") from None
        try:
            self._connection = open_dbus_connection(bus="SESSION")
        except (OSError, KeyError, ValueError):
            raise Refused("There is no session bus here.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def ask(self, name: str, path: str, interface: str, method: str, signature: str = "", *words: object) -> object:
        """Call a method; the first value of its answer. Whatever goes wrong is a refusal."""
        from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call

        call = new_method_call(DBusAddress(path, bus_name=name, interface=interface), method, signature, words)
        # Only what runs is spoken to: nothing is started for the sake of a question.
        call.header.flags |= type(call.header.flags)(2)
        try:
            answer = self._connection.send_and_get_reply(call, timeout=ANSWER_S)
        except (OSError, ValueError):
            raise Refused("The terminal does not answer.") from None
        if answer.header.message_type is not MessageType.method_return:
            said = answer.header.fields.get(HeaderFields.error_name, "an error")
            raise Refused(f"The terminal says no ({said}).")
        return answer.body[0] if answer.body else None

    def process_of(self, name: str) -> int:
        """The process that has *name* on the bus; 0 when nobody has."""
        bus = "org.freedesktop.DBus"
        try:
            found = self.ask(bus, "/org/freedesktop/DBus", bus, "GetConnectionUnixProcessID", "s", name)
        except Refused:
            return 0
        return found if isinstance(found, int) else 0
