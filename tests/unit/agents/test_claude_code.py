"""Tests of what only this agent does; all it has in common with others is in the contract suite."""

import json
from pathlib import Path

import pytest

from desktop.agents import claude_code
from desktop.agents.claude_code import AGENT
from desktop.domain.events import EvidenceGiven, RequestOpened, SessionDescribed, ToolCallStarted
from desktop.domain.session import Claim, Evidence, Launch, NameSource
from tests.helpers import recorded

EXE = "/opt/node_modules/@anthropic-ai/claude-code/bin/claude.exe"
LIVE = {
    "pid": 31425,
    "sessionId": "eb0dd40a-3a72-4f1c-b6fd-22273a653eae",
    "cwd": "/home/dev/proj",
    "startedAt": 1795465315489,
    "procStart": "87427",
    "version": "2.1.330",
    "kind": "interactive",
    "entrypoint": "cli",
    "name": "proj-a0",
    "nameSource": "derived",
    "status": "idle",
    "updatedAt": 1795465315999,
    "statusUpdatedAt": 1795465315638,
}


def described(**fields: object) -> SessionDescribed:
    state = claude_code.read_live_state(json.dumps({**LIVE, **fields}).encode(), "/h")
    assert state is not None
    assert isinstance(state.events[0], SessionDescribed)
    return state.events[0]


def evidence(**fields: object) -> Evidence:
    state = claude_code.read_live_state(json.dumps({**LIVE, **fields}).encode(), "/h")
    assert state is not None
    assert isinstance(state.events[1], EvidenceGiven)
    return state.events[1].evidence


@pytest.mark.parametrize(
    ("fields", "claim"),
    [
        ({"status": "busy"}, Claim.WORKING),
        ({"status": "idle"}, Claim.RESTING),
        ({"status": "shell"}, Claim.BACKGROUND),
        ({"status": "waiting", "waitingFor": "permission prompt"}, Claim.WAITING_APPROVAL),
        ({"status": "waiting", "waitingFor": "sandbox request"}, Claim.WAITING_APPROVAL),
        ({"status": "waiting", "waitingFor": "input needed"}, Claim.WAITING_ANSWER),
        ({"status": "waiting", "waitingFor": "dialog open"}, Claim.WAITING),
        ({"status": "waiting", "waitingFor": "something new"}, Claim.WAITING),
        ({"status": "waiting"}, Claim.WAITING),
        ({"status": None}, Claim.SILENT),
        ({"status": "something new"}, Claim.SILENT),
    ],
)
def test_the_registry_says_where_a_session_stands(fields: dict[str, object], claim: Claim) -> None:
    assert evidence(**fields).claim is claim


def test_a_claim_is_as_old_as_its_status_and_not_as_the_file() -> None:
    assert evidence().at.timestamp() == pytest.approx(1795465315.638)
    assert described().at.timestamp() == pytest.approx(1795465315.999)


def test_the_words_of_the_agent_and_its_process_stand_beside_the_claim() -> None:
    said = evidence(status="waiting", waitingFor="dialog open")

    assert (said.detail, said.origin, said.ttl) == ("dialog open", "31425", None)


@pytest.mark.parametrize(
    ("fields", "launch"),
    [({}, Launch.INTERACTIVE), ({"kind": "bg"}, Launch.BACKGROUND), ({"entrypoint": "sdk-py"}, Launch.HEADLESS)],
)
def test_the_registry_says_how_a_session_was_started(fields: dict[str, object], launch: Launch) -> None:
    assert described(**fields).launch is launch


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("user", NameSource.TITLE),
        ("hook", NameSource.TITLE),
        ("derived", NameSource.REGISTRY),
        ("auto", NameSource.REGISTRY),
    ],
)
def test_a_name_that_a_person_chose_is_a_title(source: str, told: NameSource) -> None:
    assert described(nameSource=source).name == (told, "proj-a0")


def test_a_pane_is_named_as_its_multiplexer_names_it() -> None:
    assert described(tmux="my.work:@0.%12").pane == "%12"
    assert described().pane is None


@pytest.mark.parametrize(
    "fields", [{"kind": "daemon"}, {"kind": "daemon-worker"}, {"pid": 0}, {"pid": True}, {"pid": "7"}]
)
def test_helpers_and_nonsense_are_no_sessions(fields: dict[str, object]) -> None:
    assert claude_code.read_live_state(json.dumps({**LIVE, **fields}).encode(), "/h") is None


@pytest.mark.parametrize(
    ("exe", "argv"),
    [
        (EXE, ["claude"]),
        (EXE, ["claude", "--permission-mode", "manual"]),
        (EXE, ["claude", "-p", "update"]),
        ("/home/u/.local/bin/claude", ["claude", "update the docs"]),
        ("/usr/bin/node", ["node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "-c"]),
    ],
)
def test_a_conversation_is_a_session(exe: str, argv: list[str]) -> None:
    assert claude_code.is_session_process(exe, argv)


@pytest.mark.parametrize(
    ("exe", "argv"),
    [
        (EXE, [EXE, "daemon", "run"]),
        (EXE, ["claude bg-pty-host", "--bg-pty-host", "/tmp/x"]),
        (EXE, ["claude bg-spare", "--bg-spare", "/tmp/x"]),
        (EXE, ["claude", "--version"]),
        (EXE, ["claude", "mcp", "list"]),
        (EXE, ["claude", "update"]),
        (EXE, ["claude", "--bg", "do it"]),
        ("/usr/bin/node", ["node", "server.js"]),
        ("/usr/bin/node", ["node"]),
        ("/usr/bin/node", ["node", "/x/claude-code/cli-wrapper.cjs"]),
        ("/usr/bin/vim", ["vim", "claude"]),
        ("", []),
    ],
)
def test_anything_else_is_none(exe: str, argv: list[str]) -> None:
    assert not claude_code.is_session_process(exe, argv)


def test_a_run_that_prints_answers_to_a_program() -> None:
    assert claude_code.is_headless(["claude", "-p", "x"])
    assert not claude_code.is_headless(["claude", "x"])


def test_a_transcript_lies_in_a_folder_named_after_the_directory() -> None:
    assert claude_code.transcript_paths("/h", "abc", "/home/dev/my.proj_ü") == [
        "/h/projects/-home-dev-my-proj--/abc.jsonl"
    ]


def test_a_long_directory_is_cut_as_the_agent_cuts_it() -> None:
    # Seen with 2.1.330 in a directory of this name.
    cwd = "/tmp/long/" + "/".join(["d" * 60] * 4)

    (path,) = claude_code.transcript_paths("/h", "abc", cwd)

    assert path.endswith("-ddddddd-ty4d25/abc.jsonl")


def test_a_message_to_the_inbox_is_one_line() -> None:
    written = claude_code.write_inbox('two\nlines "quoted"')

    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert json.loads(written)["message"]["content"] == 'two\nlines "quoted"'


def test_only_events_of_every_version_are_registered_and_only_one_may_wait() -> None:
    assert AGENT.hook_setup is not None
    long = [event.name for event in AGENT.hook_setup.events if event.timeout_s > 60]

    assert long == ["PermissionRequest"]
    assert {event.name for event in AGENT.hook_setup.events if not event.is_async} == {
        "PermissionRequest",
        "SessionEnd",
    }


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        (b'{"projects":{"/shop":{"hasTrustDialogAccepted":true}}}', True),
        (b'{"projects":{"/shop":{"hasTrustDialogAccepted":1}}}', False),
        (b'{"projects":{"/shop":{}, "/":{"hasTrustDialogAccepted":true}}}', False),
        (b'{"projects":[]}', False),
        (b"torn", False),
    ],
)
def test_a_directory_is_trusted_where_the_person_said_so(content: bytes, is_told: bool) -> None:
    assert AGENT.start is not None
    assert AGENT.start.trusts is not None
    assert AGENT.start.trusts(content, "/shop") is is_told


@pytest.mark.parametrize("version", ["2.1.330", "2.1.197"])
def test_a_call_has_the_same_key_in_the_hook_and_in_the_transcript(version: str) -> None:
    data = recorded.DATA / AGENT.kind / version
    in_transcript = {
        event.call.call_key
        for event in recorded.events_of(AGENT, data / "transcripts" / "turns.jsonl")
        if isinstance(event, ToolCallStarted)
    }
    hooks = [path for path in recorded.captures(AGENT, "hooks", ".json") if is_main_request(path, version)]

    keys = {
        event.request.call_key
        for path in hooks
        for event in recorded.events_of(AGENT, path)
        if isinstance(event, RequestOpened)
    }

    assert len(keys) == 3  # a command, a file, questions
    assert keys <= in_transcript


def is_main_request(path: Path, version: str) -> bool:
    is_request = path.name.startswith("permission_request") and "subagent" not in path.name and "plan" not in path.name
    return is_request and path.parent.parent.name == version
