"""A real kitty on a display of its own, with remote control and without."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.channels import terminal
from desktop.channels.kitty import KittyWindow
from desktop.channels.panes import Pane
from desktop.channels.refusal import Refused
from tests.fakes.hook_agent import until
from tests.machine.channels.conftest import AGENT, Desktop, Stage, needs

pytestmark = [needs("kitty"), needs("Xvfb"), needs("xfwm4")]


class Kitty(Stage):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.desktop = Desktop(directory, "xfwm4")

    @property
    def address(self) -> str:
        return f"unix:{next(self.directory.glob('kitty-*'))}"

    def start(self, *options: str, allows: str = "socket-only") -> Pane:
        log, command = self.prompt(*options)
        if len(self.logs) == 1:
            listens = f"listen_on=unix:{self.directory}/kitty"
            settings = ("-o", f"allow_remote_control={allows}", "-o", listens, "-o", "update_check_interval=0")
            self.desktop.start("kitty", "--config", "NONE", *settings, *command)
        else:
            self.desktop.ask("kitty", "@", "--to", self.address, "launch", "--type=tab", *command)
        until(lambda: log.exists() and log.read_text(), 30)
        return self.pane_of(log)


@pytest.fixture
def kitty(home_of_its_own: Path) -> Iterator[Kitty]:
    stage = Kitty(Path(os.environ["XDG_RUNTIME_DIR"]))
    yield stage
    stage.desktop.end()


def test_attack_57_a_text_arrives_as_text_whatever_it_holds(kitty: Kitty) -> None:
    pane = kitty.start()  # with a faint hint
    texts = ["hello", "one\ntwo", "\\x1b[201~\\n -m all", "out \x1b[201~\rrm -rf ~", "grüße 🙂", "x" * 5000]

    for text in texts:
        terminal.send_prompt(pane, text, AGENT)

    until(lambda: len(kitty.sent()) == len(texts))
    assert kitty.sent() == ["hello", "one\ntwo", "\\x1b[201~\\n -m all", "out [201~\nrm -rf ~", "grüße 🙂", "x" * 5000]


def test_of_two_tabs_the_right_one_is_typed_to_and_brought_forward(kitty: Kitty) -> None:
    first = kitty.start()
    second = kitty.start()

    terminal.send_prompt(first, "to the first", AGENT)
    terminal.interrupt(second, AGENT)
    until(lambda: kitty.sent(0) and kitty.sent(1))
    reached = first.bring_forward()

    assert (kitty.sent(0), kitty.sent(1)) == (["to the first"], ["ESC"])
    listed = kitty.desktop.ask("kitty", "@", "--to", kitty.address, "ls")
    assert '"is_focused": true' in listed[: listed.index(str(first.place.pid))]
    assert (reached.what, reached.raises_window) == ("its kitty window, tab and pane", True)
    assert isinstance(first, KittyWindow)


def test_a_dialog_and_a_half_typed_line_get_nothing(kitty: Kitty) -> None:
    pane = kitty.start("dialog")

    with pytest.raises(Refused, match="dialog"):
        terminal.send_prompt(pane, "1", AGENT)

    assert kitty.sent() == []


def test_fault_37_a_tab_that_was_closed_is_a_refusal(kitty: Kitty) -> None:
    kitty.start()
    second = kitty.start()
    kitty.desktop.ask("kitty", "@", "--to", kitty.address, "close-tab", "--match", "recent:0")

    with pytest.raises(Refused, match=r"ended|no longer|left"):
        terminal.send_prompt(second, "hello", AGENT)

    assert kitty.sent(0) == []


def test_a_kitty_that_takes_no_remote_control_is_not_typed_to(kitty: Kitty) -> None:
    with pytest.raises(Refused, match=r"no terminal that can be spoken to|remote control"):
        kitty.start(allows="no")
