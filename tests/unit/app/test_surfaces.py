"""Tray and windows as one: what a person does in any of them comes out at one place, and all show the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QSystemTrayIcon, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.app import surfaces as surfaces_module
from desktop.app.surfaces import Surfaces
from desktop.app.window_state import WindowState
from desktop.domain.board import Board
from desktop.domain.notices import Capabilities, NoticeClass, Urgency
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, MarkSeen, OpenRequest
from desktop.domain.settings import Answering, ColourScheme, GroupBy, Look, Settings, Task
from desktop.storage.hook_setup import Plan
from desktop.windows.answer_button import AnswerButton
from desktop.windows.mini_place import MiniSize
from desktop.windows.mini_window import MiniWindow
from desktop.windows.session_window import SessionWindow
from desktop.windows.settings_window import SettingsWindow
from tests.widgets.boards import AGENT, board, permission, row

# WORKAROUND: Qt 6.12's X11 tray code asks the offscreen platform for a signal that only xcb has.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")

NOW = datetime.now(UTC)
SETTINGS = Settings(answering=Answering(arming_ms=300), look=Look(scheme=ColourScheme.LIGHT))


def plan(name: str, *, is_connecting: bool = True) -> Plan:
    return Plan(Path(f"/{name}.json"), b"{}", b'{"a":1}', f"+ {name}", Path(f"/{name}.record"), is_connecting)


class Stage:
    """The surfaces, and all that came out of them."""

    def __init__(self, qtbot: QtBot, state: WindowState, settings: Settings = SETTINGS) -> None:
        self.qtbot = qtbot
        self.surfaces = Surfaces(settings, state)
        self.intents: list[tuple[object, str]] = []
        self.asked: list[tuple[object, ...]] = []
        self.surfaces.intent_made.connect(lambda intent, surface: self.intents.append((intent, surface)))
        self.surfaces.diff_asked.connect(lambda kind, removes: self.asked.append(("diff", kind, removes)))
        self.surfaces.connection_asked.connect(lambda plans: self.asked.append(("connection", plans)))
        self.surfaces.resume_copied.connect(lambda session: self.asked.append(("resume", session)))
        self.surfaces.settings_changed.connect(lambda settings: self.asked.append(("settings", settings)))
        self.surfaces.test_asked.connect(lambda: self.asked.append(("test",)))
        self.surfaces.window_shown.connect(lambda: self.asked.append(("window shown",)))
        self.surfaces.quit_asked.connect(lambda: self.asked.append(("quit",)))

    @property
    def window(self) -> SessionWindow:
        return self.surfaces._window

    @property
    def mini(self) -> MiniWindow:
        assert self.surfaces._mini is not None
        return self.surfaces._mini

    @property
    def settings_window(self) -> SettingsWindow:
        assert self.surfaces._settings_window is not None
        return self.surfaces._settings_window

    @property
    def icon(self) -> QSystemTrayIcon:
        icon = self.surfaces.findChild(QSystemTrayIcon)
        assert isinstance(icon, QSystemTrayIcon)
        return icon

    def menu(self, label: str) -> None:
        """Choose from the menu of the icon."""
        actions = self.icon.contextMenu().actions()
        next(action for action in actions if label in action.text()).trigger()

    def clicks(self, window: QWidget, words: str) -> None:
        buttons = window.findChildren(AnswerButton)
        button = next(one for one in buttons if one.isVisible() and one.accessibleName() == words)
        self.qtbot.waitUntil(button.isEnabled)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def says(self, window: QWidget, words: str) -> bool:
        return any(one.isVisible() and words in one.text() for one in window.findChildren(QLabel))

    def diff(self, window: SessionWindow | SettingsWindow) -> str:
        """What the page with the diff shows, if it is there."""
        view = window.connect_view
        return view.findChild(QPlainTextEdit).toPlainText() if view.isVisible() else ""

    def ends(self) -> None:
        self.surfaces.stop()
        for window in (self.surfaces._window, self.surfaces._mini, self.surfaces._settings_window):
            if window is not None:
                window.deleteLater()

    def fronts(self) -> None:
        self.surfaces.show_window("")
        self.qtbot.waitUntil(self.window.isActiveWindow)


@pytest.fixture
def state(tmp_path: Path) -> WindowState:
    return WindowState(tmp_path / "windows.json")


@pytest.fixture
def stage(qtbot: QtBot, state: WindowState) -> Iterator[Stage]:
    made = Stage(qtbot, state)
    yield made
    made.ends()


def waiting() -> Board:
    asks = row(1, Phase.NEEDS_APPROVAL, "Refunds", permission(now=NOW), since=NOW - timedelta(minutes=4))
    return board(asks, row(2, since=NOW), now=NOW)


def unconnected() -> Board:
    return replace(waiting(), agents_seen=((AGENT, "Robot", False),))


# -- boards


def test_every_surface_shows_the_board_those_included_that_open_later(stage: Stage) -> None:
    stage.surfaces.show_board(waiting(), NOW)
    stage.fronts()
    stage.menu("Mini window")

    assert stage.icon.toolTip().startswith("1 needs you")
    assert stage.says(stage.window, "1 session needs you")
    assert stage.says(stage.mini, "Refunds")
    stage.surfaces.show_board(board(row(2, since=NOW), now=NOW), NOW)
    assert stage.says(stage.window, "Nothing needs you")
    assert not stage.says(stage.mini, "Refunds")


def test_the_sum_of_the_day_is_at_the_foot(stage: Stage) -> None:
    stage.fronts()

    stage.surfaces.show_today("Today: agents waited 4 min")

    assert stage.says(stage.window, "Today: agents waited 4 min")


# -- the window


def test_a_click_on_the_icon_shows_the_window_and_the_second_puts_it_away(stage: Stage) -> None:
    stage.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    assert set(stage.asked) == {("window shown",)}

    stage.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)

    assert not stage.window.isVisible()
    stage.icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert stage.window.isVisible()


def test_a_window_that_others_cover_comes_forward_at_a_click_instead_of_going_away(stage: Stage, qtbot: QtBot) -> None:
    stage.fronts()
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)

    stage.surfaces.toggle_window()

    assert stage.window.isVisible()
    qtbot.waitUntil(stage.window.isActiveWindow)


def test_a_minimised_window_is_raised_by_a_second_start(stage: Stage) -> None:
    stage.fronts()
    stage.window.showMinimized()

    stage.surfaces.show_window("token")

    assert not stage.window.isMinimized()
    assert stage.window.isVisible()


def test_the_window_opens_inside_the_screen(stage: Stage) -> None:
    stage.fronts()

    assert QApplication.primaryScreen().availableGeometry().contains(stage.window.geometry())


def test_fault_18_without_a_tray_the_window_is_shown_after_a_while(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surfaces_module, "TRAY_GRACE_MS", 1)
    assert not stage.surfaces._tray.is_available

    stage.surfaces.start(shows_window=False)

    assert not stage.window.isVisible()
    stage.qtbot.waitUntil(stage.window.isVisible)


def test_fault_18_a_tray_that_goes_later_and_stays_away_leaves_the_window(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surfaces_module, "TRAY_GRACE_MS", 1)
    tray = stage.surfaces._tray
    tray._is_available = True
    stage.surfaces.start(shows_window=False)

    tray._on_host_poll_timeout()  # and there is no host here

    stage.qtbot.waitUntil(stage.window.isVisible)


def test_fault_18_a_tray_that_comes_within_the_while_is_enough(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfaces_module, "TRAY_GRACE_MS", 1)
    with stage.qtbot.waitSignal(stage.surfaces._grace.timeout):
        stage.surfaces.start(shows_window=False)
        stage.surfaces._tray._is_available = True  # as the poll of the host finds it

    assert not stage.window.isVisible()


def test_the_first_start_of_all_shows_the_window(stage: Stage) -> None:
    stage.surfaces.start(shows_window=True)

    assert stage.window.isVisible()
    assert stage.asked == [("window shown",)]


def test_a_request_chosen_in_the_menu_is_opened_in_the_window(stage: Stage) -> None:
    stage.surfaces.show_board(waiting(), NOW)

    stage.menu("Refunds")

    assert stage.window.isVisible()
    assert (OpenRequest(permission(now=NOW).id), "window") in stage.intents
    card = stage.window.session_list.card
    assert card is not None
    assert card.row is not None
    assert card.row.session == "robot:1"


@pytest.mark.parametrize("types", [False, True])
def test_a_notification_opens_its_session_ready_to_decide_or_to_type(stage: Stage, types: bool) -> None:
    rows = waiting().rows
    prompted = board(replace(rows[0], requests=(), can_prompt=True, phase=Phase.YOUR_TURN), rows[1], now=NOW)
    stage.surfaces.show_board(prompted, NOW)
    stage.fronts()

    stage.surfaces.show_session(rows[0].session, types=types, text="")

    card = stage.window.session_list.card
    assert card is not None
    assert card.row is not None
    assert card.row.session == rows[0].session
    assert isinstance(QApplication.focusWidget(), QPlainTextEdit) == types


def test_an_intent_says_which_surface_it_came_from(stage: Stage) -> None:
    stage.surfaces.start(shows_window=False)
    done = board(row(3, Phase.NEEDS_REVIEW, "Search", since=NOW), row(1, since=NOW), now=NOW)
    stage.surfaces.show_board(done, NOW)

    stage.menu("Mark all as read")

    assert stage.intents == [(MarkSeen(done.rows[0].session), "tray")]


def test_an_allow_in_the_window_is_an_intent_of_the_window(stage: Stage) -> None:
    stage.surfaces.start(shows_window=False)
    stage.surfaces.show_board(waiting(), NOW)
    stage.fronts()
    request = waiting().rows[0].requests[0]
    stage.surfaces.show_session(request.session, types=False, text="")

    stage.clicks(stage.window, "Allow")

    assert stage.intents[-1] == (Allow(request.session, request.id, request.digest), "window")


@pytest.mark.parametrize("place", ["tray", "window"])
def test_quitting_is_asked_for_from_tray_and_window(stage: Stage, place: str) -> None:
    if place == "tray":
        stage.menu("Quit")
    else:
        stage.window._header._menu.aboutToShow.emit()
        stage.window._header._menu.actions()[-1].trigger()

    assert stage.asked == [("quit",)]


def test_a_copied_resume_command_is_passed_on(stage: Stage) -> None:
    stage.window.resume_copied.emit(row(1).session)

    assert stage.asked == [("resume", "robot:1")]


# -- connecting


def test_who_comes_back_to_the_window_sees_what_was_connected_elsewhere(stage: Stage, qtbot: QtBot) -> None:
    stage.fronts()
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    stage.asked.clear()

    stage.window.activateWindow()
    qtbot.waitUntil(stage.window.isActiveWindow)

    assert set(stage.asked) == {("window shown",)}


def test_what_was_shown_is_what_is_asked_for(stage: Stage) -> None:
    stage.surfaces.show_board(unconnected(), NOW)
    stage.surfaces.show_connections({AGENT: "Robot"}, {AGENT: False})
    stage.fronts()
    stage.asked.clear()
    shown = [plan("first"), plan("second")]

    stage.clicks(stage.window, "Connect…")
    assert stage.asked == [("diff", AGENT, False)]
    stage.surfaces.show_diff(AGENT, shown, "", removes=False)
    assert stage.diff(stage.window) == "+ first\n+ second"
    stage.clicks(stage.window, "Connect")

    assert stage.asked[1:] == [("connection", shown)]


def test_an_agent_that_is_connected_is_offered_its_disconnection(stage: Stage) -> None:
    stage.surfaces.show_connections({AGENT: "Robot"}, {AGENT: True})
    stage.menu("Settings")

    stage.clicks(stage.settings_window, "Robot: Disconnect…")
    stage.surfaces.show_diff(AGENT, [plan("gone", is_connecting=False)], "", removes=True)
    stage.clicks(stage.settings_window, "Disconnect")

    assert stage.asked == [("diff", AGENT, True), ("connection", [plan("gone", is_connecting=False)])]


def test_each_window_does_what_it_shows_though_both_show_a_diff(stage: Stage) -> None:
    stage.surfaces.show_board(unconnected(), NOW)
    stage.surfaces.show_connections({AGENT: "Robot"}, {AGENT: False})
    stage.fronts()
    stage.clicks(stage.window, "Connect…")
    stage.surfaces.show_diff(AGENT, [plan("in the window")], "", removes=False)
    stage.menu("Settings")
    stage.clicks(stage.settings_window, "Robot: Connect…")
    stage.surfaces.show_diff(AGENT, [plan("in the settings")], "", removes=False)
    stage.asked.clear()

    stage.clicks(stage.window, "Connect")
    stage.surfaces.show_diff_trouble("It cannot be written.")

    assert stage.asked == [("connection", [plan("in the window")])]
    assert stage.says(stage.window, "It cannot be written.")
    assert not stage.says(stage.settings_window, "It cannot be written.")


def test_what_went_wrong_is_said_where_the_person_pressed(stage: Stage) -> None:
    stage.surfaces.connection_asked.connect(lambda _: stage.surfaces.show_diff_trouble("The disk is full."))
    stage.surfaces.show_board(unconnected(), NOW)
    stage.fronts()
    stage.clicks(stage.window, "Connect…")
    stage.surfaces.show_diff(AGENT, [plan("first")], "", removes=False)

    stage.clicks(stage.window, "Connect")

    assert stage.says(stage.window, "The disk is full.")
    assert stage.diff(stage.window) == "+ first"


def test_what_was_done_leads_back_to_the_sessions_and_cannot_be_asked_for_again(stage: Stage) -> None:
    stage.surfaces.connection_asked.connect(lambda _: stage.surfaces.close_diff())
    stage.surfaces.show_board(unconnected(), NOW)
    stage.fronts()
    stage.clicks(stage.window, "Connect…")
    stage.surfaces.show_diff(AGENT, [plan("first")], "", removes=False)
    stage.clicks(stage.window, "Connect")
    assert stage.diff(stage.window) == ""
    stage.asked.clear()

    stage.window.connect_asked.emit(AGENT)

    assert stage.asked == [("connection", [])]


def test_a_diff_that_cannot_be_made_is_explained_and_nothing_can_be_pressed(stage: Stage) -> None:
    stage.surfaces.show_board(unconnected(), NOW)
    stage.fronts()
    stage.clicks(stage.window, "Connect…")

    stage.surfaces.show_diff(AGENT, [], "settings.json is not valid JSON, line 3.", removes=False)

    assert stage.says(stage.window, "settings.json is not valid JSON, line 3.")
    enabled = [
        one.accessibleName()
        for one in stage.window.connect_view.findChildren(AnswerButton)
        if one.isVisible() and one.isEnabled()
    ]
    assert enabled == ["Not now"]


# -- the mini window


def test_the_mini_window_comes_and_goes_with_the_menu(stage: Stage) -> None:
    stage.menu("Mini window")
    assert stage.mini.isVisible()

    stage.menu("Mini window")

    assert not stage.mini.isVisible()


@pytest.mark.parametrize("is_open", [True, False])
def test_attack_40_behind_a_locked_screen_no_window_shows_what_is_asked(stage: Stage, is_open: bool) -> None:
    stage.surfaces.show_board(board(row(1, Phase.NEEDS_APPROVAL, "Refunds", permission())), NOW)
    stage.surfaces.show_window("")
    if is_open:
        stage.menu("Mini window")

    stage.surfaces.show_locked(is_locked=True)
    if not is_open:
        stage.menu("Mini window")

    for window in (stage.mini, stage.window):
        assert stage.says(window, "The screen is locked")
        assert not stage.says(window, "Refunds")
    stage.surfaces.show_locked(is_locked=False)
    assert stage.says(stage.mini, "Refunds")


def test_where_the_mini_window_was_put_is_remembered(stage: Stage, state: WindowState, qtbot: QtBot) -> None:
    stage.menu("Mini window")
    corner = stage.mini.area.rect.topLeft()
    stage.mini.move(corner + QPoint(30, 40))
    stage.mini.set_size(MiniSize.PILL)

    assert state.get("mini") == {"screen": stage.mini.place.screen, "x": 30, "y": 40, "size": "pill"}
    later = Stage(qtbot, state)
    later.menu("Mini window")
    assert later.mini.place == stage.mini.place
    assert later.mini.pos() == corner + QPoint(30, 40)
    later.ends()


@pytest.mark.parametrize(
    "kept",
    [
        {"screen": 3, "x": 1, "y": 1, "size": "pill"},
        {"screen": "DP-9", "x": "1", "y": 1, "size": "pill"},
        {"x": 1},
        {"screen": "gone", "x": 10**9, "y": -(10**9), "size": "huge"},
    ],
)
def test_a_place_that_makes_no_sense_leaves_the_mini_window_on_the_screen(
    qtbot: QtBot, state: WindowState, kept: dict[str, object]
) -> None:
    state.put("mini", kept)
    stage = Stage(qtbot, state)

    stage.menu("Mini window")

    assert stage.mini.place.size is MiniSize.LINE
    assert QApplication.primaryScreen().geometry().contains(stage.mini.geometry().topLeft())
    stage.ends()


def test_a_wish_for_the_mini_window_is_followed_at_start_and_when_it_changes(qtbot: QtBot, state: WindowState) -> None:
    wanted = replace(SETTINGS, look=replace(SETTINGS.look, mini_window=True, mini_opacity=40))
    stage = Stage(qtbot, state, wanted)
    stage.surfaces.start(shows_window=False)
    assert stage.mini.isVisible()
    assert stage.mini._opacity == 0.4

    stage.surfaces.show_settings(replace(wanted, look=replace(wanted.look, mini_opacity=90)))
    assert stage.mini._opacity == 0.9
    stage.surfaces.show_settings(SETTINGS)
    assert not stage.mini.isVisible()

    stage.ends()


def test_what_is_asked_in_the_mini_window_leads_to_the_window(stage: Stage) -> None:
    stage.surfaces.show_board(waiting(), NOW)
    stage.menu("Mini window")

    stage.mini.window_asked.emit()
    assert stage.window.isVisible()
    stage.mini.request_chosen.emit(waiting().rows[0].requests[0])
    assert stage.window.session_list.card is not None

    stage.mini.intent_made.emit(OpenRequest(None))
    assert stage.intents[-1] == (OpenRequest(None), "mini window")
    stage.mini.dismissed.emit()
    assert not stage.mini.isVisible()


# -- settings


def test_the_settings_window_shows_what_is_known_also_what_comes_later(stage: Stage) -> None:
    stage.surfaces.show_backend(Capabilities("freedesktop", server="dunst 1.9"), [("plyer", "not needed")])
    stage.menu("Settings")
    stage.settings_window._tabs.setCurrentIndex(1)
    assert stage.says(stage.settings_window, "freedesktop dunst 1.9")
    assert stage.says(stage.settings_window, "plyer: not needed")

    stage.surfaces.show_backend(Capabilities("none"), [])
    assert stage.says(stage.settings_window, "shown by none")
    stage.surfaces.show_connections({AGENT: "Robot"}, {})
    stage.settings_window._tabs.setCurrentIndex(0)
    stage.clicks(stage.settings_window, "Robot: Connect…")
    assert stage.asked == [("diff", AGENT, False)]


def test_there_is_one_settings_window_however_often_it_is_asked_for(stage: Stage) -> None:
    stage.menu("Settings")
    first = stage.settings_window
    first.close()

    stage.window.settings_asked.emit()

    assert stage.settings_window is first
    assert first.isVisible()


def test_changed_settings_and_a_test_notification_are_passed_on(stage: Stage) -> None:
    stage.menu("Settings")

    stage.settings_window.settings_changed.emit(Settings())
    stage.settings_window.test_asked.emit()

    assert stage.asked == [("settings", Settings()), ("test",)]


def test_the_test_notification_can_answer_nothing(stage: Stage) -> None:
    notice = stage.surfaces.test_notice()

    assert (notice.kind, notice.urgency) == (NoticeClass.DECISION, Urgency.CRITICAL)
    assert (notice.session, notice.request) == (None, None)


# -- the end


def test_at_the_end_nothing_is_left_on_the_screen(stage: Stage) -> None:
    stage.fronts()
    stage.menu("Mini window")
    stage.menu("Settings")

    stage.surfaces.stop()

    assert not stage.icon.isVisible()
    assert not any(one.isVisible() for one in (stage.window, stage.mini, stage.settings_window))


def test_no_button_of_the_windows_is_without_a_way_in_the_tray(stage: Stage) -> None:
    labels = {action.text() for action in stage.icon.contextMenu().actions() if isinstance(action, QAction)}

    assert {"Sessions", "Mini window", "Settings…", "Quit"} <= labels
    assert stage.window.findChildren(QToolButton)


def test_the_window_is_built_when_it_is_first_opened_and_knows_all_that_was_told_before(stage: Stage) -> None:
    stage.surfaces.start(shows_window=False)
    stage.surfaces.show_today("3 min of waiting")
    stage.surfaces.show_board(waiting(), NOW)
    assert stage.surfaces._made_window is None

    stage.surfaces.toggle_window()

    assert stage.says(stage.window, "3 min of waiting")
    assert stage.window.session_list.session_model.rowCount() > 0


def test_a_window_that_is_built_behind_a_locked_screen_shows_nothing(stage: Stage) -> None:
    stage.surfaces.show_today("3 min of waiting")
    stage.surfaces.show_locked(is_locked=True)

    stage.surfaces.toggle_window()

    assert not stage.says(stage.window, "3 min of waiting")


def test_what_the_window_is_grouped_by_and_a_task_made_there_become_settings(stage: Stage) -> None:
    stage.surfaces.show_window("")
    stage.window.group_chosen.emit(GroupBy.TASK)
    stage.window.task_made.emit("Refunds")

    look = replace(SETTINGS.look, group_by=GroupBy.TASK)
    assert ("settings", replace(SETTINGS, look=look)) in stage.asked
    assert ("settings", replace(SETTINGS, tasks=(Task("Refunds"),))) in stage.asked
