"""Boards to draw: none, one, five or fifty sessions, with honest names and with hostile ones."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from desktop.domain.board import Board, Group, Row
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.phase import Phase
from desktop.domain.requests import Choice, Question, Reach, Request, RequestKind
from desktop.domain.session import Launch, Subagent
from desktop.formats.words import group_title

NOW = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)
AGENT = AgentKind("robot")


class Clock:
    """A clock on the wall that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def subagent(role: str, model: str = "", *, name: str = "a1") -> Subagent:
    """A helper that runs."""
    return Subagent(name, role, NOW - timedelta(minutes=2), model)


def permission(
    session: str = "robot:1",
    text: str = "alembic upgrade head && pytest -q tests/refunds",
    *,
    request: str = "r1",
    waited: timedelta = timedelta(minutes=4),
    now: datetime = NOW,
    reach: Reach = Reach.HOOK,
) -> Request:
    """A request to run a command."""
    return Request(
        id=RequestId(request),
        session=SessionId(session),
        kind=RequestKind.PERMISSION,
        opened_at=now - waited,
        tool="Bash",
        text=text,
        summary="wants to run a command",
        digest=f"digest of {request}",
        reach=reach,
        why_not="" if reach is Reach.HOOK else "Answer it in the terminal: its hook is not connected.",
    )


def question(
    session: str = "robot:2",
    *labels: str,
    request: str = "q1",
    waited: timedelta = timedelta(minutes=1),
    now: datetime = NOW,
    is_multiple: bool = False,
) -> Request:
    """A request to choose."""
    choices = tuple(Choice(label) for label in labels or ("PostgreSQL", "SQLite"))
    asked = "Which database should we use?"
    return Request(
        id=RequestId(request),
        session=SessionId(session),
        kind=RequestKind.QUESTION,
        opened_at=now - waited,
        tool="AskUserQuestion",
        text=asked,
        summary="asks",
        questions=(Question(asked, "Database", choices, is_multiple),),
        digest=f"digest of {request}",
        reach=Reach.HOOK,
    )


def row(
    number: int = 1,
    phase: Phase = Phase.WORKING,
    name: str = "Cart totals",
    *requests: Request,
    line: str = "editing src/cart/total.ts",
    since: datetime = NOW - timedelta(minutes=6),
    cwd: str = "~/src/payments-api",
) -> Row:
    """One session."""
    return Row(
        session=SessionId(f"robot:{number}"),
        phase=phase,
        reason="its own live state says so",
        since=since,
        name=name,
        project=cwd.rpartition("/")[2],
        cwd=cwd,
        branch="main",
        agent=AGENT,
        agent_label="Robot",
        model="Big",
        launch=Launch.INTERACTIVE,
        pid=1000 + number,
        line=line,
        requests=requests,
        evidence=(),
        changed_files=(),
        subagents=(),
        notice="",
        resume_command="",
        can_prompt=False,
        prompt_channel="",
        can_interrupt=False,
        can_stop=False,
    )


def board(*rows: Row, now: datetime = NOW) -> Board:
    """The board of these rows, grouped and counted as the hub would."""
    ordered = sorted(rows, key=lambda row: row.phase.rank)
    titles = dict.fromkeys(group_title(row.phase) for row in ordered)
    groups = []
    for title in titles:
        members = tuple(row for row in ordered if group_title(row.phase) == title)
        groups.append(Group(members[0].phase, title, members))
    counts = Counter(row.phase for row in ordered)
    waits = [request.opened_at for row in ordered for request in row.requests]
    waits += [row.since for row in ordered if row.phase.needs_person and not row.requests]
    return Board(
        at=now,
        groups=tuple(groups),
        counts=tuple((phase, counts[phase]) for phase in Phase if counts[phase]),
        needs_you=sum(row.phase.needs_person for row in ordered),
        oldest_wait=min(waits, default=None),
    )


def sample(count: int, now: datetime = NOW) -> Board:
    """A board of *count* sessions as a day brings them; from fifty on, with names that nobody should give."""
    ago = timedelta(minutes=1)
    five = (
        row(1, Phase.NEEDS_APPROVAL, "Fix refunds", permission(now=now), since=now - 4 * ago),
        row(2, Phase.NEEDS_ANSWER, "Checkout v2", question(now=now), since=now - ago, cwd="~/src/web-shop"),
        row(3, Phase.NEEDS_REVIEW, "New search", line="9 files, +214 −38", since=now - 12 * ago, cwd="~/src/docs-site"),
        row(4, Phase.WORKING, "Cart totals", since=now - 6 * ago, cwd="~/src/web-shop"),
        row(5, Phase.WORKING, "Release notes", line="reading 14 files", since=now - 2 * ago, cwd="~/src/docs-site"),
    )
    long = "A very long name " * 12
    odd = ("<b>bold</b> & \x1b[2Jcleared", "\u202egnp.exe", "מערכת תשלומים", long, "日本語のセッション")
    phases = tuple(Phase)
    more = tuple(
        row(number, phases[number % len(phases)], odd[number % len(odd)], since=now - number * ago)
        for number in range(6, count + 1)
    )
    return board(*(five + more)[:count], now=now)
