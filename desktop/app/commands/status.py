"""``agent-tray status``: what every session does, from the running tray or, without one, from a look of our own."""

import json
import sys

from desktop.app import asking, report
from desktop.app.headless import Headless
from desktop.domain.board import Board


def run(*, as_json: bool) -> int:
    """Print the sessions and return the exit code."""
    answer = asking.ask("status")
    if answer is not None:
        lines = answer.pop("lines", [])
        answer.pop("explanations", None)  # of use to ``explain`` alone
        print(json.dumps(answer, ensure_ascii=False) if as_json else "\n".join(map(str, _listed(lines))))
        return 0
    board = look()
    if as_json:
        print(json.dumps(report.status(board), ensure_ascii=False))
    else:
        print("\n".join(report.lines(board)))
        print("\n(The tray does not run; this is a look at what is there now.)", file=sys.stderr)
    return 0


def look() -> Board:
    """Look at the sessions without a tray."""
    headless = Headless()
    headless.start()
    try:
        return headless.first_look()
    finally:
        headless.stop()


def _listed(lines: object) -> list[object]:
    return lines if isinstance(lines, list) else []
