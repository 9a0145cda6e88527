"""The settings as a person sees and changes them."""

import dataclasses
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import Backend, ColourScheme, Settings
from desktop.windows.answer_button import AnswerButton
from desktop.windows.marks import Number
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT


@pytest.fixture
def window(qtbot: QtBot) -> SettingsWindow:
    theme = Theme(ColourScheme.LIGHT)
    made = SettingsWindow(theme)
    theme.setParent(made)
    qtbot.addWidget(made)
    made.show()
    return made


def _control(window: SettingsWindow, name: str) -> QWidget:
    kinds = (QCheckBox, QComboBox, Number, QPlainTextEdit)
    return next(one for kind in kinds for one in window.findChildren(kind) if one.accessibleName() == name)


def _button(window: SettingsWindow, name: str) -> AnswerButton:
    return next(one for one in window.findChildren(AnswerButton) if one.accessibleName() == name)


def test_every_field_of_every_section_has_a_control_with_its_help(window: SettingsWindow) -> None:
    for section in dataclasses.fields(Settings):
        if "record" in section.metadata:
            continue
        for field in dataclasses.fields(getattr(Settings(), section.name)):
            control = _control(window, field.metadata["label"])
            assert control.accessibleDescription() == field.metadata["help"]


def test_a_change_is_given_back_whole_and_once(window: SettingsWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.settings_changed) as changed:
        _control(window, "Finished turns").click()  # type: ignore[attr-defined]
        per_hour = _control(window, "Most per hour")
        per_hour.selectAll()  # type: ignore[attr-defined]
        qtbot.keyClicks(per_hour, "3")
        shown_by = _control(window, "Shown by")
        assert isinstance(shown_by, QComboBox)
        shown_by.setCurrentIndex(shown_by.findData(Backend.BASIC))
        _control(window, "Quick replies").setPlainText("go on\n\n stop \n")  # type: ignore[attr-defined]

    default = Settings()
    assert changed.args == [
        replace(
            default,
            notifications=replace(default.notifications, finished=True, per_hour=3, backend=Backend.BASIC),
            answering=replace(default.answering, quick_replies=("go on", "stop")),
        )
    ]


def test_showing_settings_gives_nothing_back(window: SettingsWindow, qtbot: QtBot) -> None:
    dark = replace(Settings(), look=replace(Settings().look, scheme=ColourScheme.DARK, mini_opacity=40))

    with qtbot.assertNotEmitted(window.settings_changed, wait=600):
        window.show_settings(dark)

    assert _control(window, "Mini window opacity (%)").value() == 40  # type: ignore[attr-defined]


def test_bounds_are_those_of_the_field(window: SettingsWindow) -> None:
    arming = _control(window, "Arming time (ms)")
    assert isinstance(arming, Number)

    assert arming.bounds == (300, 5000)


def test_an_agent_is_connected_only_after_its_diff_was_shown(window: SettingsWindow, qtbot: QtBot) -> None:
    asked: list[object] = []
    connected: list[object] = []
    window.diff_asked.connect(asked.append)
    window.connect_asked.connect(connected.append)
    window.show_agents(((AGENT, "Robot", False),))

    qtbot.mouseClick(_button(window, "Robot: Connect…"), Qt.MouseButton.LeftButton)
    assert (asked, connected) == ([AGENT], [])
    window.show_diff(AGENT, '+ "hooks"')
    qtbot.mouseClick(_button(window, "Connect"), Qt.MouseButton.LeftButton)

    assert connected == [AGENT]


def test_a_connected_agent_can_be_disconnected(window: SettingsWindow, qtbot: QtBot) -> None:
    gone: list[object] = []
    window.disconnect_asked.connect(gone.append)
    window.show_agents(((AGENT, "Robot", True),))
    window.show_diff(AGENT, '- "hooks"', removes=True)

    qtbot.mouseClick(_button(window, "Disconnect"), Qt.MouseButton.LeftButton)

    assert gone == [AGENT]


def test_the_chosen_backend_and_every_refusal_are_read_in_words(window: SettingsWindow) -> None:
    window.show_backend("freedesktop (dunst 1.9)", ("portal: no service",))

    said = "\n".join(label.text() for label in window.findChildren(QLabel))
    assert "freedesktop (dunst 1.9)" in said
    assert "portal: no service" in said


def test_a_test_notification_is_asked_for_by_a_button(window: SettingsWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.test_asked):
        _button(window, "Send a test notification").click()


def test_problems_of_the_file_are_told(window: SettingsWindow) -> None:
    window.show_problems(("settings.toml, line 3: x is not true or false.",))

    assert any("line 3" in label.text() and label.isVisible() for label in window.findChildren(QLabel))
