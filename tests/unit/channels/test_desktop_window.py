"""Which window it is; that it comes forward is tried on a real display in tests/machine."""

from dataclasses import replace

import pytest

from desktop.channels import desktop_window
from desktop.channels.whereabouts import Whereabouts
from desktop.channels.x11 import Window

PLACE = Whereabouts(9, 1, "/dev/pts/1", 9, 8, (9, 8, 1), {}, cwd="/home/dev/shop")
ONE, TWO, THREE = Window(1, 8, "notes"), Window(2, 8, "shop - editor"), Window(3, 8, "other")


def test_the_only_window_is_the_one() -> None:
    assert desktop_window._choose([ONE], PLACE) == (ONE, True)


def test_the_window_that_the_session_was_started_in_is_the_one() -> None:
    place = replace(PLACE, environment={"WINDOWID": "1"})

    assert desktop_window._choose([ONE, TWO, THREE], place) == (ONE, True)


def test_the_one_window_that_names_the_folder_is_the_one() -> None:
    assert desktop_window._choose([ONE, TWO, THREE], PLACE) == (TWO, True)


def test_else_it_is_the_one_used_last_and_said_to_be_a_guess() -> None:
    stale = replace(PLACE, environment={"WINDOWID": "77"}, cwd="")

    assert desktop_window._choose([ONE, TWO, THREE], stale) == (THREE, False)


@pytest.mark.parametrize(
    ("display", "wayland", "variables", "why_not"),
    [
        ("", "", {}, desktop_window.NO_DESKTOP),
        (":0", "", {}, ""),
        ("", "wayland-0", {}, desktop_window.WAYLAND),
        ("", "wayland-0", {"KONSOLE_DBUS_SERVICE": ":1.1"}, ""),
    ],
)
def test_where_no_window_can_be_brought_forward_the_reason_is_known_before(
    monkeypatch: pytest.MonkeyPatch, display: str, wayland: str, variables: dict[str, str], why_not: str
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", wayland)

    assert desktop_window.why_not(replace(PLACE, environment=variables)) == why_not


def test_on_a_wayland_desktop_it_is_said_that_nobody_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")

    assert desktop_window.bring_forward(PLACE).why_not == desktop_window.WAYLAND
