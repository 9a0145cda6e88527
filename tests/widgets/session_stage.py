"""A sessions window on a stage: what is shown, what is pressed, what comes out."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop.domain.board import Row
from desktop.domain.phase import Phase
from desktop.domain.settings import Answering, ColourScheme, Settings
from desktop.windows.answer_button import AnswerButton
from desktop.windows.session_window import SessionWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, board, permission, row

FAST = Settings(answering=Answering(arming_ms=300))


class Stage:
    """A session window and what came out of it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.theme = Theme(ColourScheme.LIGHT)
        self.now = NOW
        self.window = SessionWindow(self.theme, lambda: self.now)
        self.window.show_settings(FAST)
        self.list = self.window.session_list
        self.out: list[object] = []
        self.window.intent_made.connect(self.out.append)
        qtbot.addWidget(self.window)

    def shows(self, *rows: Row) -> None:
        """Show a board in an active window."""
        self.window.show_board(board(*rows))
        with self.qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)

    def presses(self, keys: str) -> None:
        """Type where the focus is."""
        self.qtbot.keyClicks(QApplication.focusWidget() or self.window, keys)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press one key where the focus is."""
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def button(self, words: str) -> AnswerButton:
        """The visible button that says *words*."""
        buttons = self.window.findChildren(AnswerButton)
        return next(one for one in buttons if one.isVisible() and one.accessibleName() == words)

    def clicks(self, words: str) -> None:
        """Click it, the pointer having come from elsewhere."""
        self.qtbot.mouseClick(self.button(words), Qt.MouseButton.LeftButton)

    def says(self, words: str) -> bool:
        """Whether a visible label holds *words*."""
        return any(words in label.text() for label in self.window.findChildren(QLabel) if label.isVisible())


def asking(number: int = 1, request: str = "r1", **changes: object) -> Row:
    """A session that asks to run a command."""
    asked = permission(f"robot:{number}", request=request)
    made = row(number, Phase.NEEDS_APPROVAL, f"Session {number}", asked)
    return replace(made, **changes)  # type: ignore[arg-type]


def prompting(number: int = 1) -> Row:
    """A session whose turn is over, and that takes a prompt."""
    made = row(number, Phase.YOUR_TURN, f"Session {number}", line="Done.")
    return replace(made, can_prompt=True, prompt_channel="Arrives as a message from another session.")
