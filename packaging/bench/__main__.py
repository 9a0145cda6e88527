"""Measure against the floors: ``dev.py bench [ARM...] [--rounds N] [--json FILE] [--gate]``.

Every module ``arm_*.py`` beside this file is an arm: its ``rows(work)`` is a context manager that prepares, below the
directory *work*, what it needs, and gives its rows. The floor of a row is measured in the same run, round by round in
turn with our own, so a busy machine slows both.
"""

import argparse
import contextlib
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from measure import Row

HEADINGS = ("row", "floor", "ours", "ratio", "bar", "verdict")
ARMS = sorted(path.stem.removeprefix("arm_") for path in Path(__file__).parent.glob("arm_*.py"))


def main() -> int:
    """Run the arms asked for and print one table, last."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Measure against the floors.")
    parser.add_argument("arms", nargs="*", metavar="ARM", help=f"of: {' '.join(ARMS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="rounds of every row")
    parser.add_argument("--json", type=Path, help="write every number there")
    parser.add_argument("--gate", action="store_true", help="exit with 1 when a bar is missed")
    wanted = parser.parse_args()
    if unknown := set(wanted.arms) - set(ARMS):
        parser.error(f"no such arm: {' '.join(sorted(unknown))}; there are: {' '.join(ARMS)}")
    rows = [row for arm in wanted.arms or ARMS for row in _run(arm, wanted.rounds)]
    if wanted.json:
        wanted.json.write_text(json.dumps([_record(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    print(f"\n{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    _print_table([row.cells() for row in rows])
    return 1 if wanted.gate and any(row.verdict != "kept" for row in rows) else 0


def _run(arm: str, rounds: int | None) -> list[Row]:
    """Run one arm's rows in turn, one round of each before the next round of any."""
    with tempfile.TemporaryDirectory(prefix="agt-") as work, contextlib.ExitStack() as stack:
        print(f"{arm}: preparing", file=sys.stderr, flush=True)
        rows: list[Row] = stack.enter_context(importlib.import_module(f"arm_{arm}").rows(Path(work)))
        for row in rows:
            row.rounds = rounds or row.rounds
        for number in range(max((row.rounds for row in rows), default=0)):
            print(f"{arm}: round {number + 1}", file=sys.stderr, flush=True)
            for row in rows:
                row.run_round(number)
    return rows


def _record(row: Row) -> dict[str, object]:
    return {
        "row": row.name,
        "unit": row.unit,
        "bar": row.bar,
        "floors": row.floors,
        "ours": row.results,
        "verdict": row.verdict,
    }


def _print_table(lines: list[tuple[str, ...]]) -> None:
    lines = [HEADINGS, *lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
