"""A window with one request in it, on a stage: what is shown, what is clicked, what is sent."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.domain.replies import RequestReply
from desktop.domain.requests import Request
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import Drafts
from desktop.windows.request_text import RequestText
from desktop.windows.request_view import RequestView
from desktop.windows.theme import Theme
from tests.widgets.boards import row

ARMING_MS = 120


class Stage:
    """A window with one request view, and what it sent."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        theme = Theme(ColourScheme.LIGHT)
        self.window = QWidget()
        self.window.theme = theme  # type: ignore[attr-defined]  # lives as long
        self.window.setStyleSheet(theme.stylesheet())
        self.drafts = Drafts()
        self.view = RequestView(theme, self.drafts, ARMING_MS)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.view)
        layout.addStretch()
        self.window.resize(420, 600)
        self.replies: list[RequestReply] = []
        self.view.reply_made.connect(self.replies.append)
        qtbot.addWidget(self.window)

    def shows(self, request: Request) -> None:
        """Show *request* in an active window."""
        phase = Phase.NEEDS_APPROVAL
        self.view.show_request(request, row(1, phase, "Fix refunds", request, cwd="/src/payments-api"))
        with self.qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)

    def updates(self, request: Request) -> None:
        """The board changed."""
        self.view.show_request(request, row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request, cwd="/src/payments-api"))

    def arms(self) -> None:
        """Wait until Allow can be pressed."""
        self.qtbot.waitUntil(lambda: self.view.can_allow)

    def button(self, words: str) -> AnswerButton:
        """The visible button that says *words*."""
        return next(
            one for one in self.view.findChildren(AnswerButton) if one.isVisible() and one.accessibleName() == words
        )

    def clicks(self, words: str) -> None:
        """Move to a button and click it."""
        button = self.button(words)
        QTest.mouseMove(button, QPoint(5, 5))
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def text(self) -> RequestText:
        """Where the text stands."""
        return self.view.findChild(RequestText)

    def says(self, words: str) -> bool:
        """Whether a visible label holds *words*."""
        return any(words in label.text() for label in self.view.findChildren(QLabel) if label.isVisible())
