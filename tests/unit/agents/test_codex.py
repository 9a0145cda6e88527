"""What is particular to Codex CLI: its processes, where its rollouts lie, and what its hooks take."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.agents import codex
from desktop.domain.agent import LogHead
from desktop.domain.events import EvidenceGiven, RequestOpened, TurnFinished
from desktop.domain.replies import Allow, Answer, Deny
from desktop.domain.requests import Request
from desktop.domain.session import Claim, Ending
from desktop.formats import hook_decision, rollout_log
from tests.helpers import recorded

NATIVE = "01a20a1c-5df6-7142-b1bd-b848b6cbf159"
BINARY = "/opt/npm/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
DATA = recorded.DATA / "codex" / "0.169.0"


@pytest.mark.parametrize(
    ("exe", "argv", "is_session"),
    [
        (BINARY, [BINARY], True),
        (BINARY, [BINARY, "--disable", "daemon_auto_start"], True),
        (BINARY, ["codex", "-m", "gpt", "fix the login"], True),
        (BINARY, ["codex", "resume", "--last"], True),
        (BINARY, ["codex", "exec", "say hello"], True),
        ("C:\\npm\\codex.exe", ["codex.exe"], True),
        ("/usr/bin/node", ["node", "/opt/npm/.bin/codex"], False),
        (BINARY, [BINARY, "app-server", "--listen", "unix://"], False),
        (BINARY, [BINARY, "-c", "x=1", "app-server", "daemon", "pid-update-loop"], False),
        (BINARY, [BINARY, "mcp-server"], False),
        (BINARY, [BINARY, "--version"], False),
        (BINARY, ["codex-linux-sandbox", "--sandbox-policy", "{}", "bash"], False),
        (BINARY, ["codex", "--codex-run-as-apply-patch", "*** Begin Patch"], False),
        (BINARY, [], False),
        ("/usr/bin/vim", ["vim", "codex"], False),
    ],
)
def test_one_process_of_a_session_is_its_session(exe: str, argv: list[str], is_session: bool) -> None:
    assert codex.is_session_process(exe, argv) is is_session


@pytest.mark.parametrize(
    ("argv", "is_headless"),
    [(["codex", "exec", "x"], True), (["codex", "-m", "exec", "chat"], False), (["codex", "-m"], False)],
)
def test_a_run_that_prints_and_ends_is_headless(argv: list[str], is_headless: bool) -> None:
    assert codex.is_headless(argv) is is_headless


def test_the_daemon_is_a_host_and_a_terminal_is_none() -> None:
    assert codex.is_host([BINARY, "app-server", "--listen", "unix://", "--managed-daemon"])
    assert not codex.is_host([BINARY])


@pytest.mark.parametrize(
    "path",
    [
        f"/home/dev/.codex/thread-writer-locks/{NATIVE}.lock",
        f"/home/dev/.codex/sessions/2026/11/23/rollout-2026-11-23T20-32-40-{NATIVE}.jsonl",
    ],
)
def test_a_lock_and_a_rollout_name_the_session_of_who_holds_them(path: str) -> None:
    assert codex.native_of_open_file(path) == NATIVE
    assert codex.native_of_open_file(path + ".bak") == ""


def test_other_files_name_no_session() -> None:
    assert codex.native_of_open_file("/home/dev/.codex/state_5.sqlite") == ""


def test_a_rollout_lies_where_the_time_in_its_id_says() -> None:
    begun = datetime.fromtimestamp(int("01a20a1c5df6", 16) / 1000).astimezone()

    paths = codex.transcript_paths("/h", NATIVE, "/project")

    assert paths[0] == f"/h/sessions/{begun:%Y/%m/%d}/rollout-{begun:%Y-%m-%dT%H-%M-%S}-{NATIVE}.jsonl"
    assert len(paths) == 2, "the name may be of the next second"


@pytest.mark.parametrize("native", ["", "../x", "one", "f" * 8 + "-ffff-7142-b1bd-b848b6cbf159"])
def test_an_id_without_a_time_leads_nowhere(native: str) -> None:
    assert codex.transcript_paths("/h", native, "/project") == []


def test_logs_are_looked_for_in_todays_folder_and_in_yesterdays() -> None:
    new_year = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)

    assert codex.log_dirs("/h", "/project", new_year) == ["/h/sessions/2026/01/01", "/h/sessions/2025/12/31"]


def head(**meta: object) -> bytes:
    payload = {"id": NATIVE, "cwd": "/p", "timestamp": "2026-11-23T20:32:40.961Z", "source": "cli", **meta}
    return json.dumps({"type": "session_meta", "payload": payload}).encode() + b"\n"


def test_the_head_of_a_rollout_tells_whose_it_is() -> None:
    started = datetime(2026, 11, 23, 20, 32, 40, 961_000, tzinfo=UTC)

    assert codex.read_log_head(head(), "") == LogHead(NATIVE, "/p", started)
    assert codex.read_log_head(head(timestamp="noon"), "") == LogHead(NATIVE, "/p", None)


@pytest.mark.parametrize("version", ["0.104.0/transcripts/exec", "0.169.0/transcripts/patched"])
def test_the_heads_of_both_shapes_are_read(version: str) -> None:
    raw = (recorded.DATA / "codex" / f"{version}.jsonl").read_bytes()

    found = codex.read_log_head(raw, "")

    assert found is not None
    assert (found.cwd, found.is_hidden) == ("/home/dev/proj/codex", False)


@pytest.mark.parametrize("meta", [{"source": {"subagent": "review"}}, {"thread_source": "subagent"}])
def test_a_helper_of_the_agents_own_is_hidden(meta: dict[str, object]) -> None:
    found = codex.read_log_head(head(**meta), "")

    assert found is not None
    assert found.is_hidden


@pytest.mark.parametrize("raw", [b"", head()[:-1], head(id="../x"), b'{"type":"event_msg"}\n', b"[]\n"])
def test_what_is_no_head_tells_nothing(raw: bytes) -> None:
    assert codex.read_log_head(raw, "") is None


# -- hooks


def call(name: str, **changes: object) -> bytes:
    fields = json.loads((DATA / "hooks" / f"{name}.json").read_bytes())
    return json.dumps({**fields, **changes}).encode()


def asked(**changes: object) -> tuple[bytes, Request]:
    raw = call("permission_request", **changes)
    return raw, next(
        event.request for event in codex.read_hook(recorded.hook_call(raw)) if isinstance(event, RequestOpened)
    )


def test_a_command_asked_by_hook_is_the_call_in_the_rollout() -> None:
    _, request = asked()
    log = (DATA / "transcripts" / "waits_in_hook.jsonl").read_bytes()
    reader = codex.open_transcript(request.session)

    started = [event for line in log.split(b"\n") for event in reader.feed(line)]

    calls = [getattr(event, "call", None) for event in started]
    assert request.call_key in [getattr(call, "call_key", "") for call in calls]


def test_leave_to_use_the_network_is_asked_with_the_host() -> None:
    given = {"command": "curl example.com", "description": "network-access example.com"}

    _, request = asked(tool_input=given)

    assert request.text == "curl example.com\n\nnetwork-access example.com"
    assert request.summary == "wants to use the network"


def test_a_patch_is_shown_as_it_is_with_the_files_it_writes() -> None:
    patch = "*** Begin Patch\n*** Add File: /etc/x\n+1\n*** Update File: b.py\n@@\n-a\n+b\n*** End Patch"

    _, request = asked(tool_name="apply_patch", tool_input={"command": patch})

    assert request.text == patch
    assert request.writes == ("/etc/x", "b.py")
    assert request.summary == "wants to change files"


def test_a_patch_with_words_around_it_is_shown_with_all_of_them() -> None:
    patch = "*** Begin Patch\n*** Delete File: a\n*** End Patch"

    _, request = asked(tool_name="apply_patch", tool_input={"command": f"cd /etc && {patch}"})

    assert "cd /etc" in request.text


@pytest.mark.parametrize("tool", ["Bash", "apply_patch", "mcp__mail__send"])
def test_what_has_no_command_is_shown_as_it_came(tool: str) -> None:
    _, request = asked(tool_name=tool, tool_input={"to": "all@example.com"})

    assert "all@example.com" in request.text


def test_a_turn_told_by_the_hook_shows_that_the_hook_is_trusted() -> None:
    events = codex.read_hook(recorded.hook_call(call("user_prompt_submit")))

    assert [event.evidence.claim for event in events if isinstance(event, EvidenceGiven)] == [Claim.WORKING]


def test_an_interrupt_ends_the_turn() -> None:
    events = codex.read_hook(recorded.hook_call(call("interrupt")))

    assert [event.ending for event in events if isinstance(event, TurnFinished)] == [Ending.INTERRUPTED]


def test_what_is_no_call_means_nothing() -> None:
    assert codex.read_hook(recorded.hook_call(b"{}")) == []


def test_an_allow_and_a_deny_hold_no_key_that_the_agent_does_not_know() -> None:
    raw, request = asked()
    named = (request.session, request.id, request.digest)

    allowed = hook_decision.write_plain(raw, request, Allow(*named))
    denied = hook_decision.write_plain(raw, request, Deny(*named, "use a temp dir"))

    assert allowed is not None
    assert denied is not None
    output = {"hookEventName": "PermissionRequest"}
    assert json.loads(allowed) == {"hookSpecificOutput": {**output, "decision": {"behavior": "allow"}}}
    decision = {"behavior": "deny", "message": "use a temp dir"}
    assert json.loads(denied) == {"hookSpecificOutput": {**output, "decision": decision}}


def test_there_is_no_answer_that_takes_a_rule_or_ends_the_turn() -> None:
    raw, request = asked()
    named = (request.session, request.id, request.digest)

    assert hook_decision.write_plain(raw, request, Allow(*named, (0,))) is None
    assert hook_decision.write_plain(raw, request, Deny(*named, stops=True)) is None
    assert hook_decision.write_plain(raw, request, Answer(*named, (("yes",),))) is None


def test_the_hook_is_let_go_before_the_agent_gives_it_up() -> None:
    asking = next(event for event in codex.HOOKS.events if event.name == "PermissionRequest")

    assert codex.AGENT.hook_hold_s == codex.HOLD_S < asking.timeout_s - 5
    assert "trust" in codex.AGENT.setup_note


def test_the_reader_is_one_of_rollouts() -> None:
    reader = codex.open_transcript(recorded.SESSION)

    assert isinstance(reader, rollout_log.RolloutLog)
    assert timedelta(seconds=codex.HOLD_S) < timedelta(minutes=1)
    assert Path(codex.AGENT.default_home).name == ".codex"
