"""What an arm hands to the harness: rows, each with its floor, our own run and the bar between them."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Row:
    """One bar. *floor* and *ours* each run once a round and return a number of *unit*; less is better.

    The bar holds for ours / floor; with ``is_difference`` for ours - floor; without a floor for ours itself.
    """

    name: str
    ours: Callable[[], float]
    bar: float
    floor: Callable[[], float] | None = None
    unit: str = "ms"
    is_difference: bool = False
    rounds: int = 7
    note: str = ""
    floors: list[float] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    trouble: str = ""

    def run_round(self, number: int) -> None:
        """Measure both once, the one that goes first changing from round to round."""
        if self.trouble or number >= self.rounds:
            return
        try:
            steps = [self._run_floor, self._run_ours]
            for step in steps if number % 2 == 0 else reversed(steps):
                step()
        except Exception as error:  # noqa: BLE001 - one broken arm must not cost the table
            self.trouble = f"{type(error).__name__}: {error}"

    def _run_floor(self) -> None:
        if self.floor is not None:
            self.floors.append(self.floor())

    def _run_ours(self) -> None:
        self.results.append(self.ours())

    @property
    def scores(self) -> list[float]:
        """What is held against the bar, one a round: floor and ours of the same round."""
        if self.floor is None:
            return self.results
        pairs = zip(self.floors, self.results, strict=True)
        return [ours - floor if self.is_difference else ours / floor for floor, ours in pairs]

    @property
    def verdict(self) -> str:
        """Whether the median keeps the bar, and by how much not."""
        if self.trouble or not self.results:
            return f"BROKEN {self.trouble}"
        median = statistics.median(self.scores)
        if median <= self.bar:
            return "kept"
        return f"MISSED by {median - self.bar:.3g}"

    def cells(self) -> tuple[str, ...]:
        """Say the row as row, floor, ours, ratio, bar, verdict."""
        if self.trouble or not self.results:
            return (self.name, "-", "-", "-", f"{self.bar:g}", self.verdict)
        suffix = f" {self.unit}" if self.is_difference or self.floor is None else "x"
        scores = self.scores
        return (
            self.name,
            f"{statistics.median(self.floors):.3g} {self.unit}" if self.floors else "-",
            f"{statistics.median(self.results):.3g} {self.unit}",
            f"{statistics.median(scores):.3g}{suffix} ({min(scores):.3g}-{max(scores):.3g})",
            f"{self.bar:g}{suffix}",
            self.verdict + (f"; {self.note}" if self.note else ""),
        )
