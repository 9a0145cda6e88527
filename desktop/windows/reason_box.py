"""Takes the reason of a no, or what a plan is sent back with."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.theme import SMALL, Theme


class ReasonBox(QWidget):
    """Hidden until it is asked for, or while there is a draft."""

    submitted = Signal(str)  # what was typed, never empty
    given_up = Signal()
    draft_changed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._edit = DraftEdit(theme, self.tr("Tell the agent why, or what to do instead"), self)
        self.send = AnswerButton(theme, self.tr("Deny with this reason"), self.tr("Ctrl+⏎"), parent=self)
        self._keep = AnswerButton(theme, self.tr("Cancel"), parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.send)
        buttons.addWidget(self._keep)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(self._edit)
        layout.addLayout(buttons)
        self.hide()
        self.send.clicked.connect(self._on_submitted)
        self._edit.submitted.connect(self._on_submitted)
        self._keep.clicked.connect(self._on_given_up)
        self._edit.given_up.connect(self._on_given_up)
        self._edit.textChanged.connect(self._on_text_changed)

    def show_draft(self, draft: str, *, is_plan: bool) -> None:
        """Begin with *draft*; an empty one puts the box away."""
        self.send.set_label(self.tr("Send back") if is_plan else self.tr("Deny with this reason"))
        self._edit.blockSignals(True)
        self._edit.setPlainText(draft)
        self._edit.blockSignals(False)
        self._edit.updateGeometry()
        self.setVisible(bool(draft))

    def open(self) -> None:
        """Take what is typed from now on."""
        self.show()
        self._edit.setFocus()

    @Slot()
    def _on_submitted(self) -> None:
        reason = self._edit.toPlainText().strip()
        if reason:
            self.submitted.emit(reason)

    @Slot()
    def _on_given_up(self) -> None:
        self.hide()
        self.given_up.emit()

    @Slot()
    def _on_text_changed(self) -> None:
        self.draft_changed.emit(self._edit.toPlainText())
