"""A first look at a transcript: as little of its end as tells where the session stands, summed up.

Only the end is read, and what it says is reduced to what still matters: a start never replays history.
"""

import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence

from desktop.domain.agent import TranscriptReader
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    RequestClosed,
    RequestOpened,
    SessionDescribed,
    SubagentStarted,
    SubagentStopped,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.record import dataclass, replace
from desktop.domain.session import NameSource
from desktop.watchers import own_files

OpenReader = Callable[[], TranscriptReader]

# 16 KiB decide most transcripts for the price of the system calls alone; then four times as much, up to the bound
# that keeps one hostile file from costing more than a few milliseconds.
FIRST_CHUNK = 16 * 1024
MOST = 256 * 1024
HEAD = 32 * 1024

_FACTS = tuple(field.name for field in dataclasses.fields(SessionDescribed))

# What a reader's code can fail with on hostile input; one bad line must not blind us to all the rest.
BAD_RECORD = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class FirstSight:
    """What the end of a transcript told."""

    events: list[Event]
    reader: TranscriptReader
    offset: int  # after the last whole line
    is_inside_line: bool  # there was no end of a line in sight
    bad_lines: int


def derive(path: str, open_reader: OpenReader) -> list[Event]:
    """Sum up a transcript that nobody follows; one open, one fstat and mostly one read."""
    descriptor, status = own_files.open_own(path)
    try:
        return look_back(descriptor, status.st_size, open_reader).events
    finally:
        os.close(descriptor)


def look_back(descriptor: int, size: int, open_reader: OpenReader, *, least: int = 0) -> FirstSight:
    """Read from the end backwards until the reader has decided, and *least* bytes in any case."""
    # One byte more shows that a line ends just before.
    chunk = max(FIRST_CHUNK, min(least + 1, MOST))
    window = b""
    while True:
        start = max(0, size - chunk)
        missing = size - start - len(window)
        data = own_files.read_at(descriptor, missing, start)
        window = data + window if window else data
        end = window.rfind(b"\n") + 1
        begin = 0 if start == 0 else window.find(b"\n") + 1
        is_last_try = start == 0 or chunk >= MOST
        log = window if end == len(window) else window[:end]  # a torn line is rare, and a copy is not free
        reader, events, bad = _skim(log, min(begin, end), open_reader, is_last_try=is_last_try)
        if events is not None:
            break
        chunk = min(chunk * 4, MOST)
    if start > 0 and not any(isinstance(event, SessionDescribed) and event.name for event in events):
        events = _described_by_head(descriptor, min(HEAD, start), open_reader) + events
    # Without any newline in sight the end of the file lies inside one huge line: the tail goes on behind it.
    is_inside_line = end == 0 and start > 0
    return FirstSight(sum_up(events), reader, size if is_inside_line else start + end, is_inside_line, bad)


def _skim(
    log: bytes, top: int, open_reader: OpenReader, *, is_last_try: bool
) -> tuple[TranscriptReader, list[Event] | None, int]:
    reader = open_reader()
    try:
        return reader, reader.skim(log, top, is_last_try=is_last_try), 0
    except BAD_RECORD:
        reader = open_reader()
    events, bad = feed(reader, log[top:].split(b"\n"))
    return reader, events if reader.is_decided or is_last_try else None, bad


def feed(reader: TranscriptReader, lines: Iterable[bytes]) -> tuple[list[Event], int]:
    """Translate lines; returns the events and how many lines the reader stumbled over."""
    events: list[Event] = []
    bad = 0
    for line in lines:
        if line:
            try:
                events += reader.feed(line)
            except BAD_RECORD:
                bad += 1
    return events, bad


def sum_up(events: list[Event]) -> list[Event]:
    """Keep of a session's events what still matters, in their order and with their own times."""
    if len(events) < 2:
        return events
    turn = len(events) - 1
    while turn >= 0 and not isinstance(events[turn], TurnStarted):
        turn -= 1
    kept: dict[object, tuple[int, Event]] = {}
    described: list[SessionDescribed] = []
    names: dict[NameSource, SessionDescribed] = {}
    paths: dict[str, None] = {}  # of the last turn; an ordered set
    for index, event in enumerate(events):
        match event:
            case SessionDescribed():
                described.append(event)
                if event.name:
                    names[event.name[0]] = event
            case TurnStarted():
                kept.pop(TurnFinished, None)
                kept[TurnStarted] = (index, event)
            case TurnFinished():
                kept[TurnFinished] = (index, event)
            case FilesChanged() if index > turn:
                paths.update(dict.fromkeys(event.paths))
                kept[FilesChanged] = (index, replace(event, paths=tuple(paths)))
            case FilesChanged():
                pass  # an earlier turn's
            case ActivitySeen():
                kept[ActivitySeen] = (index, event)
            case ToolCallStarted(call=call):
                # A call of an earlier turn that never got its result was broken off.
                if index > turn:
                    kept[("call", call.id)] = (index, event)
            case ToolCallEnded(call=ended):
                kept.pop(("call", ended), None)
            case SubagentStarted(subagent=subagent):
                kept[("subagent", subagent)] = (index, event)
            case SubagentStopped(subagent=subagent):
                kept.pop(("subagent", subagent), None)
            case EvidenceGiven(evidence=evidence):
                kept[("evidence", evidence.source, evidence.origin)] = (index, event)
            case RequestOpened(request=request):
                kept[("request", request.id)] = (index, event)
            case RequestClosed(request=closed):
                kept.pop(("request", closed), None)
            case _:
                kept[index] = (index, event)
    facts: list[Event] = []
    if described:
        merged = _merged(described)
        facts.append(merged)
        facts += [
            SessionDescribed(other.session, other.agent, other.at, name=other.name)
            for other in names.values()
            if other.name != merged.name
        ]
    return facts + [event for _, event in sorted(kept.values(), key=lambda pair: pair[0])]


def without_repeats(events: list[Event]) -> list[Event]:
    """Of several signs of life within one read only the last one of each session."""
    last = {event.session: index for index, event in enumerate(events) if isinstance(event, ActivitySeen)}
    return [
        event
        for index, event in enumerate(events)
        if not isinstance(event, ActivitySeen) or last[event.session] == index
    ]


def _merged(described: Sequence[SessionDescribed]) -> SessionDescribed:
    """All that was told in one; of what was told more than once the last."""
    if len(described) == 1:
        return described[0]
    told = {name: value for event in described for name in _FACTS if (value := getattr(event, name)) is not None}
    return replace(described[0], **told)


def _described_by_head(descriptor: int, size: int, open_reader: OpenReader) -> list[Event]:
    head = own_files.read_at(descriptor, size, 0)
    _, events, _ = _skim(head[: head.rfind(b"\n") + 1], 0, open_reader, is_last_try=True)
    return [event for event in events or () if isinstance(event, SessionDescribed)]
