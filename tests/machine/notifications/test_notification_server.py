"""The fake daemon is honest: an ordinary client sees of it what it would see of a real one."""

from collections.abc import Callable

from jeepney import MatchRule, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from tests.fakes.notification_server import ADDRESS, EXCESS, NAME
from tests.fakes.private_bus import Daemon, PrivateBus

HELLO = ("app", 0, "", "title", "body", ["default", "Open"], {"urgency": ("y", 1)}, -1)


def test_it_shows_replaces_closes_and_clicks(bus: PrivateBus, daemon: Callable[..., Daemon]) -> None:
    server = daemon("--capabilities", "body,actions")
    with open_dbus_connection(bus.address) as client:
        rule = MatchRule(type="signal", interface=NAME)
        client.send_and_get_reply(message_bus.AddMatch(rule))
        with client.filter(rule) as signals:
            assert client.send_and_get_reply(new_method_call(ADDRESS, "GetCapabilities")).body == (["body", "actions"],)
            shown = client.send_and_get_reply(new_method_call(ADDRESS, "Notify", "susssasa{sv}i", HELLO)).body
            again = (HELLO[0], shown[0], *HELLO[2:])
            assert client.send_and_get_reply(new_method_call(ADDRESS, "Notify", "susssasa{sv}i", again)).body == shown
            server.do(click=shown[0], key="default")
            assert client.recv_until_filtered(signals, timeout=5).body == (shown[0], "default")
            client.send_and_get_reply(new_method_call(ADDRESS, "CloseNotification", "u", shown))
            assert client.recv_until_filtered(signals, timeout=5).body == (shown[0], 3)

    server.read()
    assert [report["id"] for report in server.of("notify")] == [shown[0], shown[0]]


def test_it_refuses_as_plasma_does(bus: PrivateBus, daemon: Callable[..., Daemon]) -> None:
    daemon("--refuse", "1")
    with open_dbus_connection(bus.address) as client:
        first = client.send_and_get_reply(new_method_call(ADDRESS, "Notify", "susssasa{sv}i", HELLO))
        second = client.send_and_get_reply(new_method_call(ADDRESS, "Notify", "susssasa{sv}i", HELLO))

    assert EXCESS in str(first.header.fields)
    assert second.body == (1,)
