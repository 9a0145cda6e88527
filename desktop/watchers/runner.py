"""A process of an agent that we know to live, and what it said of itself."""

from dataclasses import dataclass, field

from desktop.domain.agent import Agent, LiveState
from desktop.domain.ids import SessionId


@dataclass(slots=True)
class StandIn:
    """What is shown for a process that writes no live state."""

    session: SessionId
    native: str = ""


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
    is_listed: bool = False  # found among the processes as one that holds a session
    states: dict[str, LiveState] = field(default_factory=dict)  # by home: a copied home names the same process
    stand_in: StandIn | None = None

    def sessions(self) -> set[SessionId]:
        """Every session that this process holds open."""
        held = {state.session for state in self.states.values()}
        return held | {self.stand_in.session} if self.stand_in is not None else held
