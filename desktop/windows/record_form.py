"""A form for one record of the settings: a control and its help for each field, made from the record itself."""

import dataclasses
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.windows.labels import PlainLabel, WrapLabel
from desktop.windows.theme import MEDIUM, SMALL, Ink, Theme, Type

Kind = type[Any]  # a dataclass whose first field is the name that tells its records apart
Record = Any

_LINES = 3
_LONGEST = 10_000


class RecordForm(QWidget):
    """Takes a record apart and puts one together."""

    changed = Signal()

    def __init__(self, theme: Theme, kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = kind
        self._is_showing = False
        self._control_by_name: dict[str, QLineEdit | QPlainTextEdit] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for field in dataclasses.fields(kind):
            label = self.tr(str(field.metadata.get("label", "Name")))
            told = self.tr(str(field.metadata.get("help", "")))
            column.addLayout(
                self._field(field.name, label, told, is_list=field.type != "str" and field.type is not str)
            )

    def show_record(self, record: Record) -> None:
        """Fill the form in; nothing is told for that."""
        self._is_showing = True
        for name, control in self._control_by_name.items():
            value = getattr(record, name)
            if isinstance(control, QLineEdit):
                control.setText(str(value))
            else:
                control.setPlainText("\n".join(str(line) for line in value))
        self._is_showing = False

    def record(self) -> Record:
        """What the form says; lines that hold nothing count for nothing."""
        values: dict[str, object] = {}
        for name, control in self._control_by_name.items():
            if isinstance(control, QLineEdit):
                values[name] = control.text().strip()
            else:
                lines = control.toPlainText()[:_LONGEST].split("\n")
                values[name] = tuple(line.strip() for line in lines if line.strip())
        return self._kind(**values)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What can be filled in, from top to bottom."""
        return tuple(self._control_by_name.values())

    def focus_first(self) -> None:
        """Put the cursor where one begins."""
        next(iter(self._control_by_name.values())).setFocus()

    def _field(self, name: str, label: str, told: str, *, is_list: bool) -> QVBoxLayout:
        theme = self._theme
        named = PlainLabel(theme, Type.CONTROL, Ink.TEXT, self)
        named.setText(label)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(named)
        if told:
            helped = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
            helped.setText(
                self.tr("{help} One a line.").replace("{help}", told) if is_list and "a line" not in told else told
            )
            column.addWidget(helped)
        control = self._lines() if is_list else self._line()
        control.setFont(theme.font(Type.CONTROL if name == "name" else Type.CODE))
        control.setAccessibleName(label)
        control.setAccessibleDescription(told)
        if isinstance(control, QPlainTextEdit):
            control.setFixedHeight(_LINES * QFontMetrics(control.font()).lineSpacing() + 2 * SMALL + 4)
        named.setBuddy(control)
        self._control_by_name[name] = control
        column.addWidget(control)
        return column

    def _line(self) -> QLineEdit:
        line = QLineEdit(self)
        line.setMaxLength(200)
        line.textChanged.connect(self._on_control_changed)
        return line

    def _lines(self) -> QPlainTextEdit:
        lines = QPlainTextEdit(self)
        lines.setTabChangesFocus(True)
        lines.textChanged.connect(self._on_control_changed)
        return lines

    @Slot()
    def _on_control_changed(self) -> None:
        if not self._is_showing:
            self.changed.emit()
