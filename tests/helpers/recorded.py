"""Captured data of the agents, and their events in a form that can be written down and compared."""

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop.domain.agent import Agent, HookCall
from desktop.domain.events import Event
from desktop.domain.ids import SessionId

DATA = Path(__file__).parent.parent / "data"
HOME = "/home/dev/.agent"
CALLED_AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SESSION = SessionId("agent:recorded")


def captures(agent: Agent, sort: str, ending: str) -> list[Path]:
    """What was captured of *agent*, in every version."""
    return sorted(path for path in DATA.glob(f"{agent.kind}/*/{sort}/*{ending}") if ".events." not in path.name)


def events_of(agent: Agent, capture: Path) -> list[Event]:
    """All that the adapter makes of one captured file."""
    raw = capture.read_bytes()
    match capture.parent.name:
        case "transcripts":
            assert agent.open_transcript
            reader = agent.open_transcript(SESSION)
            return [event for line in raw.split(b"\n") for event in reader.feed(line)]
        case "hooks":
            assert agent.read_hook
            return agent.read_hook(hook_call(raw))
        case "live":
            assert agent.read_live_state
            state = agent.read_live_state(raw, HOME)
            return list(state.events) if state else []
        case other:
            raise ValueError(f"{capture}: nobody knows what {other} is")


def hook_call(raw: bytes) -> HookCall:
    """A relay's call with *raw* as its payload."""
    return HookCall(raw, pid=4242, at=CALLED_AT, request_nonce="0123456789abcdef0123456789abcdef")


def plain(events: Iterable[Event]) -> list[object]:
    """The events as JSON can hold them; what has its default is left out."""
    return [{"event": type(event).__name__, **_fields(event)} for event in events]


def expected_file(capture: Path) -> Path:
    """Where the events of a captured file are written down."""
    return capture.with_name(capture.name.partition(".")[0] + ".events.json")


def _fields(record: object) -> dict[str, object]:
    assert dataclasses.is_dataclass(record)
    told = {field.name: (getattr(record, field.name), field.default) for field in dataclasses.fields(record)}
    return {name: _plain(value) for name, (value, default) in told.items() if value is not default and value != default}


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
