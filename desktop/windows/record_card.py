"""One record of a list in the settings: what it is called, what it says, and the ways to change it."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import CodeText
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import MEDIUM, SMALL, Ink, Theme, Type, set_property

_MOST_LINES = 6


class RecordCard(QFrame):
    """Shows one record; removing it is asked twice, for what was typed is gone then."""

    edit_asked = Signal(str)  # its name
    removed = Signal(str)

    def __init__(self, theme: Theme, name: str, said: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._command = ""
        set_property(self, "surface", "card")
        shown = text.one_line(name, 60)
        title = WrapLabel(theme, Type.NAME, Ink.TEXT, self)
        title.setText(shown)
        told = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        told.setText(text.clean(said, 600))
        told.setVisible(bool(said))
        edit = AnswerButton(theme, self.tr("Edit…"), parent=self)
        remove = AnswerButton(theme, self.tr("Remove…"), parent=self)
        for button in (edit, remove):
            button.setAccessibleName(f"{shown}: {button.text()}")
        top = QHBoxLayout()
        top.setSpacing(SMALL)
        top.addWidget(title, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(edit, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        self._column.setSpacing(SMALL)
        self._column.addLayout(top)
        self._column.addWidget(told)
        self._question = self._make_question(shown)
        self._column.addWidget(self._question)
        edit.clicked.connect(self._on_edit_clicked)
        remove.clicked.connect(self._on_remove_clicked)

    def show_command(self, command: str) -> None:
        """Show a command to copy under it."""
        self._command = command
        shown = CodeText(self._theme, _MOST_LINES, self)
        shown.setPlainText(command)
        name = text.one_line(self._name, 60)
        shown.setAccessibleName(self.tr("Command for {name}").replace("{name}", name))
        copy = AnswerButton(self._theme, self.tr("Copy the command"), parent=self)
        copy.setAccessibleName(f"{name}: {copy.text()}")
        copy.clicked.connect(self._on_copy_clicked)
        self._column.addWidget(shown)
        self._column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)

    def _make_question(self, shown: str) -> QWidget:
        question = QWidget(self)
        asked = WrapLabel(self._theme, Type.BODY, Ink.TEXT, question)
        asked.setText(self.tr("Remove it? What is written in it is lost."))
        yes = AnswerButton(self._theme, self.tr("Yes, remove"), parent=question)
        keep = AnswerButton(self._theme, self.tr("Keep"), parent=question)
        for button in (yes, keep):
            button.setAccessibleName(f"{shown}: {button.text()}")
        row = QHBoxLayout(question)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(asked, 1)
        row.addWidget(yes)
        row.addWidget(keep)
        yes.clicked.connect(self._on_yes_clicked)
        keep.clicked.connect(question.hide)
        question.hide()
        return question

    @Slot()
    def _on_edit_clicked(self) -> None:
        self.edit_asked.emit(self._name)

    @Slot()
    def _on_remove_clicked(self) -> None:
        self._question.setVisible(self._question.isHidden())

    @Slot()
    def _on_yes_clicked(self) -> None:
        self._question.hide()
        self.removed.emit(self._name)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._command)
