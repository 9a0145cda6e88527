"""Tests of the helper that writes captured data down."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.app.agents import load_agents
from desktop.domain.events import EvidenceGiven, TurnFinished
from desktop.domain.session import Claim, Ending, Evidence, Source
from tests.helpers import recorded

AT = datetime(2026, 1, 2, tzinfo=UTC)


def test_defaults_are_left_out_and_values_become_plain() -> None:
    said = Evidence(Source.HOOK, Claim.RESTING, AT, ttl=timedelta(seconds=60))

    told = recorded.plain([TurnFinished(recorded.SESSION, AT, Ending.FAILED), EvidenceGiven(recorded.SESSION, said)])

    assert told == [
        {"event": "TurnFinished", "session": "agent:recorded", "at": AT.isoformat(), "ending": "failed"},
        {
            "event": "EvidenceGiven",
            "session": "agent:recorded",
            "evidence": {"source": "hook", "claim": "resting", "at": AT.isoformat(), "ttl": 60.0},
        },
    ]


def test_what_was_written_down_is_not_taken_for_a_capture() -> None:
    captures = [path for agent in load_agents() for path in recorded.captures(agent, "hooks", ".json")]

    assert captures
    assert not [path for path in captures if ".events." in path.name]
    assert all(recorded.expected_file(path).exists() for path in captures)


def test_a_capture_of_an_unknown_sort_is_refused(tmp_path: Path) -> None:
    strange = tmp_path / "strange" / "x.json"
    strange.parent.mkdir()
    strange.write_bytes(b"{}")

    with pytest.raises(ValueError, match="strange"):
        recorded.events_of(load_agents()[0], strange)
