"""What one can do to a session that is no answer: call it something, put it into a task; with keys and with a mouse."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QCursor
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from desktop.domain.ids import SessionId
from desktop.domain.replies import AssignTask, Rename
from desktop.domain.settings import GroupBy, Settings, Task
from desktop.windows.session_list_model import Heading
from desktop.windows.session_menu import SessionMenu
from tests.widgets.boards import row, subagent
from tests.widgets.session_stage import Stage

FIRST = SessionId("robot:1")


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    made = Stage(qtbot)
    made.window.show_settings(Settings(tasks=(Task("Refunds"), Task("Search & co"))))
    return made


def _menu(stage: Stage) -> SessionMenu:
    return stage.window.findChild(SessionMenu)


def _tasks(stage: Stage) -> dict[str, bool]:
    """What the sub-menu offers, and what is ticked."""
    menu = _menu(stage).actions()[1].menu()
    return {action.text(): action.isChecked() for action in menu.actions() if not action.isSeparator()}  # type: ignore[attr-defined]


def _choose(stage: Stage, *words: str) -> None:
    actions = _menu(stage).actions()
    for word in words:
        found = next(action for action in actions if action.text() == word)
        if found.menu() is None:
            found.trigger()
        else:
            actions = found.menu().actions()  # type: ignore[attr-defined]
    _menu(stage).close()


def _field(stage: Stage) -> QLineEdit:
    found = QApplication.focusWidget()
    assert isinstance(found, QLineEdit)
    return found


def test_a_session_is_renamed_with_the_keyboard(stage: Stage) -> None:
    stage.shows(row(1), row(2))
    stage.key(Qt.Key.Key_J)
    stage.key(Qt.Key.Key_F2)
    assert _field(stage).selectedText() == "Cart totals"

    stage.presses("Totals of the cart")
    stage.key(Qt.Key.Key_Return)

    assert Rename(FIRST, "Totals of the cart") in stage.out
    assert stage.list.opened_session == FIRST


def test_an_empty_name_gives_the_agents_own_back(stage: Stage) -> None:
    stage.shows(row(1))
    stage.key(Qt.Key.Key_J)
    stage.key(Qt.Key.Key_F2)
    stage.key(Qt.Key.Key_Delete)
    stage.key(Qt.Key.Key_Return)

    assert Rename(FIRST, "") in stage.out


def test_the_menu_offers_the_tasks_there_are_and_ticks_the_one_it_belongs_to(stage: Stage) -> None:
    stage.shows(replace(row(1), task="Refunds"))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")

    assert _tasks(stage) == {"Refunds": True, "Search && co": False, "None": False, "New task…": False}
    _choose(stage, "Task", "Search && co")

    assert AssignTask(FIRST, "Search & co") in stage.out


def test_leaving_a_task_leaves_it_to_the_rules_where_there_are_any(stage: Stage) -> None:
    stage.window.show_settings(Settings(tasks=(Task("Refunds", branches=("refund/*",)),)))
    stage.shows(replace(row(1), task="Refunds"))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    _choose(stage, "Task", "None, or what the rules say")

    assert AssignTask(FIRST, "") in stage.out


def test_a_task_of_an_earlier_day_is_still_offered(stage: Stage) -> None:
    stage.shows(replace(row(1), task="Last week"))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    offered = _tasks(stage)
    _menu(stage).close()

    assert offered["Last week"] is True


def test_a_new_task_is_typed_where_it_is_needed_and_the_session_belongs_to_it(stage: Stage) -> None:
    made: list[str] = []
    stage.window.task_made.connect(made.append)
    stage.shows(row(1))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    _choose(stage, "Task", "New task…")
    stage.presses("Ship it")
    stage.key(Qt.Key.Key_Return)

    assert made == ["Ship it"]
    assert AssignTask(FIRST, "Ship it") in stage.out


def test_a_task_that_exists_is_not_made_twice(stage: Stage) -> None:
    made: list[str] = []
    stage.window.task_made.connect(made.append)
    stage.shows(row(1))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    _choose(stage, "Task", "New task…")
    stage.presses("refunds")
    stage.key(Qt.Key.Key_Return)

    assert made == []
    assert AssignTask(FIRST, "Refunds") in stage.out


def test_a_menu_opened_with_a_key_is_gone_through_with_keys(stage: Stage) -> None:
    stage.shows(row(1))
    stage.key(Qt.Key.Key_J)
    stage.presses("m")
    stage.qtbot.keyClick(_menu(stage), Qt.Key.Key_Return)

    assert _field(stage).accessibleName() == "Name of the session"


def test_the_right_button_opens_the_menu_of_the_row_under_it(stage: Stage) -> None:
    stage.shows(row(1), row(2, name="Second"))
    spot = stage.list.visualRect(stage.list.session_model.index_of(SessionId("robot:2"))).center()
    viewport = stage.list.viewport()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, spot, viewport.mapToGlobal(spot)))
    _choose(stage, "Rename…")

    assert stage.list.opened_session == SessionId("robot:2")
    assert _field(stage).text() == "Second"


def test_no_menu_opens_where_no_session_is(stage: Stage) -> None:
    stage.shows(row(1))
    viewport = stage.list.viewport()
    spot = QPoint(20, viewport.height() - 4)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, spot, viewport.mapToGlobal(spot)))

    assert not _menu(stage).isVisible()


def test_the_opened_card_has_a_button_for_it(stage: Stage) -> None:
    stage.shows(row(1))
    stage.window.open_session(FIRST)
    card = stage.list.card
    assert card is not None
    button = next(one for one in card.findChildren(QToolButton) if one.accessibleName() == "Name and task")
    stage.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    was_open = _menu(stage).isVisible()
    _menu(stage).close()

    assert was_open


def test_subagents_stand_under_their_parent(stage: Stage) -> None:
    stage.shows(replace(row(1), subagents=tuple(map(subagent, ("explorer", "reviewer, Small", "", *("x",) * 9)))))
    stage.window.open_session(FIRST)

    assert stage.says("Subagents that run")
    assert stage.says("reviewer, Small")
    assert stage.says("no role told")
    assert stage.says("and 6 more")


def test_a_subagents_model_stands_beside_its_role_where_it_is_told(stage: Stage) -> None:
    stage.shows(replace(row(1), subagents=(subagent("explorer", "haiku-4-5"), subagent("reviewer"))))
    stage.window.open_session(FIRST)

    assert stage.says("explorer\u2069  –  \u2068haiku-4-5")
    assert not stage.says("reviewer\u2069  –")


def test_a_group_is_folded_and_unfolded_with_keys(stage: Stage) -> None:
    stage.shows(row(1), row(2))
    stage.key(Qt.Key.Key_J)
    stage.key(Qt.Key.Key_Left)
    folded = stage.list.session_model.items()
    stage.key(Qt.Key.Key_Return)

    assert [item.is_folded for item in folded if isinstance(item, Heading)] == [True]
    assert len(folded) == 1
    assert stage.list.selected_session == FIRST


def test_a_click_on_a_heading_folds_its_group(stage: Stage) -> None:
    stage.shows(row(1), row(2))
    spot = stage.list.visualRect(stage.list.session_model.index(0, 0)).center()
    stage.qtbot.mouseClick(stage.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)

    assert len(stage.list.session_model.items()) == 1


def test_a_session_in_a_folded_group_opens_when_it_is_asked_for(stage: Stage) -> None:
    stage.shows(row(1), row(2))
    stage.key(Qt.Key.Key_J)
    stage.key(Qt.Key.Key_Left)
    stage.window.open_session(SessionId("robot:2"))

    assert stage.list.opened_session == SessionId("robot:2")


def test_g_offers_what_to_group_by(stage: Stage) -> None:
    chosen: list[object] = []
    stage.window.group_chosen.connect(chosen.append)
    stage.shows(row(1))
    stage.presses("g")
    popup = QApplication.activePopupWidget()
    assert popup is not None
    stage.qtbot.keyClick(popup, Qt.Key.Key_Down)
    stage.qtbot.keyClick(popup, Qt.Key.Key_Return)

    assert chosen == [GroupBy.PROJECT]
