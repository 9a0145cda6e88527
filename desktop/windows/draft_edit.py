"""What a person types: a field that grows, and the drafts that live on when the field goes."""

from collections.abc import Hashable

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import MEDIUM, SMALL, TIGHT, Ink, Theme, Type, set_property

_MOST_LINES = 6
_SUBMIT_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Drafts:
    """Half-written texts, by the request or session they are for; kept while the program runs, on no disk."""

    def __init__(self) -> None:
        self._text_by_key: dict[Hashable, str] = {}

    def __getitem__(self, key: Hashable) -> str:
        return self._text_by_key.get(key, "")

    def keep(self, key: Hashable, draft: str) -> None:
        """Remember *draft*; an empty one is forgotten."""
        if draft.strip():
            self._text_by_key[key] = draft
        else:
            self._text_by_key.pop(key, None)


class DraftEdit(QPlainTextEdit):
    """Plain text; Enter breaks the line, Ctrl+Enter submits, Escape gives up."""

    submitted = Signal()
    given_up = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(name)
        self.setFont(theme.font(Type.BODY))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(TIGHT)
        self.textChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        lines = 0
        block = self.document().firstBlock()
        while block.isValid() and lines < _MOST_LINES:
            lines += max(1, block.layout().lineCount())
            block = block.next()
        return QSize(200, max(2, min(lines, _MOST_LINES)) * self.fontMetrics().lineSpacing() + 4 * TIGHT + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        has_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in _SUBMIT_KEYS and has_control:
            if not event.isAutoRepeat():
                self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)
            event.accept()  # a letter typed here is never a key of the window


class PutAwayDraft(QFrame):
    """A draft that can no longer be sent: still to be read, with the reason, and to be copied."""

    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_property(self, "surface", "code")
        self._draft = ""
        self._reason = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._text = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._text.setEnabled(False)
        self._copy = AnswerButton(theme, self.tr("Copy"), parent=self)
        self._dismiss = AnswerButton(theme, self.tr("Discard"), parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._dismiss)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        layout.setSpacing(SMALL)
        layout.addWidget(self._reason)
        layout.addWidget(self._text)
        layout.addLayout(buttons)
        self.hide()
        self._copy.clicked.connect(self._on_copy_clicked)
        self._dismiss.clicked.connect(self._on_dismiss_clicked)

    @property
    def draft(self) -> str:
        """The text that is put away here; empty when there is none."""
        return self._draft

    def show_draft(self, draft: str, reason: str) -> None:
        """Put *draft* away because of *reason*."""
        self._draft = draft
        self._text.setText(text.clean(draft, 1000))
        self._reason.setText(self.tr("Your text was not sent: {reason}").replace("{reason}", text.clean(reason, 300)))
        self.show()

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._draft)

    @Slot()
    def _on_dismiss_clicked(self) -> None:
        self._draft = ""
        self.hide()
        self.dismissed.emit()
