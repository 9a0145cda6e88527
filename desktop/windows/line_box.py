"""One line to type inside of a card: Enter gives it, Esc leaves it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import SMALL, TIGHT, Button, Ink, Theme, Type

LONGEST = 120


class LineBox(QWidget):
    """A field with its sentence of help and the two ways out."""

    given = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, label: str, told: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._edit = QLineEdit(self)
        self._edit.setAccessibleName(label)
        self._edit.setAccessibleDescription(told)
        self._edit.setPlaceholderText(label)
        self._edit.setFont(theme.font(Type.CONTROL))
        self._edit.setMaxLength(LONGEST)
        self._help = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._help.setText(told)
        self._save = AnswerButton(theme, self.tr("Save"), kind=Button.PRIMARY, parent=self)
        self._cancel = AnswerButton(theme, self.tr("Cancel"), parent=self)
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        line.addWidget(self._edit, 1)
        line.addWidget(self._save)
        line.addWidget(self._cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(TIGHT)
        layout.addLayout(line)
        layout.addWidget(self._help)
        self.hide()
        self._edit.installEventFilter(self)
        self._save.clicked.connect(self._on_save)
        self._cancel.clicked.connect(self.close_box)

    def ask(self, value: str = "") -> None:
        """Take a line, beginning with *value*."""
        self._edit.setText(value)
        self.show()
        self._edit.setFocus()
        self._edit.selectAll()

    @Slot()
    def close_box(self) -> None:
        """Put it away; what was typed is not given."""
        if not self.isHidden():
            focused = self.focusWidget()
            self.hide()
            if focused is not None and self.isAncestorOf(focused):
                self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._edit and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._on_save()
                    return True
                case Qt.Key.Key_Escape:
                    self.close_box()
                    return True
                case _:
                    pass
        return False

    @Slot()
    def _on_save(self) -> None:
        said = text.one_line(self._edit.text(), LONGEST).strip()
        self.close_box()
        self.given.emit(said)
