"""What every adapter promises, whatever the agent writes."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from desktop.app.agents import load_agents
from desktop.domain.agent import Ability, Agent
from desktop.domain.events import Event, EvidenceGiven, RequestClosed, RequestOpened
from desktop.domain.replies import Allow, Answer, ApprovePlan, Deny
from desktop.domain.requests import Reach, Request, RequestKind
from tests.helpers import recorded

AGENTS = load_agents()
SORTS = (("transcripts", ".jsonl"), ("hooks", ".json"), ("live", ".json"))
CAPTURES = [
    pytest.param(agent, path, id=f"{agent.kind}/{path.parent.parent.name}/{sort}/{path.name}")
    for agent in AGENTS
    for sort, ending in SORTS
    for path in recorded.captures(agent, sort, ending)
]
TRANSCRIPTS = [param for param in CAPTURES if "/transcripts/" in str(param.id)]
HOOKS = [param for param in CAPTURES if "/hooks/" in str(param.id)]
LIVE = [param for param in CAPTURES if "/live/" in str(param.id)]

DEEP = 1_000_000
HOSTILE = {
    "nothing": b"",
    "blanks": b"  \t ",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "null": b"null",
    "a number": b"7",
    "a string": b'"user"',
    "no JSON": b"\x00\x01\xff{{{",
    "a nul page": b"\0" * 4096,
    "an unknown type": b'{"type":"from-the-future","message":{"content":"x"}}',
    "an unknown event": b'{"hook_event_name":"FromTheFuture","session_id":"abc"}',
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"type":"user","message":' + b'{"a":' * DEEP,
    "a deep input": b'{"type":"assistant","message":{"content":[{"type":"tool_use","id":"a","name":"X","input":'
    + b"[" * 5000
    + b"]" * 5000
    + b"}]}}",
    "a deep hook input": b'{"hook_event_name":"PermissionRequest","session_id":"abc","tool_name":"X","tool_input":{"a":'
    + b"[" * 900
    + b"]" * 900
    + b"}}",
    "twice the same key": b'{"type":"user","type":"assistant","sessionId":"a","sessionId":"b","pid":1,"pid":2}',
    "not a number": b'{"type":"user","timestamp":NaN,"pid":NaN,"statusUpdatedAt":Infinity}',
    "huge numbers": b'{"sessionId":"a","pid":1'
    + b"0" * 400
    + b',"startedAt":1e999,"statusUpdatedAt":'
    + b"9" * 300
    + b"}",
    "a huge time": b'{"sessionId":"a","pid":7,"status":"waiting","statusUpdatedAt":1e300,"startedAt":-1e300}',
    "a lone surrogate": b'{"type":"user","message":{"content":"cut \\ud83d"},"promptSource":"typed"}',
    "a lone surrogate in a hook": b'{"hook_event_name":"PermissionRequest","session_id":"abc","tool_name":"Bash",'
    b'"tool_input":{"command":"echo \\udc00"}}',
    "bytes that are no UTF-8": b'{"type":"user","message":{"content":"\xff\xfe"},"promptSource":"typed"}',
    "a long line": b'{"type":"user","message":{"content":"' + b"x" * 3_000_000 + b'"}}',
    "a path for an id": b'{"hook_event_name":"Stop","session_id":"../../etc/x","sessionId":"/../x","pid":7}',
    "a newline in an id": b'{"hook_event_name":"Stop","session_id":"a\\nb","sessionId":"a\\nb","pid":7}',
}
WRONG = (None, 7, -1.5, "x", "", [], [[]], {}, {"a": {}}, True)


def told(agent: Agent, raw: bytes) -> list[Event]:
    """Everything the adapter makes of *raw*, whichever way it comes."""
    events: list[Event] = []
    if agent.open_transcript:
        events += agent.open_transcript(recorded.SESSION).feed(raw)
    if agent.read_hook:
        events += agent.read_hook(recorded.hook_call(raw))
    if agent.read_live_state and (state := agent.read_live_state(raw, recorded.HOME)):
        events += state.events
    if agent.asks_by_hook:
        agent.asks_by_hook(raw)
    return events


def waits(events: Iterable[Event]) -> list[Event]:
    """The events that say a person must act."""
    return [
        event
        for event in events
        if isinstance(event, RequestOpened) or (isinstance(event, EvidenceGiven) and event.evidence.claim.is_waiting)
    ]


def as_text(events: Iterable[Event]) -> str:
    """The events as text; fails where a text could not be stored or sent."""
    return json.dumps(recorded.plain(events), ensure_ascii=False).encode("utf-8").decode()


@pytest.mark.parametrize(("agent", "capture"), CAPTURES)
def test_captured_data_tells_what_was_written_down(agent: Agent, capture: Path) -> None:
    expected = json.loads(recorded.expected_file(capture).read_text(encoding="utf-8"))

    events = recorded.plain(recorded.events_of(agent, capture))

    assert json.loads(json.dumps(events)) == expected


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.kind)
def test_attack_18_hostile_bytes_never_raise_and_never_leave_unencodable_text(agent: Agent, hostile: bytes) -> None:
    assert as_text(told(agent, hostile))


@pytest.mark.parametrize("name", [name for name in HOSTILE if "hook" not in name and "time" not in name])
@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.kind)
def test_attack_18_hostile_bytes_make_no_session_wait(agent: Agent, name: str) -> None:
    assert not waits(told(agent, HOSTILE[name]))


@pytest.mark.parametrize(("agent", "capture"), LIVE)
@pytest.mark.parametrize("native", ["/../x", "a\nb", "..", "a/b", "a\0b", "x" * 200, ""])
def test_attack_44_an_id_that_could_harm_a_path_names_no_session(agent: Agent, capture: Path, native: str) -> None:
    fields = json.loads(capture.read_bytes())
    assert agent.read_live_state

    state = agent.read_live_state(json.dumps({**fields, "sessionId": native}).encode(), recorded.HOME)

    assert state is None
    assert not (agent.transcript_paths and agent.transcript_paths(recorded.HOME, native, "/home/dev"))


@pytest.mark.parametrize(("agent", "capture"), CAPTURES)
def test_attack_18_a_wrong_type_in_any_field_never_raises(agent: Agent, capture: Path) -> None:
    lines = capture.read_bytes().split(b"\n") if capture.suffix == ".jsonl" else [capture.read_bytes()]
    seen_kinds: set[str] = set()
    for line in lines:
        if not line.strip():
            continue
        record = json.loads(line)
        shape = ",".join(sorted(_paths(record)))
        if shape in seen_kinds:
            continue  # a record of this very shape was bent already
        seen_kinds.add(shape)
        for bent in _bent(record):
            as_text(told(agent, json.dumps(bent).encode()))


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_attack_18_a_wrong_type_never_makes_a_hook_ask_that_did_not(agent: Agent, capture: Path) -> None:
    record = json.loads(capture.read_bytes())
    assert agent.read_hook
    asked = bool(waits(agent.read_hook(recorded.hook_call(capture.read_bytes()))))

    bent = [agent.read_hook(recorded.hook_call(json.dumps(bent).encode())) for bent in _bent(record)]

    assert asked or not any(waits(events) for events in bent)


@pytest.mark.parametrize(("agent", "capture"), TRANSCRIPTS)
def test_a_line_cut_anywhere_never_raises_and_never_waits(agent: Agent, capture: Path) -> None:
    for line in sorted(capture.read_bytes().split(b"\n"), key=len)[-6:]:
        for end in range(0, len(line), max(1, len(line) // 60)):
            assert not waits(told(agent, line[:end]))


@pytest.mark.parametrize(("agent", "capture"), TRANSCRIPTS)
def test_a_log_alone_never_says_that_a_session_waits(agent: Agent, capture: Path) -> None:
    tells = next((means.how for means in agent.means if means.ability is Ability.KNOW_IT_WAITS), "")
    events = recorded.events_of(agent, capture)
    opened = [event.request.id for event in events if isinstance(event, RequestOpened)]

    # Unless its log is known to tell the opening of every request, and its end too.
    assert tells == "log" or not waits(events)
    assert opened == [event.request for event in events if isinstance(event, RequestClosed)]


@pytest.mark.parametrize(("agent", "capture"), TRANSCRIPTS)
def test_garbage_between_the_lines_changes_nothing_but_the_count(agent: Agent, capture: Path) -> None:
    assert agent.open_transcript
    lines = capture.read_bytes().split(b"\n")
    whole, disturbed = agent.open_transcript(recorded.SESSION), agent.open_transcript(recorded.SESSION)

    events = [event for line in lines for event in whole.feed(line)]
    same = [event for line in lines for piece in (b'{"type":"user","mess', line) for event in disturbed.feed(piece)]

    assert same == events
    assert disturbed.skipped == whole.skipped + len(lines)


@pytest.mark.parametrize(("agent", "capture"), TRANSCRIPTS)
def test_the_whole_of_a_transcript_decides_and_nothing_is_skipped(agent: Agent, capture: Path) -> None:
    assert agent.open_transcript
    reader = agent.open_transcript(recorded.SESSION)

    for line in capture.read_bytes().split(b"\n"):
        reader.feed(line)

    assert reader.is_decided
    assert reader.skipped == 0


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_only_a_call_that_opens_a_request_is_held(agent: Agent, capture: Path) -> None:
    raw = capture.read_bytes()

    is_held = agent.asks_by_hook is not None and agent.asks_by_hook(raw)

    assert is_held is bool(list(requests(agent, raw)))


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_no_reply_fits_a_request_shown_from_other_bytes(agent: Agent, capture: Path) -> None:
    raw = capture.read_bytes()
    for request in requests(agent, raw):
        assert agent.write_hook_reply
        for reply in replies(request):
            assert agent.write_hook_reply(raw + b" ", request, reply) is None


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_a_bare_allow_is_written_for_permission_alone(agent: Agent, capture: Path) -> None:
    raw = capture.read_bytes()
    for request in requests(agent, raw):
        assert agent.write_hook_reply
        written = agent.write_hook_reply(raw, request, Allow(request.session, request.id, request.digest))

        assert (written is not None) is (request.kind is RequestKind.PERMISSION)


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_every_request_can_be_denied_in_one_line_of_json(agent: Agent, capture: Path) -> None:
    raw = capture.read_bytes()
    for request in requests(agent, raw):
        assert agent.write_hook_reply
        reply = Deny(request.session, request.id, request.digest, 'not "this"\nway \u202e')
        written = agent.write_hook_reply(raw, request, reply)

        assert written is not None
        assert b"\n" not in written
        assert 'not "this"\nway \u202e' in _texts(json.loads(written))


@pytest.mark.parametrize(("agent", "capture"), HOOKS)
def test_what_a_hook_tells_of_is_told_whole_and_says_why_when_it_cannot_be_answered(
    agent: Agent, capture: Path
) -> None:
    for request in opened(agent, capture.read_bytes()):
        assert request.reach is Reach.HOOK or request.why_not
        assert request.digest
        assert request.text or request.kind is RequestKind.PLAN  # a plan that was never written is empty
        assert request.summary


def requests(agent: Agent, raw: bytes) -> Iterator[Request]:
    """Those that a reply can be given to."""
    yield from (request for request in opened(agent, raw) if request.reach is Reach.HOOK)


def opened(agent: Agent, raw: bytes) -> Iterator[Request]:
    assert agent.read_hook
    for event in agent.read_hook(recorded.hook_call(raw)):
        if isinstance(event, RequestOpened):
            yield event.request


def replies(request: Request) -> Iterator[Allow | Deny | Answer | ApprovePlan]:
    named = (request.session, request.id, request.digest)
    yield Allow(*named)
    yield Deny(*named)
    yield Answer(*named, tuple(("x",) for _ in request.questions))
    yield ApprovePlan(*named)


def _texts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [value]


def _paths(value: object, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{before}.{key}")
    elif isinstance(value, list):
        for item in value[:2]:
            yield from _paths(item, f"{before}[]")
    else:
        yield before


def _bent(record: object) -> Iterator[object]:
    """The record with one value, at any depth, replaced by one of another type; then with one left out."""
    for put in _places(record):
        for wrong in WRONG:
            yield put(wrong)


def _places(value: object) -> Iterator[Callable[[object], object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield lambda wrong, key=key: {**value, key: wrong}
            for put in _places(item):
                yield lambda wrong, key=key, put=put: {**value, key: put(wrong)}
    elif isinstance(value, list):
        for index, item in enumerate(value[:3]):
            yield lambda wrong, index=index: [*value[:index], wrong, *value[index + 1 :]]
            for put in _places(item):
                yield lambda wrong, index=index, put=put: [*value[:index], put(wrong), *value[index + 1 :]]


@pytest.mark.parametrize("agent", [agent for agent in AGENTS if agent.line is not None], ids=lambda agent: agent.kind)
def test_words_are_taken_by_the_agents_own_process_alone(agent: Agent) -> None:
    assert agent.line is not None
    assert agent.is_hook_inside  # a command that the agent runs must not listen in its place
    assert agent.line.session_of(b"") is None
    assert agent.line.session_of(b"{}") is None
