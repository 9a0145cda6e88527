"""One connection to the session bus, driven by the Qt loop: no thread, no second event loop, never a blocking call.

A signal is believed only when it comes from the connection that owns the name it claims to come from: any program of
the same person can send us one, with or without a match rule of ours.
"""

import logging
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_method_call
from PySide6.QtCore import QObject, QTimer, Slot

from desktop.domain.record import dataclass
from desktop.notifications.bus_socket import BusSocket

log = logging.getLogger(__name__)

DRIVER = "org.freedesktop.DBus"
_DRIVER_ADDRESS = DBusAddress("/org/freedesktop/DBus", bus_name=DRIVER, interface=DRIVER)

# What the bus itself may answer in the name of a service that cannot.
TIMED_OUT = "io.github.agenttray.TimedOut"
DISCONNECTED = "io.github.agenttray.Disconnected"

_HANDSHAKE_MS = 5000
_FIRST_RETRY_MS = 1000
_LAST_RETRY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call; *error* is a D-Bus error name and empty when it worked."""

    body: tuple[object, ...] = ()
    error: str = ""
    text: str = ""


OnReply = Callable[[Reply], None]
OnSignal = Callable[[tuple[object, ...]], None]
OnOwner = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Call:
    destination: str
    on_reply: OnReply | None
    on_late: OnReply | None
    deadline: float


@dataclass(frozen=True, slots=True)
class _Subscription:
    sender: str
    path: str
    interface: str
    member: str
    on_signal: OnSignal

    def rule(self) -> str:
        parts = {"type": "signal", "sender": self.sender, "path": self.path}
        parts |= {"interface": self.interface, "member": self.member}
        return ",".join(f"{key}='{value}'" for key, value in parts.items())


class SessionBus(QObject):
    """Calls methods and hears signals; comes back by itself when the bus was away."""

    def __init__(self, address: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._address = address
        self._line = BusSocket(self._on_line_open, self._dispatch, self._lose, self)
        self._is_ready = False
        self._unique_name = ""
        self._serials = count(1)
        self._calls: dict[int, _Call] = {}
        self._late: dict[int, _Call] = {}
        self._subscriptions: list[_Subscription] = []
        self._watched: dict[str, OnOwner] = {}
        self._owners: dict[str, str] = {}
        self._retry_ms = _FIRST_RETRY_MS
        self._on_lost: Callable[[str], None] = _ignore
        self._deadlines = QTimer(self, singleShot=True)
        self._deadlines.timeout.connect(self._on_deadlines_timeout)
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._on_retry_timeout)

    def open(self, on_lost: Callable[[str], None]) -> str:
        """Begin to connect; return "" when that is under way, else the reason why not; either way, keep trying.

        *on_lost* hears why, every time an established connection breaks.
        """
        self._on_lost = on_lost
        reason = self._connect()
        if reason:
            self._retry_later()
        return reason

    def close(self, flush_ms: int = 200) -> None:
        """Send what waits to be sent, for at most *flush_ms*, and let go; no callback is called any more."""
        self._on_lost = _ignore
        if self.is_ready:
            self.pump(lambda: not self._line.has_unsent, flush_ms)
        self._retry.stop()
        self._hang_up()
        self._calls.clear()
        self._subscriptions.clear()
        self._watched.clear()
        self._owners.clear()

    @property
    def is_ready(self) -> bool:
        """Whether the bus has greeted us."""
        return self._is_ready

    @property
    def skipped(self) -> int:
        """How many messages could not be read."""
        return self._line.skipped

    @property
    def unique_name(self) -> str:
        """What the bus calls this connection; "" before it greeted us."""
        return self._unique_name

    @property
    def bus_id(self) -> str:
        """What the bus calls itself: names of connections are used again on the next one."""
        return self._line.bus_id

    def owner(self, name: str) -> str:
        """The connection that owns a watched name, or ""."""
        return self._owners.get(name, "")

    def watch_name(self, name: str, on_owner: OnOwner) -> None:
        """Call *on_owner* with each new owner of *name*, "" for none; also with the first one found."""
        self._watched[name] = on_owner
        if self.is_ready:
            self._ask_for_owner(name)

    def subscribe(self, sender: str, path: str, interface: str, member: str, on_signal: OnSignal) -> None:
        """Hear a signal of the watched name *sender*, now and after every reconnection."""
        subscription = _Subscription(sender, path, interface, member, on_signal)
        self._subscriptions.append(subscription)
        if self.is_ready:
            self._add_match(subscription.rule())

    def call(
        self,
        address: DBusAddress,
        method: str,
        signature: str | None = None,
        body: tuple[object, ...] = (),
        on_reply: OnReply | None = None,
        *,
        on_late: OnReply | None = None,
        timeout_ms: int = 2000,
    ) -> None:
        """Call a method; *on_reply* is called exactly once, never from within this call.

        A reply after the deadline goes to *on_late*: what was asked for may have been done after all.
        """
        message = new_method_call(address, method, signature, body)
        if on_reply is None:
            message.header.flags = MessageFlag.no_reply_expected
        if not self.is_ready:
            if on_reply is not None:
                gone = Reply(error=DISCONNECTED, text="not connected to the session bus")
                QTimer.singleShot(0, self, lambda: on_reply(gone))
            return
        self._send(message, on_reply, on_late, timeout_ms)

    def pump(self, until: Callable[[], bool], limit_ms: int) -> bool:
        """Serve the connection without the Qt loop until *until* holds or the time is up; return whether it holds."""
        return self._line.pump(until, limit_ms)

    # Connection

    def _connect(self) -> str:
        reason = self._line.connect_to(self._address)
        if not reason:
            # A listener that accepts and says nothing must not keep us from trying again.
            self._retry.start(_HANDSHAKE_MS)
        return reason

    def _on_line_open(self) -> None:
        hello = new_method_call(_DRIVER_ADDRESS, "Hello")
        self._send(hello, self._on_greeted, None, _HANDSHAKE_MS)

    def _on_greeted(self, reply: Reply) -> None:
        if reply.error:
            self._lose(f"the session bus refused us: {reply.error}")
            return
        self._unique_name = str(*reply.body)
        self._is_ready = True
        self._retry.stop()
        self._retry_ms = _FIRST_RETRY_MS
        for subscription in self._subscriptions:
            self._add_match(subscription.rule())
        for name in self._watched:
            self._ask_for_owner(name)

    def _ask_for_owner(self, name: str) -> None:
        def learn(reply: Reply) -> None:
            match reply:
                case Reply(body=(str(owner),), error=""):
                    self._set_owner(name, owner)
                case Reply(error=error) if error != DISCONNECTED:
                    self._set_owner(name, "")

        self._add_match(f"type='signal',sender='{DRIVER}',interface='{DRIVER}',member='NameOwnerChanged',arg0='{name}'")
        self.call(_DRIVER_ADDRESS, "GetNameOwner", "s", (name,), learn)

    def _add_match(self, rule: str) -> None:
        self.call(_DRIVER_ADDRESS, "AddMatch", "s", (rule,))

    def _set_owner(self, name: str, owner: str) -> None:
        if self._owners.get(name) != owner and name in self._watched:
            self._owners[name] = owner
            self._watched[name](owner)

    def _hang_up(self) -> None:
        self._line.hang_up()
        self._is_ready = False
        self._deadlines.stop()
        self._late.clear()

    def _lose(self, reason: str) -> None:
        if not self._line.is_connected:
            return
        was_ready = self.is_ready
        self._hang_up()
        self._retry_later()
        calls, self._calls = self._calls, {}
        self._owners.clear()
        log.info("session bus: %s", reason)
        if was_ready:
            self._on_lost(reason)
        for call in calls.values():
            if call.on_reply is not None:
                call.on_reply(Reply(error=DISCONNECTED, text=reason))

    def _retry_later(self) -> None:
        self._retry.start(self._retry_ms)
        self._retry_ms = min(self._retry_ms * 2, _LAST_RETRY_MS)

    @Slot()
    def _on_retry_timeout(self) -> None:
        if self._line.is_connected:
            self._lose("the session bus does not answer")
        elif self._connect():
            self._retry_later()

    # Writing

    def _send(self, message: Message, on_reply: OnReply | None, on_late: OnReply | None, timeout_ms: int) -> None:
        serial = next(self._serials)
        try:
            raw = message.serialise(serial)
        except (TypeError, ValueError, struct.error) as error:
            raise ValueError(f"cannot be said over D-Bus: {error}") from error
        if on_reply is not None:
            destination = str(message.header.fields[HeaderFields.destination])
            deadline = time.monotonic() + timeout_ms / 1000
            self._calls[serial] = _Call(destination, on_reply, on_late, deadline)
            self._set_deadline_timer()
        self._line.send(raw)

    # Reading

    def _dispatch(self, message: Message) -> None:
        fields = message.header.fields
        sender = str(fields.get(HeaderFields.sender, ""))
        match message.header.message_type:
            case MessageType.method_return:
                self._dispatch_reply(fields.get(HeaderFields.reply_serial), sender, Reply(tuple(message.body)))
            case MessageType.error:
                text = next((part for part in message.body if isinstance(part, str)), "")
                reply = Reply(error=str(fields.get(HeaderFields.error_name, "unnamed")), text=text)
                self._dispatch_reply(fields.get(HeaderFields.reply_serial), sender, reply)
            case MessageType.signal:
                self._dispatch_signal(message, sender)
            case MessageType.method_call:
                pass  # we offer nothing

    def _dispatch_reply(self, serial: object, sender: str, reply: Reply) -> None:
        if not isinstance(serial, int):
            return
        call = self._calls.get(serial) or self._late.get(serial)
        if call is None or not self._may_answer(call.destination, sender):
            return  # some servers answer one call twice
        if serial in self._calls:
            del self._calls[serial]
            if call.on_reply is not None:
                call.on_reply(reply)
        else:
            del self._late[serial]
            if call.on_late is not None:
                call.on_late(reply)

    def _may_answer(self, destination: str, sender: str) -> bool:
        known = self._owners.get(destination, "")
        return sender in ("", DRIVER, destination) or not known or sender == known

    def _dispatch_signal(self, message: Message, sender: str) -> None:
        fields = message.header.fields
        where = (fields.get(HeaderFields.path), fields.get(HeaderFields.interface), fields.get(HeaderFields.member))
        if sender == DRIVER:
            match where[2], message.body:
                case "NameOwnerChanged", (str(name), str(), str(owner)):
                    self._set_owner(name, owner)
            return
        for subscription in tuple(self._subscriptions):
            is_it = (subscription.path, subscription.interface, subscription.member) == where
            if is_it and sender and sender == self._owners.get(subscription.sender):
                subscription.on_signal(tuple(message.body))

    # Deadlines

    def _set_deadline_timer(self) -> None:
        if not self._calls:
            self._deadlines.stop()
            return
        first = min(call.deadline for call in self._calls.values())
        self._deadlines.start(max(0, int((first - time.monotonic()) * 1000) + 1))

    @Slot()
    def _on_deadlines_timeout(self) -> None:
        now = time.monotonic()
        for serial, call in [(serial, call) for serial, call in self._calls.items() if call.deadline <= now]:
            del self._calls[serial]
            if call.on_late is not None:
                self._late[serial] = replace(call, on_reply=None)
            if call.on_reply is not None:
                call.on_reply(Reply(error=TIMED_OUT, text="no answer in time"))
        self._set_deadline_timer()


def _ignore(_reason: str) -> None:
    pass
