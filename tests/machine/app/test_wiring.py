"""The parts of the program as they are connected: what a person changes in a window, changed in the world."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.ids import SessionId
from desktop.domain.replies import AssignTask, Rename
from desktop.domain.settings import Settings
from desktop.storage import paths
from desktop.storage.hook_setup import Plan
from desktop.storage.ledger import Ledger
from tests.fakes.fake_agent_record import KIND
from tests.machine.app.conftest import Stage

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "raise\\(\\)")


def test_connecting_in_the_window_shows_the_plan_and_then_writes_exactly_it(stage: Stage) -> None:
    program = stage.starts(shows_window=True)
    agent_home = Path(stage.home / ".fake")
    agent_home.mkdir(exist_ok=True)
    surfaces = program._surfaces

    surfaces.diff_asked.emit(KIND, False)
    shown: list[Plan] = surfaces._plans[surfaces._diff_in]
    assert [plan.path.parent for plan in shown] == [agent_home]
    assert not shown[0].path.exists()
    surfaces._window.connect_asked.emit(KIND)

    assert shown[0].path.read_bytes() == shown[0].after
    assert paths.places().relay.exists()
    assert surfaces._is_connected(KIND)


def test_changed_settings_are_kept_and_used(stage: Stage, qtbot: QtBot) -> None:
    program = stage.starts()
    changed = replace(Settings(), look=replace(Settings().look, show_ended_minutes=7))

    program._surfaces.settings_changed.emit(changed)

    assert "show_ended_minutes = 7" in paths.places().settings.read_text()
    assert program._preferences.settings == changed


def test_a_name_and_a_task_that_a_person_gave_are_there_after_a_restart(stage: Stage) -> None:
    program = stage.starts()
    stage.agent()
    program._surfaces.intent_made.emit(Rename(SessionId(f"{KIND}:one"), "Refunds"), "window")
    program._surfaces.intent_made.emit(AssignTask(SessionId(f"{KIND}:one"), "May"), "window")

    stage.stops()

    ledger = Ledger(paths.places().ledger)
    assert ledger.names() == {f"{KIND}:one": "Refunds"}
    ledger.close()
    stage.starts()
    stage.until(lambda: (row := stage.row()) is not None and (row.name, row.task) == ("Refunds", "May"))
