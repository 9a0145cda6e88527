"""One stage for all journeys, and what was measured on it, told at the end."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import packages
from tests.journeys.stage import Stage, standing
from tests.journeys.table import ROWS

# A real agent starts in a second or two, and npm may have to fetch it first.
TIMEOUT_S = 300
# All checks together are to end within a quarter of an hour on two cores; the last one begun needs a while to end.
BEGUN_WITHIN_S = 840
# Where that is too short, what is told of the first agent counts most.
ORDER = (
    "test_answering",
    "test_seeing",
    "test_codex",
    "test_opencode",
    "test_gemini",
    "test_qwen",
    "test_codex_daemon",
    "test_begun_here",
    "test_kimi",
)
BEGAN_AT = float(os.environ.get("CHECKS_BEGAN_AT", time.time()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give journeys the time they need, and put the most telling first."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.timeout(TIMEOUT_S))
    if len(here) == len(items):
        items.sort(key=_rank)


def _rank(item: pytest.Item) -> tuple[bool, int]:
    """Last what an older version of an agent shows: the newer one has shown nearly all of it."""
    is_older = "older" in item.name.partition("[")[2]
    return is_older, ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no journey for which there is no time left; that is told loudly at the end."""
    if Path(__file__).parent in item.path.parents and time.time() - BEGAN_AT > BEGUN_WITHIN_S:
        pytest.skip(f"no time was left for all journeys: from {item.path.stem} on they were not run")


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The desktop with the tray and its agents."""
    try:
        with standing((packages.LATEST, packages.OLDER)) as found:
            yield found
    except packages.Unavailable as why:
        pytest.skip(f"the real agent is not here: {why}")


def installed(version: str) -> Path:
    """The program of an agent; without it there are no journeys of it."""
    try:
        return packages.program_of(version)
    except packages.Unavailable as why:
        pytest.skip(f"the real agent is not here: {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of journeys, and loudly why there is none."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if "journeys/" in report.nodeid]
    if skipped:
        terminalreporter.section("JOURNEYS WERE NOT RUN", red=True, bold=True)
        for why, count in Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped).items():
            terminalreporter.line(f"{count}: {why}")
    if ROWS:
        terminalreporter.section("journeys")
        for line in ROWS:
            terminalreporter.line(str(line))
