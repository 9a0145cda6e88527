"""Where the daemon of Codex is, and which processes have one."""

import pytest

from desktop.agents.codex import AGENT

HOME = "/home/dev/.codex"


def test_its_daemon_listens_below_its_home() -> None:
    assert AGENT.server is not None
    place = AGENT.server.find(HOME, ["codex", "fix it"], {})

    assert place is not None
    assert place.address == f"{HOME}/app-server-control/app-server-control.sock"
    assert AGENT.server.open_talk(HOME).sessions() == []


@pytest.mark.parametrize(
    "argv", [["codex", "exec", "x"], ["codex", "--disable", "daemon_auto_start"], ["codex", "-c", "model=x"]]
)
def test_what_runs_in_its_own_process_has_none(argv: list[str]) -> None:
    assert AGENT.server is not None
    assert AGENT.server.find(HOME, argv, {}) is None
