"""What journeys measured, one row each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A change that the agent made, and how long the tray took to tell of it."""

    journey: str
    phase: str
    latency_s: float  # negative: its hook was faster than its own state file
    seen: str  # where it was looked at

    def __str__(self) -> str:
        return f"{self.journey:<58} {self.phase:<15} {self.latency_s * 1000:7.0f} ms  {self.seen}"


ROWS: list[Measured] = []
