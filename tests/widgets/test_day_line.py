"""The line that sums up the day."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.day_line import DayLine
from desktop.windows.theme import Theme


def test_it_is_needed_while_it_says_something(qtbot: QtBot) -> None:
    theme = Theme(ColourScheme.LIGHT)
    line = DayLine(theme, None)  # type: ignore[arg-type]  # a window here
    qtbot.addWidget(line)
    assert line.isHidden()
    assert not line.is_needed

    line.say("Today\n41 min blocked")
    assert line.is_needed
    assert line.findChild(QLabel).text() == "Today 41 min blocked"

    line.say("")
    assert not line.is_needed
