"""``agent-tray explain SESSION``: why a session is shown as it is."""

import sys

from desktop.app import clock, report
from desktop.app.commands.status import look
from desktop.domain.board import Board, Row
from desktop.formats import text


def run(wanted: str) -> int:
    """Print the evidence of the session that *wanted* names; return the exit code."""
    board = look()
    rows = matching(board, wanted)
    if len(rows) == 1:
        print("\n".join(report.explanation(rows[0], clock.now())))
        return 0
    if rows:
        print(f"{text.one_line(wanted)} fits {len(rows)} sessions; say one of them:", file=sys.stderr)
    else:
        print(f"No session is called {text.one_line(wanted)}. These are known:", file=sys.stderr)
    for row in rows or board.rows:
        print(f"  {row.session}  {text.one_line(row.name)}", file=sys.stderr)
    return 1


def matching(board: Board, wanted: str) -> list[Row]:
    """The rows that *wanted* names: by id, the start of one, process, or name."""
    exact = [row for row in board.rows if wanted in (row.session, row.name, str(row.pid))]
    if exact:
        return exact
    native = [row for row in board.rows if row.session.partition(":")[2].startswith(wanted)]
    return native or [row for row in board.rows if wanted.lower() in row.name.lower()]
