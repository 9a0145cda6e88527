"""Of the end of a log only what matters is read, and what matters is all there."""

from pathlib import Path

import pytest

from desktop.app.agents import load_agents
from desktop.domain.agent import Agent
from desktop.domain.events import ActivitySeen, Event, SessionDescribed, TurnFinished, TurnStarted
from desktop.watchers import catch_up
from tests.helpers import recorded

LOGS = [
    pytest.param(agent, path, id=f"{path.parent.parent.name}/{path.name}")
    for agent in load_agents()
    for path in recorded.captures(agent, "transcripts", ".jsonl")
]


def in_short(events: list[Event]) -> list[object]:
    """The events as a session will show them: what it last did matters only while it does it."""
    edges = [index for index, event in enumerate(events) if isinstance(event, TurnStarted | TurnFinished)]
    since = len(events) if edges and isinstance(events[edges[-1]], TurnFinished) else max(edges, default=0)
    facts: dict[str, object] = {}
    news: list[Event] = []
    for index, event in enumerate(events):
        if isinstance(event, SessionDescribed):
            for field in ("cwd", "branch", "model", "version"):
                facts[field] = getattr(event, field) or facts.get(field)
            if event.name:
                facts[event.name[0]] = event.name[1]
        elif not (isinstance(event, ActivitySeen) and index < since):
            news.append(event)
    return [{key: value for key, value in facts.items() if value}, *recorded.plain(news)]


@pytest.mark.parametrize(("agent", "path"), LOGS)
def test_wherever_a_log_stops_its_end_tells_what_the_whole_tells(agent: Agent, path: Path) -> None:
    assert agent.open_transcript
    lines = path.read_bytes().split(b"\n")
    for stop in range(1, len(lines)):
        whole, bad = catch_up.feed(agent.open_transcript(recorded.SESSION), lines[:stop])

        events = agent.open_transcript(recorded.SESSION).skim(b"\n".join(lines[:stop]) + b"\n", is_last_try=True)

        assert events is not None
        told, expected = in_short(catch_up.sum_up(events)), in_short(catch_up.sum_up(whole))
        # The branch, the version or the model may have changed in a line that is passed over, and were the same before.
        assert told[1:] == expected[1:], f"line {stop}"
        assert told[0].items() <= expected[0].items(), f"line {stop}"  # type: ignore[attr-defined]
        assert not bad
