"""``agent-tray status``, with a tray and without."""

import json
from collections.abc import Callable

import pytest

from desktop.app.commands import status
from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.fake_agent_record import Started
from tests.widgets.boards import board, permission, row

KEYS = ["version", "at", "counts", "needs_you", "sessions"]
ASKS = board(row(1, Phase.NEEDS_APPROVAL, "Refunds", permission()), row(2))


def test_the_running_tray_is_asked(tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str]) -> None:
    tray(ASKS)

    assert status.run(as_json=True) == 0

    told = json.loads(capsys.readouterr().out)
    assert list(told)[:5] == KEYS
    assert told["needs_you"] == 1
    assert [session["name"] for session in told["sessions"]] == ["Refunds", "Cart totals"]


def test_the_json_of_a_tray_has_no_key_beyond_the_contract(
    tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str]
) -> None:
    tray(ASKS)

    status.run(as_json=True)

    assert list(json.loads(capsys.readouterr().out)) == KEYS


def test_the_running_tray_is_told_in_words(
    tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str]
) -> None:
    tray(ASKS)

    assert status.run(as_json=False) == 0

    told = capsys.readouterr()
    assert told.out.startswith("1 session needs you")
    assert "Refunds" in told.out
    assert told.err == ""


def test_without_a_tray_the_same_is_found_by_a_look_of_our_own(
    agent: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.run(as_json=True) == 0

    told = json.loads(capsys.readouterr().out)
    assert list(told) == KEYS
    assert [(session["id"], session["project"], session["pid"]) for session in told["sessions"]] == [
        ("fake:one", "shop", agent.pid)
    ]


def test_without_a_tray_a_person_is_told_so(agent: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.run(as_json=False) == 0

    told = capsys.readouterr()
    assert "shop" in told.out
    assert "The tray does not run" in told.err
