"""One stage for all journeys, and what was measured on it, told at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import packages
from tests.journeys.stage import Stage, standing
from tests.journeys.table import ROWS

SKIPPED: list[str] = []
# A real agent starts in a second or two, and npm may have to fetch it first.
TIMEOUT_S = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give journeys the time they need."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The desktop with the tray and its agents."""
    try:
        with standing((packages.LATEST, packages.OLDER)) as found:
            yield found
    except packages.Unavailable as why:
        SKIPPED.append(str(why))
        pytest.skip(f"no journeys: {why}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of journeys, and loudly why there is none."""
    if SKIPPED:
        terminalreporter.section("JOURNEYS WERE NOT RUN", red=True, bold=True)
        terminalreporter.line(f"The real agent is not here: {SKIPPED[0]}")
    if ROWS:
        terminalreporter.section("journeys")
        for line in ROWS:
            terminalreporter.line(str(line))
