"""What a row says, and what it offers."""

from dataclasses import replace

import pytest

from desktop.domain.agent import Agent, AgentLine
from desktop.domain.board import Row
from desktop.domain.events import SessionDescribed
from desktop.domain.ids import stand_in_id
from desktop.domain.phase import Phase, Standing
from desktop.domain.requests import Question, RequestKind
from desktop.domain.session import Claim, Evidence, Launch, Session, Source, Terminal, ToolCall, Turn
from desktop.hub.rows import row_of
from tests.helpers.story import AGENT, KIND, PID, SESSION, Story, at, permission

PLAIN = Session(SESSION, KIND, at(0), cwd="/home/dev/shop", pid=PID, pane="%1")
ASKS = replace(permission(text="Which?", kind=RequestKind.QUESTION), questions=(Question("Which colour?"),))


def row(session: Session, phase: Phase = Phase.IDLE, agent: Agent | None = AGENT) -> Row:
    return row_of(session, Standing(phase, "the reason", at(1)), agent)


@pytest.mark.parametrize(
    ("session", "phase", "line"),
    [
        (PLAIN, Phase.NEEDS_APPROVAL, "the reason"),
        (replace(PLAIN, requests=(permission(),)), Phase.NEEDS_APPROVAL, "touch a"),
        (replace(PLAIN, requests=(permission(text=""),)), Phase.NEEDS_APPROVAL, "wants to run a command"),
        (replace(PLAIN, requests=(ASKS,)), Phase.NEEDS_ANSWER, "Which colour?"),
        (replace(PLAIN, turn=Turn(at(0), error="529")), Phase.FAILED, "529"),
        (replace(PLAIN, turn=Turn(at(0))), Phase.FAILED, "the reason"),
        (PLAIN, Phase.FAILED, "the reason"),
        (replace(PLAIN, activity="running make"), Phase.WORKING, "running make"),
        (PLAIN, Phase.WORKING, "the reason"),
        (replace(PLAIN, turn=Turn(at(0), changed_files=("src/a.py",))), Phase.NEEDS_REVIEW, "changed a.py"),
        (replace(PLAIN, turn=Turn(at(0), changed_files=("src/a.py", "b"))), Phase.NEEDS_REVIEW, "a.py and 1 more"),
        (PLAIN, Phase.NEEDS_REVIEW, "changed "),
        (replace(PLAIN, last_words="Done."), Phase.YOUR_TURN, "Done."),
        (PLAIN, Phase.YOUR_TURN, "the reason"),
        (PLAIN, Phase.ENDED, "the reason"),
    ],
)
def test_the_line_says_what_matters_in_its_phase(session: Session, phase: Phase, line: str) -> None:
    assert row(session, phase).line == line


@pytest.mark.parametrize("phase", list(Phase))
def test_a_prompt_can_be_sent_when_the_floor_is_the_persons(phase: Phase) -> None:
    takes = {Phase.NEEDS_REVIEW, Phase.YOUR_TURN, Phase.IDLE, Phase.FAILED, Phase.SCHEDULED}

    assert row(PLAIN, phase).can_prompt is (phase in takes)


def test_a_prompt_goes_by_the_terminal_else_by_the_sessions_own_socket() -> None:
    with_inbox = replace(AGENT, write_inbox=str.encode, inbox_label="seen as a message")
    paneless = replace(PLAIN, pane="", inbox="/run/s")

    assert row(PLAIN).prompt_channel == "typed into its terminal"
    assert row(paneless, agent=with_inbox).prompt_channel == "seen as a message"
    assert row(paneless).prompt_channel == ""
    assert not row(paneless).can_prompt
    assert row(PLAIN, agent=None).prompt_channel == ""


def test_what_listens_by_its_hook_takes_prompts_and_interrupts_there() -> None:
    agent = replace(AGENT, line=AgentLine(lambda _: None, lambda _: None, "by its hook"), prompt_marks=())
    listening = replace(PLAIN, pane="", has_line=True)

    assert row(listening, agent=agent).prompt_channel == "by its hook"
    assert row(listening, Phase.WORKING, agent).can_interrupt
    assert not row(replace(listening, has_line=False), agent=agent).can_prompt
    assert not row(replace(listening, has_line=False), Phase.WORKING, agent).can_interrupt
    assert row(listening).prompt_channel == ""


def test_a_session_that_answers_to_a_program_takes_no_prompt() -> None:
    assert not row(replace(PLAIN, launch=Launch.HEADLESS)).can_prompt


def test_what_was_begun_here_is_spoken_to_over_the_connection_it_was_begun_with() -> None:
    said = Evidence(Source.SERVER, Claim.RESTING, at(0))
    begun = replace(PLAIN, pane="", launch=Launch.HERE, evidence=(said,))

    assert row(begun).prompt_channel == "over the connection it was begun with"
    assert row(begun).can_prompt
    assert row(begun, Phase.WORKING).can_interrupt
    assert row(replace(begun, launch=Launch.INTERACTIVE)).prompt_channel == "through the agent's own server"
    assert not row(replace(begun, evidence=())).can_prompt


def test_what_runs_in_a_known_terminal_can_be_interrupted() -> None:
    assert row(PLAIN, Phase.WORKING).can_interrupt
    assert row(replace(PLAIN, requests=(permission(),)), Phase.NEEDS_APPROVAL).can_interrupt
    assert not row(PLAIN, Phase.IDLE).can_interrupt
    assert not row(replace(PLAIN, pane=""), Phase.WORKING).can_interrupt
    assert not row(PLAIN, Phase.WORKING, None).can_interrupt
    assert not row(PLAIN, Phase.WORKING, replace(AGENT, interrupt_keys=())).can_interrupt


def test_an_agent_whose_prompt_nobody_knows_is_not_typed_to_wherever_it_runs() -> None:
    takes_all = Terminal("tmux", takes_keys=True, takes_text=True, can_jump=True)
    standing = Standing(Phase.IDLE, "the reason", at(1))

    for agent in (None, replace(AGENT, prompt_marks=())):
        shown = row_of(PLAIN, standing, agent, terminal=takes_all)
        assert (shown.can_prompt, shown.can_jump) == (False, True)
        assert "what the prompt of this agent looks like" in shown.terminal


def test_what_has_a_process_and_lives_can_be_stopped() -> None:
    assert row(PLAIN).can_stop
    assert not row(replace(PLAIN, pid=None)).can_stop
    assert not row(replace(PLAIN, ended_at=at(1))).can_stop


def test_an_agent_nobody_knows_is_called_by_its_kind_and_cannot_be_resumed() -> None:
    assert (row(PLAIN, agent=None).agent_label, row(PLAIN, agent=None).resume_command) == (KIND, "")
    assert (row(PLAIN).agent_label, row(PLAIN).resume_command) == (
        "Example",
        "cd /home/dev/shop && example --resume one",
    )


def test_a_process_of_which_no_conversation_is_known_cannot_be_resumed() -> None:
    assert row(replace(PLAIN, id=stand_in_id(KIND, PID))).resume_command == ""


def test_a_detached_head_is_no_branch() -> None:
    assert row(replace(PLAIN, branch="HEAD")).branch == ""
    assert row(replace(PLAIN, branch="main")).branch == "main"


def test_nothing_is_offered_to_type_here_for_a_session_of_another_machine(story: Story) -> None:
    story.session_starts()
    assert story.row.resume_command

    story.sees(SessionDescribed(SESSION, KIND, story.now, host="build-box"))

    assert (story.row.resume_command, story.row.host) == ("", "build-box")


NOTED = replace(AGENT, setup_note="Trust it there.")
IN_CALL = replace(PLAIN, turn=Turn(at(0)), calls=(ToolCall("c", "Bash", "k", at(0)),))
CALLED = replace(IN_CALL, evidence=(Evidence(Source.HOOK, Claim.WORKING, at(0)),))


@pytest.mark.parametrize(
    ("session", "phase", "agent", "is_connected", "is_noted"),
    [
        (IN_CALL, Phase.UNKNOWN, NOTED, True, True),
        (IN_CALL, Phase.UNKNOWN, NOTED, False, False),
        (IN_CALL, Phase.UNKNOWN, AGENT, True, False),
        (IN_CALL, Phase.UNKNOWN, None, True, False),
        (IN_CALL, Phase.WORKING, NOTED, True, False),
        (CALLED, Phase.UNKNOWN, NOTED, True, False),
        (PLAIN, Phase.UNKNOWN, NOTED, True, False),
    ],
)
def test_a_guess_about_a_connected_agent_says_what_keeps_its_hook_silent(
    session: Session, phase: Phase, agent: Agent | None, is_connected: bool, is_noted: bool
) -> None:
    made = row_of(session, Standing(phase, "the reason", at(1)), agent, is_connected=is_connected)

    noted = "the reason. Its hook has not called in this session. Trust it there."
    assert made.reason == (noted if is_noted else "the reason")
