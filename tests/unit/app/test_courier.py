"""Prompts, interrupts and stops on their way to sessions: real sockets, real processes, refusals in words."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app.courier import Courier
from desktop.domain.agent import Agent
from desktop.domain.events import DeliveryFailed, Jumped, TerminalSeen
from desktop.domain.replies import Interrupt, Prompt, Stop
from desktop.domain.session import Session
from tests.fakes.hook_agent import Events
from tests.helpers.story import KIND, SESSION

AGENT = Agent(kind=KIND, label="Example", write_inbox=lambda text: text.encode() + b"\n", interrupt_keys=("Escape",))
ONE = Session(SESSION, KIND, datetime(2026, 5, 6, tzinfo=UTC))


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def courier(events: Events) -> Iterator[Courier]:
    made = Courier(events)
    yield made
    made.stop(1)


@pytest.fixture
def inbox() -> Iterator[tuple[Path, socket.socket]]:
    place = Path(os.environ["XDG_RUNTIME_DIR"]) / "inbox"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        listener.settimeout(10)
        yield place, listener


@pytest.fixture
def running() -> Iterator["subprocess.Popen[bytes]"]:
    # Not in the terminal of whoever runs the tests.
    with subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"]}, start_new_session=True) as process:
        yield process
        process.kill()


def failure(events: Events) -> str:
    failed = events.wait(DeliveryFailed)
    assert (failed.session, failed.request) == (SESSION, None)
    assert failed.at.tzinfo is not None
    return failed.why


def test_a_prompt_reaches_the_inbox_of_a_session_without_a_pane(
    courier: Courier, events: Events, inbox: tuple[Path, socket.socket]
) -> None:
    session = replace(ONE, pid=os.getpid(), inbox=str(inbox[0]))

    courier.send(Prompt(SESSION, "run the tests"), session, AGENT)

    with inbox[1].accept()[0] as peer:
        peer.settimeout(10)
        assert peer.recv(100) == b"run the tests\n"
    courier.stop(5)
    assert events.all == []


def test_a_prompt_to_a_session_with_no_way_in_comes_back_with_a_sentence(courier: Courier, events: Events) -> None:
    courier.send(Prompt(SESSION, "hello"), ONE, AGENT)

    assert failure(events) == "There is no way to say something to this session from here; use its terminal."


def test_a_refusal_of_the_channel_comes_back_in_its_own_words(courier: Courier, events: Events) -> None:
    courier.send(Prompt(SESSION, "hello"), replace(ONE, pid=os.getpid(), inbox="/nowhere"), AGENT)

    assert failure(events) == "The session's inbox is gone."


def test_an_interrupt_needs_a_process(courier: Courier, events: Events) -> None:
    courier.send(Interrupt(SESSION), ONE, AGENT)

    assert failure(events) == "No process of this session is known."


def test_an_interrupt_of_a_session_outside_a_multiplexer_comes_back(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.send(Interrupt(SESSION), replace(ONE, pid=running.pid), AGENT)

    assert "tmux" in failure(events)
    assert running.poll() is None


def test_stopping_ends_the_process_that_was_known_to_be_the_session(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.note_process(running.pid)

    courier.send(Stop(SESSION), replace(ONE, pid=running.pid), AGENT)

    assert running.wait(10) == -signal.SIGTERM
    assert [event for event in events.all if not isinstance(event, TerminalSeen)] == []


def test_a_process_that_was_never_known_to_be_the_session_is_not_ended(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.send(Stop(SESSION), replace(ONE, pid=running.pid), AGENT)

    assert "not known for sure" in failure(events)
    assert running.poll() is None


def test_fault_30_a_process_that_took_the_number_of_an_ended_one_is_not_ended(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.note_process(running.pid)
    courier.forget_process(running.pid)  # it ended; now another has its number

    courier.send(Stop(SESSION), replace(ONE, pid=running.pid), AGENT)

    assert "not known for sure" in failure(events)
    assert running.poll() is None


def test_what_the_terminal_of_a_process_is_good_for_is_told_once(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.note_process(running.pid)
    seen = events.wait(TerminalSeen)
    courier.note_process(running.pid)
    courier.stop(5)

    assert (seen.pid, seen.terminal.takes_text, seen.terminal.takes_keys) == (running.pid, False, False)
    assert seen.terminal.why_no_text
    assert len(events.all) == 1


def test_a_jump_tells_how_far_it_went(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    courier.jump(replace(ONE, pid=running.pid))

    assert events.wait(Jumped).how_far == "There is no desktop here on which a window could be brought forward."


def test_a_jump_needs_a_process_that_is_the_session_s(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.jump(ONE)
    assert failure(events) == "No process of this session is known."


def test_fault_30_a_jump_does_not_go_to_a_process_that_took_the_number_of_an_ended_one(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier._started_by_pid[running.pid] = "1"  # when another of that number began

    courier.jump(replace(ONE, pid=running.pid))

    assert failure(events) == "The session's process has ended."


def test_an_agent_whose_prompt_is_known_but_whose_terminal_is_not_gets_the_message_in_its_inbox(
    courier: Courier, events: Events, inbox: tuple[Path, socket.socket]
) -> None:
    session = replace(ONE, pid=os.getpid(), inbox=str(inbox[0]), pane="%0")

    courier.send(Prompt(SESSION, "hello"), session, replace(AGENT, prompt_marks=("> ",)))

    with inbox[1].accept()[0] as peer:
        peer.settimeout(10)
        assert peer.recv(100) == b"hello\n"


def test_without_an_inbox_the_terminal_s_own_reason_comes_back(
    courier: Courier, events: Events, running: "subprocess.Popen[bytes]"
) -> None:
    courier.send(Prompt(SESSION, "hello"), replace(ONE, pid=running.pid), replace(AGENT, prompt_marks=("> ",)))

    assert "no terminal that can be spoken to" in failure(events)


def test_a_start_once_learned_is_not_learned_anew(courier: Courier, running: "subprocess.Popen[bytes]") -> None:
    courier._started_by_pid[running.pid] = "when it started"

    courier.note_process(running.pid)

    assert courier._started_by_pid[running.pid] == "when it started"


def test_nothing_is_sent_to_an_agent_nobody_knows(courier: Courier, events: Events) -> None:
    courier.send(Prompt(SESSION, "hello"), ONE, None)

    courier.stop(5)
    assert events.all == []


@pytest.mark.logs_errors
def test_a_bug_on_the_way_comes_back_as_a_sentence_and_the_next_reply_is_carried(
    courier: Courier, events: Events, inbox: tuple[Path, socket.socket]
) -> None:
    session = replace(ONE, pid=os.getpid(), inbox=str(inbox[0]))
    broken = replace(AGENT, write_inbox=lambda text: text.encode("ascii"))

    courier.send(Prompt(SESSION, "é"), session, broken)
    assert failure(events) == "It was not sent: something went wrong inside. The log says more."
    courier.send(Prompt(SESSION, "next"), session, AGENT)

    with inbox[1].accept()[0] as peer:
        peer.settimeout(10)
        assert peer.recv(100) == b"next\n"


def test_a_terminal_that_is_slow_does_not_keep_the_window_waiting(courier: Courier, events: Events) -> None:
    may_go_on = threading.Event()
    slow = replace(AGENT, write_inbox=lambda text: (may_go_on.wait(10) and b"\n") or b"\n")

    courier.send(Prompt(SESSION, "slow"), replace(ONE, pid=os.getpid(), inbox="/nowhere"), slow)
    assert events.all == []
    may_go_on.set()

    assert failure(events) == "The session's inbox is gone."


def test_no_thread_is_made_before_there_is_something_to_carry(events: Events) -> None:
    before = threading.active_count()

    courier = Courier(events)

    assert threading.active_count() == before
    courier.stop(1)
