"""The page that lists the keys."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.keys_page import KeysPage
from desktop.windows.theme import Theme


def test_every_key_has_a_meaning_and_the_page_can_be_left(qtbot: QtBot) -> None:
    theme, frame, left = Theme(ColourScheme.LIGHT), QWidget(), []
    qtbot.addWidget(frame)
    page = KeysPage(theme, frame)
    page.closed.connect(lambda: left.append(True))

    told = [label.text() for label in page.findChildren(QLabel)]
    qtbot.mouseClick(page.findChildren(AnswerButton)[0], Qt.MouseButton.LeftButton)

    assert {"d", "deny", "n", "next session that needs you", "?"} <= set(told)
    assert all(told)
    assert left == [True]


def test_the_focus_goes_to_the_way_out(qtbot: QtBot) -> None:
    theme, frame = Theme(ColourScheme.LIGHT), QWidget()
    qtbot.addWidget(frame)
    page = KeysPage(theme, frame)
    with qtbot.waitExposed(frame):
        frame.show()
    frame.activateWindow()

    page.focus_close()

    qtbot.waitUntil(page.findChildren(AnswerButton)[0].hasFocus)
