import os
import subprocess
from collections.abc import Iterator

import pytest

from desktop.channels import desktop_window, jump
from desktop.channels.panes import Reached
from desktop.channels.refusal import Refused


@pytest.fixture
def without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"]}, start_new_session=True) as process:
        yield process.pid
        process.kill()


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], jump.NO_TERMINAL),
        ([Reached("its tab")], "Brought forward: its tab."),
        ([Reached("a"), Reached("b"), Reached("c")], "Brought forward: a, b and c."),
        ([Reached("its pane"), Reached(why_not="Nobody looks.")], "Brought forward: its pane. Nobody looks."),
        ([Reached(why_not="There is no desktop.")], "There is no desktop."),
    ],
)
def test_how_far_it_went_is_told_in_sentences(steps: list[Reached], said: str) -> None:
    assert jump.told(steps) == said


def test_a_session_without_a_terminal_is_nowhere_to_go_to(without_a_terminal: int) -> None:
    seen = jump.look(without_a_terminal)

    assert (seen.program, seen.takes_keys, seen.takes_text, seen.can_jump) == ("", False, False, False)
    assert seen.why_no_jump == jump.NO_TERMINAL
    assert jump.to_session(without_a_terminal) == desktop_window.NO_DESKTOP


def test_a_process_that_ended_has_no_terminal(without_a_terminal: int) -> None:
    assert jump.look(without_a_terminal, started="1").why_no_text == "The session's process has ended."
    with pytest.raises(Refused, match="ended"):
        jump.to_session(without_a_terminal, started="1")
