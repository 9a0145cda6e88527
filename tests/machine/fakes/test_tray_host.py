"""The tray host tells what an item shows, and when it goes."""

import os
import shutil
from pathlib import Path

import pytest
from jeepney import MessageType, new_method_call, new_method_return
from jeepney.io.blocking import open_dbus_connection

from tests.fakes import private_bus, tray_host
from tests.fakes.tray_host import colours_of
from tests.journeys.real_agent import until
from tests.journeys.stage import Program

RED = bytes((255, 0xC0, 0x10, 0x20))
FAINT = bytes((20, 1, 2, 3))


def test_the_colours_of_a_picture_are_those_of_its_opaque_pixels() -> None:
    assert colours_of(RED * 3 + FAINT) == {"#c01020": 3}


def test_it_tells_what_an_item_shows_and_that_it_went(tmp_path: Path) -> None:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed: nothing about the tray's item is tested")
    with private_bus.running(tmp_path) as bus:
        host = Program(tray_host.__file__, {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus.address})
        try:
            with open_dbus_connection(bus.address) as item:
                register = new_method_call(
                    tray_host.WATCHER, "RegisterStatusNotifierItem", "s", ("/StatusNotifierItem",)
                )
                item.send(register)
                while True:
                    asked = item.receive(timeout=5)
                    if asked.header.message_type is MessageType.method_call:
                        break
                shown = {
                    "ToolTip": ("(sa(iiay)ss)", ("", [], "2 need you", "")),
                    "IconPixmap": ("a(iiay)", [(1, 1, RED), (2, 1, RED + RED)]),
                }
                item.send(new_method_return(asked, "a{sv}", (shown,)))
                until(lambda: host.read() or any("item" in report for report in host.reports), "the item")
                name = item.unique_name
            until(lambda: host.read() or {"gone": name} in host.reports, "the item's end")
        finally:
            host.stop()

    report = next(report for report in host.reports if "item" in report)
    assert report["item"] == name
    assert (report["tooltip"], report["colours"]) == ("2 need you", {"#c01020": 2})
