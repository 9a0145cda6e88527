"""What the tray's first picture is made of, before there are windows or anything to notify with."""

import pytest

from desktop.app.beginning import Beginning
from desktop.domain.ids import session_id
from desktop.hub.effects import Raise
from desktop.storage import paths
from tests.fakes.fake_agent_record import KIND
from tests.machine.app.conftest import Stage

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "raise\\(\\)")


def test_the_first_board_holds_every_session_there_is(stage: Stage) -> None:
    stage.agent("one")
    stage.agent("two")
    begun = Beginning(paths.make_runtime_dir())

    begun.start()
    board = begun.first_board()

    assert {row.session for row in board.rows} == {session_id(KIND, "one"), session_id(KIND, "two")}
    begun.hooks.stop(1.0)
    begun.sight.stop(1.0)
    begun.scribe.stop(1.0)


def test_what_was_folded_in_before_is_carried_out_later_but_for_notifications(stage: Stage) -> None:
    agent = stage.agent("one")
    agent.does("status", "asking")
    begun = Beginning(paths.make_runtime_dir())

    begun.start()
    begun.first_board()

    assert begun.taken
    assert not any(isinstance(effect, Raise) for _, effects in begun.taken for effect in effects)
    begun.hooks.stop(1.0)
    begun.sight.stop(1.0)
    begun.scribe.stop(1.0)


def test_a_request_that_was_open_before_the_start_is_notified_once(stage: Stage) -> None:
    agent = stage.agent("one")
    agent.does("status", "asking")

    stage.starts()

    stage.notice()
    assert len(stage.notices()) == 1


def test_what_was_begun_here_asks_by_its_own_way_and_not_by_its_hook(stage: Stage) -> None:
    begun = Beginning(paths.make_runtime_dir())
    begun.start()
    session = session_id(KIND, "one")

    assert not begun._is_served(session)
    begun.begun_here = {session}.__contains__
    assert begun._is_served(session)
    assert not begun._is_served(session_id(KIND, "two"))
    begun.hooks.stop(1.0)
    begun.sight.stop(1.0)
    begun.scribe.stop(1.0)
