"""Takes a new prompt for a session whose turn it is, and says honestly how it will arrive."""

from itertools import pairwise

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.board import Row
from desktop.domain.replies import Prompt
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit, Drafts, PutAwayDraft
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import SMALL, Button, Ink, Theme, Type

_MOST_QUICK_REPLIES = 6
_ROW_WIDTH = 380


class ReplyBox(QWidget):
    """One field, quick replies, Send. A draft outlives everything but its being sent or thrown away."""

    reply_made = Signal(object)  # Prompt
    closed = Signal()

    def __init__(self, theme: Theme, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drafts = drafts
        self._row: Row | None = None
        self._is_open = False
        self._edit = DraftEdit(theme, self.tr("Say something to it"), self)
        self._channel = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._send = AnswerButton(theme, self.tr("Send"), self.tr("Ctrl+⏎"), Button.PRIMARY, self)
        self._put_away = PutAwayDraft(theme, self)
        self._quick = QVBoxLayout()
        self._quick.setSpacing(SMALL)
        self._quick_buttons: dict[AnswerButton, str] = {}
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self._send)
        row.addWidget(self._channel, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(self._edit)
        layout.addLayout(self._quick)
        layout.addLayout(row)
        layout.addWidget(self._put_away)
        self._edit.textChanged.connect(self._on_edit_text_changed)
        self._edit.submitted.connect(self._on_submitted)
        self._edit.given_up.connect(self.closed)
        self._send.clicked.connect(self._on_submitted)
        self._put_away.dismissed.connect(self._on_put_away_dismissed)

    def show_row(self, row: Row) -> None:
        """Offer to prompt the session of *row*, if it takes prompts; what was typed stays."""
        is_other = self._row is None or self._row.session != row.session
        self._row = row
        if is_other:
            self._edit.setPlainText(self._drafts[row.session])
        draft = self._edit.toPlainText()
        if self._is_open and not row.can_prompt and draft.strip():
            self._put_away.show_draft(draft, row.reason or self.tr("it takes no prompt now"))
        if row.can_prompt and not self._is_open and self._put_away.draft:
            self._put_away.hide()  # it takes prompts again, and the draft is still in the field
        self._is_open = row.can_prompt
        for widget in (self._edit, self._send, self._channel, *self._quick_buttons):
            widget.setVisible(row.can_prompt)
        self._channel.setText(text.clean(row.prompt_channel, 200))
        self._refresh()
        self.setVisible(row.can_prompt or self._put_away.isVisibleTo(self))

    def show_quick_replies(self, replies: tuple[str, ...]) -> None:
        """Offer these under the field."""
        if tuple(self._quick_buttons.values()) == replies[:_MOST_QUICK_REPLIES]:
            return
        for old in self._quick_buttons:
            old.hide()
            old.deleteLater()
        self._quick_buttons = {}
        used, line = 0, QHBoxLayout()
        for number, reply in enumerate(replies[:_MOST_QUICK_REPLIES]):
            button = AnswerButton(self._theme, reply, parent=self)
            width = button.minimumSizeHint().width() + SMALL
            if number == 0 or used + width > _ROW_WIDTH:
                if number:
                    line.addStretch()
                used, line = 0, QHBoxLayout()
                line.setSpacing(SMALL)
                self._quick.addLayout(line)
            used += width
            line.addWidget(button)
            button.clicked.connect(self._on_quick_clicked)
            self._quick_buttons[button] = reply
            button.setVisible(self._is_open)
        line.addStretch()
        # What is made last would else come last, after everything that can be done to the session.
        for before, after in pairwise([self._edit, *self._quick_buttons, self._send]):
            QWidget.setTabOrder(before, after)

    def focus_edit(self) -> None:
        """Ready to type."""
        self._edit.setFocus()

    def _refresh(self) -> None:
        self._send.setEnabled(self._is_open and bool(self._edit.toPlainText().strip()))

    def _say(self, words_said: str) -> None:
        if self._row is not None and self._is_open and words_said.strip():
            self.reply_made.emit(Prompt(self._row.session, words_said))

    @Slot()
    def _on_edit_text_changed(self) -> None:
        if self._row is not None:
            self._drafts.keep(self._row.session, self._edit.toPlainText())
        self._refresh()

    @Slot()
    def _on_submitted(self) -> None:
        said = self._edit.toPlainText()
        if self._row is not None and self._is_open and said.strip():
            self._edit.clear()
            self._say(said)

    @Slot()
    def _on_quick_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, AnswerButton):
            self._say(self._quick_buttons[button])

    @Slot()
    def _on_put_away_dismissed(self) -> None:
        self._edit.clear()
        self.setVisible(self._is_open)
