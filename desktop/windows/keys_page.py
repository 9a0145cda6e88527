"""The page that lists what each key does in the sessions window."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import PlainLabel, WrapLabel
from desktop.windows.theme import LARGE, SMALL, TIGHT, Ink, Theme, Type

_KEY_WIDTH = 110


class KeysPage(QWidget):
    """Keys and their meanings, and a button to leave."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(48, LARGE, LARGE, LARGE)
        column.setSpacing(TIGHT)
        for key, meaning in self._keys():
            line = QHBoxLayout()
            name = PlainLabel(theme, Type.STRONG, Ink.TEXT, self)
            name.setText(key)
            name.setFixedWidth(_KEY_WIDTH)
            told = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
            told.setText(meaning)
            line.addWidget(name)
            line.addWidget(told, 1)
            column.addLayout(line)
        self._close = AnswerButton(theme, self.tr("Close"), "Esc", parent=self)
        column.addSpacing(SMALL)
        column.addWidget(self._close, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch()
        self._close.clicked.connect(self.closed)

    def focus_close(self) -> None:
        """Put the focus on the way out."""
        self._close.setFocus()

    def _keys(self) -> tuple[tuple[str, str], ...]:
        return (
            ("j  k  ↓  ↑", self.tr("next, previous session")),
            ("n", self.tr("next session that needs you")),
            ("Enter", self.tr("open the session; once it is open, go to its terminal")),
            ("a  Ctrl+⏎", self.tr("allow or approve, once it can be pressed")),
            ("d", self.tr("deny")),
            ("r", self.tr("deny with a reason, or reply")),
            ("1 … 9", self.tr("choose an option")),
            ("/", self.tr("filter")),
            ("g", self.tr("choose what to group by")),
            ("←  →", self.tr("fold the group, unfold it")),
            ("m", self.tr("menu of the session: its name, its task")),
            ("F2", self.tr("rename the session")),
            ("Esc", self.tr("close the session, the filter, the window")),
            ("?", self.tr("this list")),
        )
