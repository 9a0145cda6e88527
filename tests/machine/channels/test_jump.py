"""Real terminals on a display of their own: the very one of a session comes forward, and how far is told."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels import jump, whereabouts
from desktop.channels.refusal import Refused
from desktop.channels.session_bus import SessionBus
from desktop.channels.x11 import Display
from tests.fakes.hook_agent import until
from tests.fakes.private_bus import PrivateBus
from tests.machine.channels.conftest import Desktop, Screen, Stage, Tmux, Viewer, needs

pytestmark = [needs("Xvfb"), needs("xfwm4"), needs("xprop")]


@pytest.fixture
def desktop(home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    desktop = Desktop(Path(os.environ["XDG_RUNTIME_DIR"]), "xfwm4")
    monkeypatch.setenv("DISPLAY", desktop.display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield desktop
    desktop.end()


@pytest.fixture
def stage(home_of_its_own: Path) -> Stage:
    return Stage(Path(os.environ["XDG_RUNTIME_DIR"]))


@pytest.fixture
def bus(home_of_its_own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    bus = PrivateBus(Path(os.environ["XDG_RUNTIME_DIR"]))
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


def running(stage: Stage, log: Path) -> int:
    until(lambda: log.exists() and log.read_text(), 30)
    return stage.pid_of(log)


def active_pid(desktop: Desktop) -> int:
    with Display({"DISPLAY": desktop.display}) as display:
        return next((window.pid for window in display.windows() if window.id == display.active()), 0)


@needs("xterm")
def test_the_window_of_a_terminal_comes_before_that_of_another(desktop: Desktop, stage: Stage) -> None:
    sessions = []
    for _ in range(2):
        log, command = stage.prompt()
        desktop.start("xterm", "-e", *command)
        sessions.append(running(stage, log))
    until(lambda: len(desktop.ask("xprop", "-root", "_NET_CLIENT_LIST").split("0x")) == 3)

    for session in (sessions[0], sessions[1], sessions[0]):
        assert jump.to_session(session) == "Brought forward: the window of xterm."
        assert active_pid(desktop) == whereabouts.of(session).host


@needs("xterm")
@needs("tmux")
def test_from_a_pane_of_tmux_the_way_leads_on_to_the_window_that_shows_it(
    desktop: Desktop, stage: Stage, tmux: Tmux
) -> None:
    pane = tmux.start()
    tmux.run("new-window")
    assert "No terminal was found that shows this tmux session" in jump.to_session(pane.place.pid)
    shows = desktop.start("xterm", "-e", "tmux", "-u", "-S", str(tmux.socket), "attach")
    log, command = stage.prompt()
    desktop.start("xterm", "-e", *command)
    running(stage, log)
    until(lambda: tmux.run("list-clients") and active_pid(desktop))
    tmux.run("new-window")

    assert jump.to_session(pane.place.pid) == "Brought forward: its tmux window and pane and the window of xterm."

    assert active_pid(desktop) == shows.pid
    assert tmux.run("display-message", "-p", "#{pane_id}") == "%0\n"


@needs("xterm")
@needs("screen")
def test_from_a_window_of_screen_the_way_leads_on_to_the_window_that_shows_it(
    desktop: Desktop, gnu_screen: Screen
) -> None:
    pane = gnu_screen.start()
    shows = desktop.start("xterm", "-e", "screen", "-x", gnu_screen.session, SCREENDIR=gnu_screen.env["SCREENDIR"])
    until(lambda: pane.viewers() and active_pid(desktop))

    assert jump.to_session(pane.place.pid) == "Brought forward: its screen window and the window of xterm."
    assert active_pid(desktop) == shows.pid


@needs("xfce4-terminal")
def test_a_terminal_that_does_not_tell_its_tabs_is_said_to_be_one(
    desktop: Desktop, stage: Stage, bus: PrivateBus
) -> None:
    log, command = stage.prompt()
    other, second = stage.prompt()
    tabs = ("-e", shlex.join(command), "--tab", "-e", shlex.join(second))
    shows = desktop.start("xfce4-terminal", "--disable-server", *tabs, DBUS_SESSION_BUS_ADDRESS=bus.address)
    session = running(stage, log)
    until(lambda: other.exists() and other.read_text() and active_pid(desktop) == shows.pid)

    assert jump.to_session(session) == (
        "Brought forward: the window of xfce4-terminal. Which of its tabs it is, xfce4-terminal does not tell."
    )


@needs("konsole")
def test_the_tab_of_konsole_comes_forward_in_its_window(desktop: Desktop, stage: Stage, bus: PrivateBus) -> None:
    log, command = stage.prompt()
    shows = desktop.start("konsole", "-e", *command, DBUS_SESSION_BUS_ADDRESS=bus.address)
    session = running(stage, log)
    service = whereabouts.of(session).variable("KONSOLE_DBUS_SERVICE")
    until(lambda: active_pid(desktop) == shows.pid)
    with SessionBus() as on_bus:
        on_bus.ask(service, "/Windows/1", "org.kde.konsole.Window", "newSession")
        current = ("/Windows/1", "org.kde.konsole.Window", "currentSession")
        until(lambda: on_bus.ask(service, *current) == 2)

        assert jump.to_session(session) == "Brought forward: its Konsole tab and the window of konsole."

        assert on_bus.ask(service, *current) == 1


@needs("gnome-terminal")
def test_gnome_terminal_comes_forward_as_far_as_it_lets_itself_be_asked(
    desktop: Desktop, stage: Stage, bus: PrivateBus
) -> None:
    desktop.env.update(DBUS_SESSION_BUS_ADDRESS=bus.address, GSETTINGS_BACKEND="memory")
    desktop.start("/usr/libexec/gnome-terminal-server")
    log, command = stage.prompt()
    with SessionBus() as on_bus:
        until(lambda: on_bus.process_of("org.gnome.Terminal"))
    assert desktop.start("gnome-terminal", "--", *command).wait(10) == 0
    session = running(stage, log)
    until(lambda: active_pid(desktop))

    told = jump.to_session(session)

    assert told.startswith("Brought forward: ")
    assert active_pid(desktop) == whereabouts.of(session).host


@needs("kitty")
def test_a_kitty_without_remote_control_comes_forward_as_a_window(desktop: Desktop, stage: Stage) -> None:
    log, command = stage.prompt()
    shows = desktop.start("kitty", "--config", "NONE", "-o", "update_check_interval=0", *command)
    session = running(stage, log)
    until(lambda: active_pid(desktop) == shows.pid)

    assert jump.to_session(session) == "Brought forward: the window of kitty."
    seen = jump.look(session)
    assert (seen.takes_text, seen.can_jump) == (False, True)


def test_a_session_whose_window_is_not_on_this_desktop_says_so(desktop: Desktop, tmux: Tmux, stage: Stage) -> None:
    viewer = Viewer(stage.prompt()[1], {**os.environ, "TERM": "xterm"})
    session = running(stage, stage.logs[0])

    assert jump.to_session(session).startswith("No window on this desktop belongs to the terminal")
    viewer.end()
    with pytest.raises(Refused, match="ended"):
        jump.to_session(session)
