"""The buttons under a request that is allowed or denied; the safe one is as easy to reach as the other."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from desktop.windows.answer_button import AnswerButton
from desktop.windows.theme import CONTROL_HEIGHT, SMALL, Button, Theme


class AnswerBar(QWidget):
    """Says what was pressed; what comes of it is the view's to decide."""

    allowed = Signal()
    denied = Signal()
    reason_asked = Signal()
    stop_asked = Signal()
    copy_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.allow = AnswerButton(theme, self.tr("Allow"), self.tr("Ctrl+⏎"), Button.PRIMARY, self)
        self.deny = AnswerButton(theme, self.tr("Deny"), "D", Button.PLAIN, self)
        self.with_reason = AnswerButton(theme, self.tr("Deny with reason…"), "R", Button.PLAIN, self)
        self._more = QToolButton(self)
        self._more.setText("⋯")
        self._more.setAccessibleName(self.tr("More answers"))
        self._more.setToolTip(self.tr("More answers"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setFixedSize(CONTROL_HEIGHT, CONTROL_HEIGHT)
        menu = QMenu(self._more)
        stop, copy = QAction(self.tr("Deny and stop the turn"), menu), QAction(self.tr("Copy the text"), menu)
        menu.addActions([stop, copy])
        self._more.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.allow, 1)
        for button in (self.deny, self.with_reason, self._more):
            row.addWidget(button)
        self.allow.clicked.connect(self.allowed)
        self.deny.clicked.connect(self.denied)
        self.with_reason.clicked.connect(self.reason_asked)
        stop.triggered.connect(self.stop_asked)
        copy.triggered.connect(self.copy_asked)

    def show_state(self, *, is_plan: bool, is_busy: bool, may_answer: bool, can_allow: bool) -> None:
        """Name the buttons after what they do, and enable what can be pressed."""
        resting = self.tr("Approve") if is_plan else self.tr("Allow")
        self.allow.set_label(self.tr("Sending…") if is_busy else resting)
        self.with_reason.set_label(self.tr("Send back…") if is_plan else self.tr("Deny with reason…"))
        self.allow.setEnabled(can_allow)
        for button in (self.deny, self.with_reason, self._more):
            button.setEnabled(may_answer)
