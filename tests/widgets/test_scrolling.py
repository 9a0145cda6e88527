"""A page that is longer than its window."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.windows.scrolling import scrolling


def test_a_long_page_scrolls_up_and_down_and_is_never_wider_than_its_place(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    body = QWidget()
    column = QVBoxLayout(body)
    for number in range(60):
        column.addWidget(QLabel(f"line {number}"))
    area = scrolling(body, window)
    area.resize(200, 100)
    window.show()

    assert area.verticalScrollBar().maximum() > 0
    assert area.horizontalScrollBar().maximum() == 0
