"""``agent-tray explain SESSION``: why a session is shown as it is, by the running tray or a look of our own."""

import sys
from collections.abc import Mapping

from desktop.app import asking, clock, report
from desktop.app.commands.status import look
from desktop.domain.board import Board
from desktop.domain.record import dataclass
from desktop.formats import text


@dataclass(frozen=True, slots=True)
class Explained:
    """A session as this command needs it."""

    session: str
    name: str
    pid: int | None
    told: tuple[str, ...]


def run(wanted: str) -> int:
    """Print the evidence of the session that *wanted* names; return the exit code."""
    answer = asking.ask("status")
    known = of_answer(answer) if answer is not None else of_board(look())
    found = matching(known, wanted)
    if len(found) == 1:
        print("\n".join(found[0].told))
        return 0
    if found:
        print(f"{text.one_line(wanted)} fits {len(found)} sessions; say one of them:", file=sys.stderr)
    else:
        print(f"No session is called {text.one_line(wanted)}. These are known:", file=sys.stderr)
    for item in found or known:
        print(f"  {item.session}  {text.one_line(item.name)}", file=sys.stderr)
    return 1


def of_answer(answer: Mapping[str, object]) -> list[Explained]:
    """What the running tray explained."""
    explanations, sessions = answer.get("explanations"), answer.get("sessions")
    if not isinstance(explanations, dict) or not isinstance(sessions, list):
        return []
    explained = []
    for item in sessions:
        match item:
            case {"id": str(session), "name": str(name), "pid": int() | None as pid}:
                told = explanations.get(session, ())
                explained.append(Explained(session, name, pid, tuple(map(str, told))))
            case _:
                pass
    return explained


def of_board(board: Board) -> list[Explained]:
    """What a look of our own explains."""
    now = clock.now()
    return [
        Explained(text.one_line(row.session), row.name, row.pid, tuple(report.explanation(row, now)))
        for row in board.rows
    ]


def matching(known: list[Explained], wanted: str) -> list[Explained]:
    """Those that *wanted* names: by id, the start of one, process, or name."""
    exact = [item for item in known if wanted in (item.session, item.name, str(item.pid))]
    if exact:
        return exact
    native = [item for item in known if item.session.partition(":")[2].startswith(wanted)]
    return native or [item for item in known if wanted.lower() in item.name.lower()]
