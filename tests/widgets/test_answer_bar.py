"""The buttons that allow and deny."""

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.answer_bar import AnswerBar
from desktop.windows.theme import Theme


@pytest.fixture
def bar(qtbot: QtBot) -> AnswerBar:
    theme = Theme(ColourScheme.LIGHT)
    made = AnswerBar(theme, None)  # type: ignore[arg-type]  # a window here
    made.theme = theme  # type: ignore[attr-defined]  # lives as long
    qtbot.addWidget(made)
    return made


def test_each_button_tells_what_was_asked(bar: AnswerBar) -> None:
    told: list[str] = []
    for name in ("allowed", "denied", "reason_asked", "stop_asked", "copy_asked"):
        getattr(bar, name).connect(lambda *_, name=name: told.append(name))
    more = bar.findChild(QToolButton).menu()

    for button in (bar.allow, bar.deny, bar.with_reason):
        button.click()
    for action in more.actions():
        action.trigger()

    assert told == ["allowed", "denied", "reason_asked", "stop_asked", "copy_asked"]


@pytest.mark.parametrize(
    ("is_plan", "is_busy", "names"),
    [
        (False, False, ["Allow", "Deny", "Deny with reason…"]),
        (True, False, ["Approve", "Deny", "Send back…"]),
        (False, True, ["Sending…", "Deny", "Deny with reason…"]),
    ],
)
def test_buttons_are_named_after_what_they_do(bar: AnswerBar, is_plan: bool, is_busy: bool, names: list[str]) -> None:
    bar.show_state(is_plan=is_plan, is_busy=is_busy, may_answer=not is_busy, can_allow=False)

    assert [button.accessibleName() for button in (bar.allow, bar.deny, bar.with_reason)] == names
    assert not bar.allow.isEnabled()
    assert bar.deny.isEnabled() is not is_busy
