"""The whole program when something it leans on fails it: the disk, the ledger, a hook, an agent, a name."""

import contextlib
import ctypes
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop.app import wiring
from desktop.app.scribe import NOT_RECORDED, PART
from desktop.domain.ids import session_id
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow
from desktop.domain.requests import Reach
from desktop.storage import paths
from tests.fakes.asking_agent import ALLOWED
from tests.fakes.fake_agent_record import KIND
from tests.machine.app.conftest import Stage, decisions, remembered
from tests.machine.app.test_program import WITHDRAWN_S, body, buttons

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "raise\\(\\)")

SESSION = session_id(KIND, "one")


def allow_of(stage: Stage) -> Allow:
    """An allow of the request that is open."""
    row = stage.row()
    assert row is not None
    assert row.request is not None
    return Allow(SESSION, row.request.id, row.request.digest)


def is_refused(stage: Stage) -> bool:
    """Whether the row says that nothing was sent because it could not be recorded."""
    row = stage.row()
    return row is not None and row.notice == NOT_RECORDED


def is_ill(stage: Stage) -> bool:
    """Whether the window says that the ledger is in trouble."""
    assert stage.program is not None
    return PART in [trouble.part for trouble in stage.program._hub.board(wiring.clock.now()).troubles]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The directory of what we remember, on a file system of its own that holds little."""
    place = paths.places().ledger.parent
    place.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip("only an administrator can make a small disk")
    yield place
    libc.umount2(os.fsencode(place), 2)  # MNT_DETACH


def test_fault_19_on_a_full_disk_all_is_seen_and_nothing_allowed_until_there_is_room(
    small_disk: Path, stage: Stage
) -> None:
    program = stage.starts()
    agent = stage.agent()
    answer = stage.asks(agent, "make release")
    stage.request_is_open()
    notice = stage.notice()
    stage.until(lambda: remembered() == [notice["id"]])
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)

    stage.daemon.do(click=notice["id"], key=buttons(notice)["Allow"])

    stage.until(lambda: is_refused(stage))
    stage.until(lambda: is_ill(stage))
    assert not answer.exists()
    other = stage.agent("two")
    other.does("status", "busy")
    stage.until(lambda: (row := stage.row("two")) is not None and row.phase is Phase.WORKING)

    filler.unlink()
    program._surfaces.intent_made.emit(allow_of(stage), "window")

    stage.until(answer.exists)
    assert answer.read_bytes() == ALLOWED
    stage.until(lambda: not is_ill(stage))
    stage.stops()
    assert decisions() == [("allow", "window")]


def test_fault_21_a_ledger_that_another_program_keeps_locked_stops_no_answer_for_longer_than_the_lock(
    stage: Stage,
) -> None:
    program = stage.starts()
    answer = stage.asks(stage.agent(), "make release")
    stage.request_is_open()
    notice = stage.notice()
    stage.until(lambda: remembered() == [notice["id"]])
    other = sqlite3.connect(paths.places().ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    program._surfaces.intent_made.emit(allow_of(stage), "window")

    stage.until(lambda: is_refused(stage))
    assert not answer.exists()
    other.execute("ROLLBACK")
    other.close()
    program._surfaces.intent_made.emit(allow_of(stage), "window")
    stage.until(answer.exists)
    assert answer.read_bytes() == ALLOWED


def test_fault_27_an_agent_that_dies_takes_its_request_and_notification_along(stage: Stage) -> None:
    program = stage.starts()
    agent = stage.agent()
    stage.asks(agent, "make release")
    notice = stage.notice()
    allow = allow_of(stage)
    died_at = time.monotonic()

    agent.kill()
    stage.closed(notice)

    assert time.monotonic() - died_at < WITHDRAWN_S
    stage.until(lambda: (row := stage.row()) is None or not row.requests)
    program._surfaces.intent_made.emit(allow, "window")
    stage.stops()
    assert decisions() == []


def test_fault_28_the_request_of_a_hook_that_died_is_left_to_the_terminal(stage: Stage) -> None:
    program = stage.starts()
    agent = stage.agent()
    stage.asks(agent, "make release")
    stage.request_is_open()
    notice = stage.notice()
    allow = allow_of(stage)
    [hook] = psutil.Process(agent.pid).children()

    hook.kill()

    def is_left_to_the_terminal() -> bool:
        row = stage.row()
        return row is not None and row.request is not None and row.request.reach is Reach.TERMINAL

    stage.until(is_left_to_the_terminal)
    row = stage.row()
    assert row is not None
    assert row.request is not None
    assert row.phase is Phase.NEEDS_APPROVAL
    assert not row.request.is_answerable
    assert row.request.why_not
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Allow"])
    program._surfaces.intent_made.emit(allow, "window")
    last = stage.notice(2)
    assert "Allow" not in buttons(last)
    stage.stops()
    assert decisions() == []


def test_attack_30_a_click_on_what_was_answered_already_does_nothing(stage: Stage) -> None:
    program = stage.starts()
    agent = stage.agent()
    answer = stage.asks(agent, "make release")
    stage.request_is_open()
    notice = stage.notice()
    program._surfaces.intent_made.emit(allow_of(stage), "window")
    stage.until(answer.exists)
    stage.closed(notice)

    again = stage.asks(agent, "make clean")
    stage.notice(2)
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Deny"])
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Allow"])

    agent.does("status", "busy")
    stage.until(again.exists)
    assert again.read_bytes() == b""
    stage.stops()
    assert decisions() == [("allow", "window")]


def test_attack_45_a_directory_with_lines_and_markup_in_its_name_is_shown_as_one_plain_line(stage: Stage) -> None:
    stage.project = stage.project / "shop\n[Allow] <b>all<img src=x> &amp;"
    stage.project.mkdir()
    program = stage.starts()
    stage.asks(stage.agent(), "make release")
    stage.request_is_open()

    notice = stage.notice()

    call = notice["notify"]
    assert isinstance(call, dict)
    assert call["title"] == "shop [Allow] <b>all<img src=x> &amp; wants to run a command"  # a title is never markup
    assert "<" not in call["body"]

    def entries() -> list[str]:
        return [action.text() for action in program._surfaces._tray._menu.actions()]

    stage.until(lambda: any("make release" in entry for entry in entries()))
    assert not [entry for entry in entries() if "\n" in entry]
    assert "<" not in program._surfaces._tray._icon.toolTip()


@pytest.mark.parametrize("command", ["make release", "make  release", "make release x"])
def test_attack_55_an_allow_is_for_one_request_and_for_no_other_however_alike(stage: Stage, command: str) -> None:
    program = stage.starts()
    agent = stage.agent()
    first = stage.asks(agent, "make release")
    stage.request_is_open()
    program._surfaces.intent_made.emit(allow_of(stage), "window")
    stage.until(first.exists)
    agent.does("status", "busy")
    stage.until(lambda: (row := stage.row()) is not None and not row.requests)

    second = stage.asks(agent, command)
    stage.request_is_open()

    assert command in body(stage.notice(2)) or "  " in command
    assert not second.exists()
    stage.stops()
    assert decisions() == [("allow", "window")]
