"""Takes prompts, interrupts and stops to sessions, on threads of its own: terminals answer when they like."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import assert_never

from desktop.app import clock
from desktop.channels import inbox, jump, process, terminal
from desktop.channels.refusal import Refused
from desktop.domain.agent import Agent
from desktop.domain.events import DeliveryFailed, Jumped, TerminalSeen
from desktop.domain.ports import Sink
from desktop.domain.replies import Interrupt, Prompt, SessionReply, Stop
from desktop.domain.session import Session

log = logging.getLogger(__name__)

THREADS = 2
NO_WAY = "There is no way to say something to this session from here; use its terminal."
NO_PROCESS = "No process of this session is known."


class Courier:
    """Carries one reply at a time to each of two sessions; what fails comes back as an event."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._started_by_pid: dict[int, str] = {}
        self._pool: ThreadPoolExecutor | None = None  # its threads are made when there is something to carry
        self._looking: ThreadPoolExecutor | None = None  # of its own: no reply waits while we look around

    def note_process(self, pid: int) -> None:
        """Learn, while *pid* is known to be a session's, when it started: its number may come again."""
        if pid not in self._started_by_pid:
            started = self._started_by_pid[pid] = process.started_of(pid)
            self._look(pid, started)

    def forget_process(self, pid: int) -> None:
        """Learn that *pid* is gone."""
        self._started_by_pid.pop(pid, None)

    def send(self, reply: SessionReply, session: Session, agent: Agent | None) -> None:
        """Carry *reply*; returns at once."""
        if agent is None:
            return
        known, started = agent, self._started_by_pid.get(session.pid or 0, "")
        match reply:
            case Prompt(text=text):
                self._carry(session, lambda: _prompt(session, text, known, started))
            case Interrupt():
                self._carry(session, lambda: _interrupt(session, known, started))
            case Stop():
                self._carry(session, lambda: process.stop(session.pid or 0, started))
            case _:
                assert_never(reply)

    def jump(self, session: Session) -> None:
        """Show the session's own terminal; how far that went comes as an event. Returns at once."""
        pid, started = session.pid, self._started_by_pid.get(session.pid or 0, "")

        def jumped() -> None:
            if pid is None:
                raise Refused(NO_PROCESS)
            self._sink(Jumped(session.id, clock.now(), jump.to_session(pid, session.pane, started)))

        self._carry(session, jumped)

    def stop(self, deadline_s: float) -> None:
        """Carry nothing more."""
        del deadline_s  # a call to a terminal has its own, shorter one
        for pool in (self._pool, self._looking):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def _look(self, pid: int, started: str) -> None:
        if self._looking is None:
            self._looking = ThreadPoolExecutor(1, thread_name_prefix="terminals")

        def looked() -> None:
            try:
                self._sink(TerminalSeen(pid, clock.now(), jump.look(pid, started)))
            except Exception:
                log.exception("a terminal was not looked at")

        self._looking.submit(looked)

    def _carry(self, session: Session, work: Callable[[], None]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="courier")

        def carried() -> None:
            try:
                work()
            except Refused as refusal:
                self._sink(DeliveryFailed(session.id, None, clock.now(), str(refusal)))
            except Exception:
                log.exception("a reply was not carried")
                why = "It was not sent: something went wrong inside. The log says more."
                self._sink(DeliveryFailed(session.id, None, clock.now(), why))

        self._pool.submit(carried)


def _prompt(session: Session, text: str, agent: Agent, started: str) -> None:
    """Type it where the very prompt is known; else leave it in the session's inbox."""
    why_not = NO_WAY
    if session.pid is not None and agent.prompt_marks:
        try:
            pane = terminal.find(session.pid, session.pane, started)
            why_not = pane.why_no_typing
        except Refused as refusal:
            why_not = str(refusal)
        else:
            if not why_not:
                terminal.send_prompt(pane, text, agent)
                return
    if session.pid is None or not session.inbox:
        raise Refused(why_not)
    inbox.send(Path(session.inbox), session.pid, text, agent)


def _interrupt(session: Session, agent: Agent, started: str) -> None:
    if session.pid is None:
        raise Refused(NO_PROCESS)
    terminal.interrupt(terminal.find(session.pid, session.pane, started), agent)
