"""``agent-tray watch``: a line for each change, from the tray or from a look of our own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.app.commands import watch
from desktop.app.commands.watch import Changes
from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.watchers.hook_connection import Stage
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.fake_agent_record import Started
from tests.fakes.hook_agent import until
from tests.widgets.boards import NOW, board, permission, row

ROOT = Path(__file__).parents[4]
ALONE = """
import sys
from pathlib import Path
from desktop.app import headless
from desktop.app.main import main
from desktop.storage import paths
from tests.fakes import asking_agent
headless.load_agents = lambda: (asking_agent.AGENT,)
paths.runtime_candidates = lambda: (Path(sys.argv[1]),)
sys.exit(main(["watch", "--json"]))
"""


def ids(changes: Changes, shown: Board) -> list[str]:
    return [str(found.session) for found in changes.of(shown)]


def ends_when_watched(socket: HookSocket) -> threading.Thread:
    """End the tray as soon as somebody has been told what it sees."""

    def end() -> None:
        until(
            lambda: any(
                one.stage is Stage.WATCHING and not one.unsent for one in list(socket._switchboard._connections)
            )
        )
        socket.stop(5)

    thread = threading.Thread(target=end)
    thread.start()
    return thread


@pytest.fixture
def watching(agent: Started, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The command in a process of its own, where no tray runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, str(tmp_path / "nowhere")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_a_row_is_told_when_it_is_new_and_when_it_changes_and_not_between() -> None:
    changes = Changes()

    assert ids(changes, board(row(1), row(2))) == ["robot:1", "robot:2"]
    assert ids(changes, board(row(1), row(2), now=NOW + timedelta(seconds=9))) == []
    assert ids(changes, board(row(1, Phase.IDLE), row(2))) == ["robot:1"]
    assert ids(changes, board(row(1, Phase.IDLE, "new name"), row(2))) == ["robot:1"]


def test_another_request_is_a_change_though_the_phase_is_the_same() -> None:
    changes = Changes()
    first = row(1, Phase.NEEDS_APPROVAL, "Refunds", permission(request="r1"))
    changes.of(board(first))

    assert ids(changes, board(replace(first, requests=(permission(request="r2"),)))) == ["robot:1"]


def test_what_the_tray_tells_is_printed_until_it_ends(
    tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str]
) -> None:
    end = ends_when_watched(tray(board(row(1), row(2))))

    assert watch.run(as_json=True) == 0

    end.join()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [session["id"] for session in told] == ["robot:1", "robot:2"]
    assert list(told[0])[-2:] == ["evidence", "request"]  # as in the contract, without the line for people


def test_what_the_tray_tells_is_printed_for_people(
    tray: Callable[[Board], HookSocket], capsys: pytest.CaptureFixture[str]
) -> None:
    end = ends_when_watched(tray(board(row(1))))

    assert watch.run(as_json=False) == 0

    end.join()
    assert capsys.readouterr().out.startswith("  working         Cart totals")


def test_without_a_tray_changes_of_a_real_session_are_printed_as_they_come(
    agent: Started, watching: "subprocess.Popen[str]"
) -> None:
    assert watching.stdout is not None

    first = json.loads(watching.stdout.readline())
    agent.does("status", "busy")
    while (told := json.loads(watching.stdout.readline()))["phase"] != "working":
        pass
    watching.send_signal(signal.SIGINT)

    assert first["id"] == told["id"] == "fake:one"
    assert watching.wait(10) == 0


def test_a_reader_that_goes_away_ends_it_quietly(agent: Started, watching: "subprocess.Popen[str]") -> None:
    assert watching.stdout is not None
    assert watching.stderr is not None
    watching.stdout.readline()
    watching.stdout.close()

    agent.does("status", "busy")

    assert watching.wait(20) == 0
    assert watching.stderr.read() == ""
