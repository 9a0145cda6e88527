"""Under a request that cannot be answered from here: why, what is known of it all the same, and what would help."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.board import Row
from desktop.domain.requests import Request
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import SMALL, Ink, Theme, Type

_MOST_ROLES = 3


class TerminalNote(QWidget):
    """Shows nothing for a request that can be answered."""

    resume_asked = Signal()
    connect_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._says = WrapLabel(theme, Type.BODY, Ink.TEXT, self)
        self._connect = AnswerButton(theme, self.tr("Connect…"), parent=self)
        self._resume = AnswerButton(theme, self.tr("Copy resume command"), parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for button in (self._connect, self._resume):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(self._says)
        layout.addLayout(buttons)
        self.hide()
        self._resume.clicked.connect(self.resume_asked)
        self._connect.clicked.connect(self.connect_asked)

    def show_request(self, request: Request, row: Row) -> None:
        """Say what is to be said about *request* of *row*."""
        would_connect = not row.is_connected and request.is_verified
        told = [*self._known(request, row), self._why_not(request)]
        if would_connect:
            told.append(self._what_connecting_brings(request, row))
        self._says.setText(" ".join(part for part in told if part))
        self._resume.setVisible(bool(row.resume_command))
        self._connect.setVisible(would_connect)
        self.setVisible(not request.is_answerable)

    def _known(self, request: Request, row: Row) -> list[str]:
        if request.text or request.questions:
            return []
        known = [self.tr("What it asks is told in its terminal only.")]
        if row.subagents:
            roles = ", ".join(text.isolate(text.one_line(helper.role, 40)) for helper in row.subagents[:_MOST_ROLES])
            said = (
                self.tr("Its subagent {roles} is running and may be the one that asks.")
                if len(row.subagents) == 1
                else self.tr("Its subagents {roles} are running; one of them may be asking.")
            )
            known.append(said.replace("{roles}", roles))
        return known

    def _why_not(self, request: Request) -> str:
        reason = text.clean(request.why_not, 400) or self.tr("It cannot be answered from here.")
        return reason if self.tr("terminal") in reason else f"{reason} " + self.tr("Answer it in its terminal.")

    def _what_connecting_brings(self, request: Request, row: Row) -> str:
        said = (
            self.tr("Once {agent} is connected, you can answer such requests here too.")
            if request.text or request.questions
            else self.tr("Once {agent} is connected, such requests are shown here in full and can be answered here.")
        )
        return said.replace("{agent}", text.isolate(text.one_line(row.agent_label, 60)))
