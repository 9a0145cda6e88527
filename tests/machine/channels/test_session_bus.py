"""Questions over a real session bus, and what becomes of those that nobody answers."""

import signal

import pytest

from desktop.channels.refusal import Refused
from desktop.channels.session_bus import SessionBus
from tests.machine.channels.bus_stage import Start


def test_without_a_bus_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    with pytest.raises(Refused, match="no session bus"):
        SessionBus()


def test_a_program_that_does_not_answer_is_left(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    name, terminal = start({})
    monkeypatch.setattr("desktop.channels.session_bus.ANSWER_S", 0.2)
    terminal.send_signal(signal.SIGSTOP)

    with SessionBus() as bus, pytest.raises(Refused, match="does not answer"):
        bus.ask(name, "/", "x.y", "Z")
    with SessionBus() as bus:
        assert bus.process_of("nobody.at.all") == 0
