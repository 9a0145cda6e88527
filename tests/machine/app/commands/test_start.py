"""``agent-tray start``, with a tray and without."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.commands import start
from desktop.domain.board import Board
from desktop.formats import session_starts
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import asking_agent
from tests.widgets.boards import board


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = replace(asking_agent.AGENT, start=session_starts.over_acp("fake", "acp"))
    monkeypatch.setattr(start, "load_agents", lambda: (agent, replace(agent, kind="other", start=None)))


def test_it_has_the_tray_show_the_form_and_says_where_to_look(
    tray: Callable[[Board], HookSocket], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tray(board())

    assert start.run("fake", str(tmp_path), "fix it") == 0

    assert "press Start" in capsys.readouterr().out


def test_without_a_tray_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start.run("fake", str(tmp_path), "fix it") == 1

    assert capsys.readouterr().err.strip() == start.NOT_RUNNING


@pytest.mark.parametrize(
    ("kind", "place", "prompt", "said"),
    [
        ("other", "/", "fix it", "No agent called 'other' can be started from the tray. These can: fake."),
        ("fake", "/nowhere/at/all", "fix it", "/nowhere/at/all is not a directory."),
        ("fake", "/", "x" * 70_000, "The prompt is longer than 64 KiB."),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(
    kind: str, place: str, prompt: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.run(kind, place, prompt) == 2

    assert said in capsys.readouterr().err
