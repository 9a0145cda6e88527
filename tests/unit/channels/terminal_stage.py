"""A stand-in for a terminal's command line on the path, and a place that claims to be in that terminal."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import terminal_program


@dataclass(frozen=True)
class StandIn:
    state: Path

    def says(self, **told: object) -> None:
        self.state.write_text(json.dumps(told))

    @property
    def calls(self) -> list[tuple[list[str], str]]:
        log = self.state.with_suffix(".log")
        return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []  # type: ignore[misc]


def put_on_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    place = tmp_path / "bin"
    place.mkdir(mode=0o700)
    stand_in = StandIn(tmp_path / "state.json")
    program = place / name
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{terminal_program.__file__}" "{stand_in.state}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    return stand_in
