"""``agent-tray explain``: which session is meant, and why it is shown as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from desktop.app.commands import explain
from desktop.domain.board import Board
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.fake_agent_record import Started
from tests.widgets.boards import board, row

SHOWN = board(row(1, Phase.WORKING, "Fix refunds"), row(12, Phase.IDLE, "Fix search"), row(3, Phase.IDLE, "1003"))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("robot:1", ["robot:1"]),
        ("Fix refunds", ["robot:1"]),
        ("1012", ["robot:12"]),
        ("1", ["robot:1", "robot:12"]),
        ("12", ["robot:12"]),
        ("fix", ["robot:1", "robot:12"]),
        ("SEARCH", ["robot:12"]),
        ("1003", ["robot:3"]),
        ("nothing", []),
    ],
)
def test_a_session_is_named_by_id_its_start_process_or_name(wanted: str, ids: list[str]) -> None:
    assert [found.session for found in explain.matching(explain.of_board(SHOWN), wanted)] == ids


def test_the_evidence_of_a_running_session_is_told(agent: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.run("one") == 0

    told = capsys.readouterr().out
    assert "(fake:one)" in told
    assert "live state" in told
    assert f"process  {agent.pid}" in told


def test_a_session_nobody_knows_is_told_with_those_that_are(agent: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.run("\x1b[2Jnothing") == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[0].startswith("No session is called ")
    assert "\x1b" not in told.err
    assert "fake:one" in told.err


@pytest.mark.parametrize("name", ["Fix refunds", "a\u202e\x1b[2Jb"])
def test_the_evidence_is_that_of_the_running_tray(
    tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    asked = row(1, Phase.WORKING, name)
    tray(board(replace(asked, session=SessionId(f"robot:{name}"))))

    assert explain.run("1001") == 0

    told = capsys.readouterr().out
    assert "its own live state says so" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"explanations": [], "sessions": {}},
        {"explanations": {}, "sessions": [3, {"id": 1}, {"id": "a", "name": "b", "pid": "c"}]},
    ],
)
def test_an_answer_of_another_version_explains_nothing(answer: dict[str, object]) -> None:
    assert explain.of_answer(answer) == []
