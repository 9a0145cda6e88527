"""The head of the sessions window."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.domain.settings import ColourScheme, GroupBy
from desktop.windows.session_header import SessionHeader
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT, NOW, board, permission, row

ASKS = board(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", permission()), row(2))


class Stage:
    """A header, and what it asked for."""

    def __init__(self, qtbot: QtBot) -> None:
        self.theme = Theme(ColourScheme.LIGHT)
        self.header = SessionHeader(self.theme, None)  # type: ignore[arg-type]  # a window here
        self.asked: list[object] = []
        for name in (
            "filter_left",
            "rows_asked",
            "mini_asked",
            "start_asked",
            "settings_asked",
            "help_asked",
            "quit_asked",
        ):
            getattr(self.header, name).connect(lambda *_, name=name: self.asked.append(name))
        self.header.diff_asked.connect(self.asked.append)
        self.header.filter_changed.connect(self.asked.append)
        qtbot.addWidget(self.header)
        self.header.show()

    @property
    def said(self) -> list[str]:
        """What can be read."""
        return [label.text() for label in self.header.findChildren(QLabel) if label.isVisible() and label.text()]

    @property
    def field(self) -> QLineEdit:
        """Where one types what to filter by."""
        return self.header.findChild(QLineEdit)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_it_says_who_needs_the_person_and_since_when(stage: Stage) -> None:
    stage.header.show_board(ASKS, NOW)
    assert stage.said == ["1 session needs you", "oldest 4 min · 1 working"]

    stage.header.show_ages(NOW + timedelta(minutes=1))
    assert stage.said == ["1 session needs you", "oldest 5 min · 1 working"]


def test_the_filter_takes_the_place_of_the_words_until_it_is_left(stage: Stage, qtbot: QtBot) -> None:
    stage.header.show_board(ASKS, NOW)
    stage.header.open_filter()
    stage.header.show_ages(NOW)
    assert stage.said == []

    qtbot.keyClicks(stage.field, "ca")
    qtbot.keyClick(stage.field, Qt.Key.Key_Down)
    qtbot.keyClick(stage.field, Qt.Key.Key_Escape)
    assert stage.asked == ["c", "ca", "rows_asked", "filter_left"]
    assert stage.header.is_filtering

    stage.header.close_filter(NOW)
    assert not stage.header.is_filtering
    assert stage.field.text() == ""
    assert len(stage.said) == 2


def test_the_menu_reaches_everything_and_names_each_agent(stage: Stage) -> None:
    stage.header.show_board(
        board().__class__(NOW, agents_seen=((AGENT, "Robot & co", False), (AGENT, "Other", True))), NOW
    )
    menu = stage.header.findChild(QMenu)

    menu.aboutToShow.emit()
    for action in menu.actions():
        action.trigger()

    assert [action.text() for action in menu.actions() if action.text()] == [
        "New session…",
        "Group by",
        "Settings…",
        "Connect Robot && co…",
        "Disconnect Other…",
        "Keyboard…",
        "Quit",
    ]
    assert stage.asked == ["start_asked", "settings_asked", AGENT, AGENT, "help_asked", "quit_asked"]


def test_every_button_says_what_it_is(stage: Stage) -> None:
    names = [button.accessibleName() for button in stage.header.findChildren(QToolButton)]

    assert all(names)
    assert {"Filter", "Keep as a mini window", "Menu"} <= set(names)


def test_what_to_group_by_is_chosen_in_the_menu_and_ticked(stage: Stage) -> None:
    chosen: list[object] = []
    stage.header.group_chosen.connect(chosen.append)
    stage.header.show_grouping(GroupBy.AGENT)

    stage.header.open_groups()
    groups = next(menu for menu in stage.header.findChildren(QMenu) if menu.title() == "Group by")
    ticked = [action.text() for action in groups.actions() if action.isChecked()]
    next(action for action in groups.actions() if action.text() == "Task").trigger()
    groups.close()

    assert ticked == ["Agent"]
    assert chosen == [GroupBy.TASK]
    assert len(groups.actions()) == len(GroupBy)
