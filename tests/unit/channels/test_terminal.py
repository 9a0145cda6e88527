from collections.abc import Sequence

import pytest

from desktop.channels import terminal, whereabouts
from desktop.channels.panes import Reached
from desktop.channels.prompt_line import Shown
from desktop.channels.refusal import Refused
from desktop.channels.whereabouts import Whereabouts
from desktop.domain.agent import Agent
from desktop.domain.ids import AgentKind

MARK = "❯\u00a0"
AGENT = Agent(kind=AgentKind("x"), label="X", prompt_marks=(MARK,), interrupt_keys=("Escape",))


class ScriptedPane:
    """Shows one screen after the other, and notes what is put in."""

    program = "a terminal"
    place = Whereabouts(2, 1, "/dev/pts/0", 2, 1, (2, 1), {})

    def __init__(self, *screens: str, why_no_typing: str = "") -> None:
        self.screens = list(screens)
        self.why_no_typing = why_no_typing
        self.put_in: list[str] = []

    def check(self) -> None: ...

    def screen(self) -> Shown:
        return Shown(self.screens.pop(0) if len(self.screens) > 1 else self.screens[0])

    def paste(self, text: str) -> None:
        self.put_in.append(text)

    def press(self, keys: Sequence[str]) -> None:
        self.put_in += keys

    def bring_forward(self) -> Reached:
        return Reached("it")

    def viewers(self) -> tuple[int, ...] | None:
        return ()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "SHOWN_S", 0.1)


def test_a_text_is_pasted_seen_sent_and_gone() -> None:
    pane = ScriptedPane(MARK, f"{MARK}hello", f"{MARK}hello", MARK)

    terminal.send_prompt(pane, "hello", AGENT)

    assert pane.put_in == ["hello", "Enter"]


def test_a_text_that_does_not_appear_is_not_sent() -> None:
    pane = ScriptedPane(MARK)

    with pytest.raises(Refused, match="did not appear"):
        terminal.send_prompt(pane, "hello", AGENT)

    assert pane.put_in == ["hello"]


def test_a_text_that_is_not_taken_is_told() -> None:
    with pytest.raises(Refused, match="was not taken"):
        terminal.send_prompt(ScriptedPane(MARK, f"{MARK}hello"), "hello", AGENT)


def test_an_enter_that_was_taken_for_a_part_of_the_text_is_pressed_once_more() -> None:
    class Slow(ScriptedPane):
        def screen(self) -> Shown:
            is_taken = self.put_in.count("Enter") == 2
            return Shown(MARK if is_taken or not self.put_in else f"{MARK}hello")

    pane = Slow(MARK)

    terminal.send_prompt(pane, "hello", AGENT)

    assert pane.put_in == ["hello", "Enter", "Enter"]


def test_a_program_that_knows_no_pasting_is_not_sent_line_after_line() -> None:
    pane = ScriptedPane(MARK, f"{MARK}^[[200~one")

    with pytest.raises(Refused, match="takes no pasted text"):
        terminal.send_prompt(pane, "one\ntwo", AGENT)

    assert pane.put_in == ["one\ntwo"]


def test_a_terminal_that_takes_no_text_says_why() -> None:
    with pytest.raises(Refused, match="because"):
        terminal.send_prompt(ScriptedPane(MARK, why_no_typing="because"), "hello", AGENT)


@pytest.mark.parametrize("text", ["", " \n", "\x1b\x07"])
def test_nothing_is_not_sent(text: str) -> None:
    with pytest.raises(Refused, match="nothing to send"):
        terminal.send_prompt(ScriptedPane(MARK), text, Agent(kind=AgentKind("x"), label="X", prompt_marks=(MARK,)))


def test_a_text_without_end_is_not_typed() -> None:
    with pytest.raises(Refused, match="too long"):
        terminal.send_prompt(
            ScriptedPane(MARK), "x" * 200_000, Agent(kind=AgentKind("x"), label="X", prompt_marks=(MARK,))
        )


def test_an_agent_whose_prompt_nobody_knows_is_not_typed_to() -> None:
    with pytest.raises(Refused, match="looks like"):
        terminal.send_prompt(ScriptedPane(MARK), "x", Agent(kind=AgentKind("x"), label="X"))
    with pytest.raises(Refused, match="interrupt"):
        terminal.interrupt(ScriptedPane(MARK), Agent(kind=AgentKind("x"), label="X"))


def test_a_process_without_a_terminal_is_in_no_pane() -> None:
    assert terminal.pane_at(Whereabouts(2, 1, "", 0, 0, (2,), {"TMUX": "/x,1,0", "TMUX_PANE": "%0"})) is None


def test_a_terminal_that_is_gone_is_a_refusal_unless_another_has_the_session() -> None:
    place = Whereabouts(2, 1, "/dev/pts/0", 2, 1, (2, 1), {"TMUX": "/nowhere,1,0", "TMUX_PANE": "%0"})

    with pytest.raises(Refused, match="is gone"):
        terminal.pane_at(place)


def test_a_process_that_ended_is_not_looked_for() -> None:
    with pytest.raises(Refused, match=whereabouts.GONE):
        terminal.find(2**22 + 1)
