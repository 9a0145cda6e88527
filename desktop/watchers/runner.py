"""A process of an agent that we know to live, and what it said of itself."""

from dataclasses import field
from datetime import datetime

from desktop.domain.agent import Agent, LiveState
from desktop.domain.events import Event, EvidenceGiven, SessionDescribed
from desktop.domain.ids import SessionId
from desktop.domain.record import dataclass
from desktop.domain.session import Claim, Evidence, Launch, Source
from desktop.watchers.catch_up import BAD_RECORD
from desktop.watchers.process_scan import Process

NO_LIVE_STATE = "this version keeps no live state: hooks and transcript only"


@dataclass(slots=True)
class StandIn:
    """What is shown for a process that writes no live state."""

    session: SessionId
    native: str = ""
    is_logless: bool = False  # it has begun no log, and that was said of it


@dataclass(slots=True)
class Runner:
    """One process, told from a later one with the same pid by its start."""

    agent: Agent
    pid: int
    started: str
    home: str
    seen_at: float  # monotonic
    seen_time: float  # wall clock: files written since then may be its own
    exit_descriptor: int | None = None
    is_host: bool = False  # it serves sessions that others show, and is none itself
    is_listed: bool = False  # found among the processes as one that holds a session
    states: dict[str, LiveState] = field(default_factory=dict)  # by home: a copied home names the same process
    stand_in: StandIn | None = None
    begun_time: float = 0.0  # wall clock; 0 until somebody asked
    held: dict[str, float] = field(default_factory=dict)  # sessions it holds open by a file, and since when we know
    weighed: set[str] = field(default_factory=set)  # those of them of which we decided whether to show them

    @property
    def native(self) -> str:
        """The agent's own id of the session that was found for it; empty while none is."""
        return self.stand_in.native if self.stand_in is not None else ""

    def sessions(self) -> set[SessionId]:
        """Every session that this process holds open."""
        held = {state.session for state in self.states.values()}
        return held | {self.stand_in.session} if self.stand_in is not None else held

    def is_headless(self, process: Process) -> bool:
        """Whether *process*, which is its own, answers to a program and not to a person."""
        return self.agent.is_headless is not None and self.agent.is_headless(process.argv)

    def introduced(
        self,
        session: SessionId,
        process: Process | None,
        cwd: str,
        now: datetime,
        claim: Claim = Claim.ALIVE,
        detail: str = "",
    ) -> tuple[Event, ...]:
        """What there is to say of *session* while the process itself says nothing."""
        launch = Launch.HEADLESS if process is not None and self.is_headless(process) else Launch.INTERACTIVE
        evidence = Evidence(Source.PROCESS, claim, now, detail or NO_LIVE_STATE, origin=str(self.pid))
        described = SessionDescribed(
            session, self.agent.kind, now, cwd=cwd, pid=self.pid, launch=launch, home=self.home
        )
        return described, EvidenceGiven(session, evidence)


def is_session(agent: Agent, process: Process) -> bool:
    """Whether *process* is one of *agent* that holds a session; not, when the adapter stumbles over it."""
    if agent.is_session_process is None:
        return False
    try:
        return agent.is_session_process(process.exe, process.argv)
    except BAD_RECORD:
        return False
