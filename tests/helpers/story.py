"""Tells stories to a hub: what the machine shows, what the person does, how time passes; and checks the effects."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from desktop.domain.agent import Agent
from desktop.domain.board import Row
from desktop.domain.events import Event, EvidenceGiven, RequestOpened, SessionDescribed, TurnStarted
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.notices import Capabilities
from desktop.domain.phase import Phase
from desktop.domain.replies import Intent
from desktop.domain.requests import Reach, Request, RequestKind
from desktop.domain.session import Claim, Evidence, Source
from desktop.domain.settings import Settings
from desktop.hub.effects import Effect
from desktop.hub.hub import Hub

Wanted = TypeVar("Wanted")

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KIND = AgentKind("example")
SESSION = SessionId("example:one")
PID = 4711

AGENT = Agent(
    kind=KIND,
    label="Example",
    prompt_marks=(">",),
    interrupt_keys=("Escape",),
    resume_words=("example", "--resume"),
)


def at(seconds: float) -> datetime:
    """A time this long after the story began."""
    return START + timedelta(seconds=seconds)


def permission(
    name: str = "r1",
    seconds: float = 0.0,
    *,
    text: str = "touch a",
    session: SessionId = SESSION,
    subagent_id: str = "",
    reach: Reach = Reach.HOOK,
    call_key: str = "",
    kind: RequestKind = RequestKind.PERMISSION,
) -> Request:
    """A permission request as a hook brings it."""
    return Request(
        id=RequestId(name),
        session=session,
        kind=kind,
        opened_at=at(seconds),
        tool="Bash",
        text=text,
        summary="wants to run a command",
        digest=f"digest of {name}",
        reach=reach,
        call_key=call_key,
        subagent="explorer" if subagent_id else "",
        subagent_id=subagent_id,
    )


class Story:
    """A hub with a clock that only moves when told."""

    def __init__(self, settings: Settings | None = None, *, has_buttons: bool = True) -> None:
        self.settings = settings or Settings()
        self.hub = Hub([AGENT], self.settings, START)
        self.now = START
        self.last: list[Effect] = []
        self.all: list[Effect] = []
        self.hub.equip(Capabilities("test", has_buttons=has_buttons, has_inline_reply=True), self.now)

    def sees(self, *events: Event) -> list[Effect]:
        """The machine shows these, in order."""
        self.last = [effect for event in events for effect in self.hub.observe(event, self.now)]
        self.all += self.last
        return self.last

    def does(self, intent: Intent, surface: str = "window") -> list[Effect]:
        """The person does this."""
        self.last = self.hub.submit(intent, self.now, surface)
        self.all += self.last
        return self.last

    def waits(self, seconds: float) -> list[Effect]:
        """Time passes; every deadline on the way is served."""
        until = self.now + timedelta(seconds=seconds)
        self.last = []
        while (due := self.hub.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.last += self.hub.tick(self.now)
        self.now = until
        self.all += self.last
        return self.last

    def screen_locks(self, *, is_locked: bool = True) -> list[Effect]:
        """The screen is locked, or open again."""
        self.last = self.hub.lock(self.now, is_locked=is_locked)
        self.all += self.last
        return self.last

    def clock_is_set(self, seconds: float) -> None:
        """The clock on the wall jumps; no time passes."""
        self.now += timedelta(seconds=seconds)

    def works(self) -> None:
        """The session of the story takes a prompt and works on it for a while."""
        self.live(Claim.WORKING, "busy")
        self.sees(TurnStarted(SESSION, self.now, "build it"))
        self.waits(5)

    def asks(self, name: str = "r1", **more: str) -> None:
        """The agent opens a dialog: its live state says so, and 0.1 s later its hook calls."""
        self.live(Claim.WAITING_APPROVAL, "permission prompt")
        self.waits(0.1)
        seconds = (self.now - START).total_seconds() - 0.05
        self.sees(RequestOpened(permission(name, seconds, **more)))  # type: ignore[arg-type]

    def session_starts(self, session: SessionId = SESSION, pid: int = PID) -> None:
        """A session appears and rests."""
        described = SessionDescribed(session, KIND, self.now, cwd="/home/dev/shop", pid=pid, name=None, pane="0:@0.%0")
        self.sees(described)
        self.live(Claim.RESTING, "idle", session=session, pid=pid)

    def live(self, claim: Claim, detail: str = "", *, session: SessionId = SESSION, pid: int = PID) -> list[Effect]:
        """The agent's own live state says *claim* now."""
        evidence = Evidence(Source.LIVE_STATE, claim, self.now, detail or claim.value, str(pid))
        return self.sees(EvidenceGiven(session, evidence))

    @property
    def phase(self) -> Phase:
        """Where the session of the story stands."""
        standing = self.hub.standing(SESSION)
        assert standing is not None
        return standing.phase

    @property
    def row(self) -> Row:
        """The row of the session of the story."""
        row = self.hub.board(self.now).row(SESSION)
        assert row is not None
        return row

    def effects(self, kind: type[Wanted]) -> list[Wanted]:
        """The effects of this kind that the last step had."""
        return [effect for effect in self.last if isinstance(effect, kind)]
