"""``agent-tray watch``: a line for each change of a session, until interrupted."""

import json
from datetime import datetime

from desktop.app import asking, report
from desktop.app.headless import Headless
from desktop.domain.board import Board, Row
from desktop.domain.ids import SessionId


class Changes:
    """Tells which rows of a board are new or other than they were."""

    def __init__(self) -> None:
        self._told: dict[SessionId, tuple[object, ...]] = {}

    def of(self, board: Board) -> list[Row]:
        """The rows that changed since the last board."""
        changed = []
        for row in board.rows:
            mark = (row.phase, row.since, row.reason, row.name, tuple(request.id for request in row.requests))
            if self._told.get(row.session) != mark:
                self._told[row.session] = mark
                changed.append(row)
        return changed


def run(*, as_json: bool) -> int:
    """Print changes as they come; return the exit code."""
    try:
        if not _follow_tray(as_json=as_json):
            _follow_alone(as_json=as_json)
    except KeyboardInterrupt:
        pass
    return 0


def _follow_tray(*, as_json: bool) -> bool:
    """Print what the running tray tells; False when none runs."""
    was_told = False
    for change in asking.stream("watch"):
        was_told = True
        line = str(change.pop("line", ""))
        if change:
            print(json.dumps(change, ensure_ascii=False) if as_json else line, flush=True)
    return was_told


def _follow_alone(*, as_json: bool) -> None:
    changes = Changes()

    def tell(board: Board, now: datetime) -> None:
        for row in changes.of(board):
            line = json.dumps(report.session(row), ensure_ascii=False) if as_json else report.line(row, now)
            print(line, flush=True)

    headless = Headless()
    headless.start()
    try:
        headless.follow(tell)
    finally:
        headless.stop()
