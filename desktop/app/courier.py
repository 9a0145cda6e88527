"""Takes prompts, interrupts and stops to sessions, on threads of its own: terminals answer when they like."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import assert_never

from desktop.app import clock
from desktop.channels import inbox, process, terminal
from desktop.channels.refusal import Refused
from desktop.domain.agent import Agent
from desktop.domain.events import DeliveryFailed
from desktop.domain.ports import Sink
from desktop.domain.replies import Interrupt, Prompt, SessionReply, Stop
from desktop.domain.session import Session

log = logging.getLogger(__name__)

THREADS = 2


class Courier:
    """Carries one reply at a time to each of two sessions; what fails comes back as an event."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._started_by_pid: dict[int, str] = {}
        self._pool: ThreadPoolExecutor | None = None  # its threads are made when there is something to carry

    def note_process(self, pid: int) -> None:
        """Learn, while *pid* is known to be a session's, when it started: its number may come again."""
        if pid not in self._started_by_pid:
            self._started_by_pid[pid] = process.started_of(pid)

    def forget_process(self, pid: int) -> None:
        """Learn that *pid* is gone."""
        self._started_by_pid.pop(pid, None)

    def send(self, reply: SessionReply, session: Session, agent: Agent | None) -> None:
        """Carry *reply*; returns at once."""
        if agent is None:
            return
        known = agent
        match reply:
            case Prompt(text=text):
                self._carry(session, lambda: _prompt(session, text, known))
            case Interrupt():
                self._carry(session, lambda: _interrupt(session, known))
            case Stop():
                started = self._started_by_pid.get(session.pid or 0, "")
                self._carry(session, lambda: process.stop(session.pid or 0, started))
            case _:
                assert_never(reply)

    def stop(self, deadline_s: float) -> None:
        """Carry nothing more."""
        del deadline_s  # a call to a terminal has its own, shorter one
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

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


def _prompt(session: Session, text: str, agent: Agent) -> None:
    if session.pid is not None and session.pane and agent.prompt_marks:
        terminal.send_prompt(terminal.find(session.pid, session.pane), text, agent)
    elif session.pid is not None and session.inbox:
        inbox.send(Path(session.inbox), session.pid, text, agent)
    else:
        raise Refused("There is no way to say something to this session from here; use its terminal.")


def _interrupt(session: Session, agent: Agent) -> None:
    if session.pid is None:
        raise Refused("No process of this session is known.")
    terminal.interrupt(terminal.find(session.pid, session.pane), agent)
