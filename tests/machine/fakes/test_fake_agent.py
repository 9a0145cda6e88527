"""The fake agent does what it says."""

import json
from pathlib import Path

from tests.fakes import fake_agent
from tests.fakes.fake_agent_record import Started, is_session_process, read_live_state
from tests.fakes.hook_agent import until


def test_it_keeps_its_live_state_and_transcript_and_tidies_up(tmp_path: Path) -> None:
    agent = Started(tmp_path, "one", tmp_path)
    state_file = tmp_path / "live" / f"{agent.pid}.json"

    state = read_live_state(state_file.read_bytes(), str(tmp_path))
    assert state is not None
    assert (state.pid, state.native_session) == (agent.pid, "one")
    assert state.process_started == fake_agent.started_ticks(agent.pid)
    agent.logs("prompt", text="hello")
    line = fake_agent.transcript_path(tmp_path, "one", str(tmp_path)).read_bytes()
    assert json.loads(line)["text"] == "hello"
    agent.does("clear", "two")
    assert json.loads(state_file.read_bytes())["session"] == "two"
    argv = Path(f"/proc/{agent.pid}/cmdline").read_bytes().decode().split("\0")
    assert is_session_process("", argv)

    agent.does("quit")
    agent.close()

    assert not state_file.exists()


def test_it_calls_its_hook_and_keeps_what_that_prints(tmp_path: Path) -> None:
    agent = Started(tmp_path, "one", tmp_path)

    agent.does("ask", "make release", str(tmp_path / "answer"), "cat")

    until((tmp_path / "answer").exists)
    assert (tmp_path / "answer").read_bytes() == b"make release"
    agent.close()


def test_killed_it_leaves_its_live_state_behind(tmp_path: Path) -> None:
    agent = Started(tmp_path, "one", tmp_path)

    agent.kill()

    assert (tmp_path / "live" / f"{agent.pid}.json").exists()
