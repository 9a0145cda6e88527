"""What is known of a session's terminal, and the way to it."""

import pytest

from desktop.domain.events import Jumped, ProcessEnded, SessionEnded, TerminalSeen
from desktop.domain.ids import SessionId
from desktop.domain.replies import Jump
from desktop.domain.session import Terminal
from desktop.hub.effects import BringForward
from tests.helpers.story import PID, SESSION, Story

IN_TMUX = Terminal("tmux", takes_keys=True, takes_text=True, can_jump=True)
IN_ZELLIJ = Terminal("zellij", takes_keys=True, why_no_text="It would be an argument.", can_jump=True)
NOWHERE = Terminal(why_no_text="It cannot be spoken to.", why_no_jump="It runs in no terminal.")


@pytest.fixture
def story() -> Story:
    story = Story()
    story.session_starts()
    story.waits(1)
    return story


def sees(story: Story, terminal: Terminal, pid: int = PID) -> None:
    assert story.sees(TerminalSeen(pid, story.now, terminal)) == []


def test_before_anybody_looked_nothing_is_said_of_a_terminal(story: Story) -> None:
    assert (story.row.terminal, story.row.can_jump) == ("", False)


def test_a_jump_goes_out_and_how_far_it_went_is_told(story: Story) -> None:
    sees(story, IN_TMUX)

    assert story.row.can_jump
    [effect] = story.does(Jump(SESSION))
    assert isinstance(effect, BringForward)
    assert effect.session.id == SESSION
    story.sees(Jumped(SESSION, story.now, "Brought forward: its tmux window and pane."))
    assert story.row.notice == "Brought forward: its tmux window and pane."


def test_where_there_is_no_way_the_reason_is_told(story: Story) -> None:
    assert story.does(Jump(SESSION)) == []
    assert "not known" in story.row.notice

    sees(story, NOWHERE)
    assert story.does(Jump(SESSION)) == []

    assert story.row.notice == "It cannot be spoken to. It runs in no terminal."


def test_nobody_jumps_behind_a_locked_screen_nor_to_a_session_that_is_none(story: Story) -> None:
    sees(story, IN_TMUX)

    assert story.does(Jump(SessionId("example:none"))) == []
    story.screen_locks()
    assert story.does(Jump(SESSION)) == []


def test_what_its_terminal_takes_decides_over_what_the_agent_says_of_a_pane(story: Story) -> None:
    assert story.row.can_prompt  # the agent named a pane

    sees(story, NOWHERE)
    assert not story.row.can_prompt
    story.works()
    assert not story.row.can_interrupt
    sees(story, IN_ZELLIJ)

    assert (story.row.prompt_channel, story.row.can_interrupt) == ("", True)
    assert story.row.terminal == "In zellij. It would be an argument. It can be brought forward."
    sees(story, IN_TMUX)
    assert story.row.prompt_channel == "typed into its terminal"
    assert story.row.terminal == "In tmux. A prompt can be typed into it. It can be brought forward."


def test_a_terminal_goes_with_its_process_whose_number_may_come_again(story: Story) -> None:
    sees(story, IN_TMUX)
    story.sees(ProcessEnded(PID, story.now))
    assert not story.row.can_jump

    story.session_starts(pid=PID)

    assert not story.row.can_jump


def test_an_ended_session_has_no_terminal_to_go_to(story: Story) -> None:
    sees(story, IN_TMUX)
    story.waits(1)
    story.sees(SessionEnded(SESSION, story.now, "it was closed"))

    assert not story.row.can_jump


def test_another_process_says_nothing_of_this_session(story: Story) -> None:
    sees(story, IN_TMUX, pid=PID + 1)

    assert not story.row.can_jump
