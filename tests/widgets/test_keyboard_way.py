"""With Tab one goes through the opened card as it is read: from the text over what belongs to it to the answers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme, DescribedAgent, Settings
from desktop.windows.answer_button import AnswerButton
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT
from tests.widgets.gallery_windows import SCENES
from tests.widgets.session_stage import Stage

HEADER = ["Filter", "Keep as a mini window", "Menu", "Sessions"]
MOST_STOPS = 40


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    return Stage(qtbot)


def _focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def _way(qtbot: QtBot) -> list[str]:
    """The names of what Tab visits, until it comes round."""
    seen: list[QWidget] = []
    while len(seen) < MOST_STOPS and _focused() not in seen:
        seen.append(_focused())
        qtbot.keyClick(_focused(), Qt.Key.Key_Tab)
    return [_name(widget) for widget in seen]


def _name(widget: QWidget) -> str:
    """What a screen reader says: a button without a name of its own is called by its words."""
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


@pytest.mark.parametrize(
    ("scene", "way"),
    [
        (
            "changed",
            [
                "Complete text of the request",
                "What changed since it last asked",
                "Allow",
                "Deny",
                "Deny with reason…",
                "More answers",
                "Explain",
                "Interrupt",
                "Stop…",
                "Copy resume command",
            ],
        ),
        (
            "plan",
            ["Complete text of the request", "Mode after the plan is approved", "Approve", "Deny", "Send back…"],
        ),
        (
            "turn",
            ["New search, Needs review", "Say something to it", "continue", "run the tests first", "explain why"],
        ),
        ("wordless", ["waits in its terminal", "Connect…", "Copy resume command", "Explain"]),
    ],
)
def test_tab_goes_through_the_card_in_the_order_it_is_read(stage: Stage, scene: str, way: list[str]) -> None:
    stage.shows(*SCENES[scene]().rows)
    stage.window.open_session(SCENES[scene]().rows[0].session)
    card = stage.list.card
    if card is not None and card.request is not None and card.request.is_answerable:
        stage.qtbot.waitUntil(lambda: card.request_view.can_allow)

    gone = _way(stage.qtbot)

    assert gone[: len(way)] == way
    assert gone[-len(HEADER) :] == HEADER


@pytest.mark.parametrize("scene", [name for name in SCENES if name not in ("none", "locked")])
def test_whatever_takes_the_focus_has_a_name(stage: Stage, scene: str) -> None:
    stage.shows(*SCENES[scene]().rows)

    assert all(_way(stage.qtbot))


@pytest.mark.parametrize("tab", range(6))
def test_every_page_of_the_settings_is_reached_by_tab(qtbot: QtBot, tab: int) -> None:
    theme = Theme(ColourScheme.LIGHT)
    window = SettingsWindow(theme)
    qtbot.addWidget(window)
    window.show_agents(((AGENT, "Robot", False), (AGENT, "Other", True)))
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window._tabs.setCurrentIndex(tab)
    window._tabs.tabBar().setFocus()

    way = _way(qtbot)

    assert len(way) >= 2
    assert all(way[1:])


def test_lists_in_the_settings_and_their_forms_are_visited_as_they_are_read(qtbot: QtBot) -> None:
    window = SettingsWindow(Theme(ColourScheme.LIGHT))
    qtbot.addWidget(window)
    window.show_settings(Settings(agents=(DescribedAgent("Mine"),)))
    window.show_agents(((AGENT, "Robot", False),))
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window._tabs.tabBar().setFocus()
    assert _way(qtbot)[1:] == ["Robot: Connect…", "Mine: Edit…", "Mine: Remove…", "Add an agent…"]

    button = next(one for one in window.findChildren(AnswerButton) if one.accessibleName() == "Add an agent…")
    qtbot.keyClick(button, Qt.Key.Key_Space)
    way = _way(qtbot)
    assert way[0] == "Name"
    assert way[-1] == "Start from an example"  # stands above the name, where the cursor begins
    assert way[9:13] == ["It failed", "Try on a file…", "Save", "Cancel"]
